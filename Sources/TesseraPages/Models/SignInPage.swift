/// What the sign-in page shows (contract 6.4). It has no other inputs, so no query parameter but those that the
/// caller puts into ``errorCode`` and ``EmailProvider/address`` can change it.
package struct SignInPage: Sendable {
    /// A way in.
    package enum Provider: Sendable, Equatable {
        /// Another site vouches for the user.
        case oauth(OAuthProvider)
        /// A link is sent by mail.
        case email(EmailProvider)
        /// The application itself checks what is typed.
        case credentials(CredentialsProvider)
    }

    /// An OAuth or OpenID Connect provider. Its colours and logo come from the renderer's styles, by id.
    package struct OAuthProvider: Sendable, Equatable {
        /// The configured id.
        package var id: String
        /// The name on the button.
        package var name: String
        /// Where its form is posted.
        package var signInURL: String

        /// A provider.
        package init(id: String, name: String, signInURL: String) {
            self.id = id
            self.name = name
            self.signInURL = signInURL
        }
    }

    /// Sign-in by mail.
    package struct EmailProvider: Sendable, Equatable {
        /// The configured id.
        package var id: String
        /// The name on the button.
        package var name: String
        /// Where its form is posted.
        package var signInURL: String
        /// What stands in the field at first: the query's `email`; empty for nothing.
        package var address: String

        /// A provider.
        package init(id: String, name: String, signInURL: String, address: String = "") {
            self.id = id
            self.name = name
            self.signInURL = signInURL
            self.address = address
        }
    }

    /// Sign-in with credentials.
    package struct CredentialsProvider: Sendable, Equatable {
        /// The configured id.
        package var id: String
        /// The name on the button.
        package var name: String
        /// Where its form is posted.
        package var callbackURL: String
        /// The fields, in order.
        package var fields: [CredentialsField]

        /// A provider.
        package init(id: String, name: String, callbackURL: String, fields: [CredentialsField]) {
            self.id = id
            self.name = name
            self.callbackURL = callbackURL
            self.fields = fields
        }
    }

    /// The site signed in to.
    package var site: PageSite
    /// The heading; nil for 'Sign in'.
    package var heading: String?
    /// The query's `error`; nil or empty for none. An unknown code gets a general text, and is never shown itself.
    package var errorCode: String?
    /// The query's `reason`: what the provider itself said (RFC 6749, section 4.1.2.1). As the code: chooses a text.
    package var errorReason: String?
    /// The ways in, in configured order.
    package var providers: [Provider]
    /// The hidden `csrfToken` of every form.
    package var csrfToken: String
    /// The hidden `callbackUrl` of the OAuth forms, as resolved by the caller; the others rely on the cookie.
    package var callbackURL: String

    /// A sign-in page.
    package init(
        site: PageSite, heading: String? = nil, errorCode: String? = nil, errorReason: String? = nil,
        providers: [Provider], csrfToken: String, callbackURL: String
    ) {
        self.site = site
        self.heading = heading
        self.errorCode = errorCode
        self.errorReason = errorReason
        self.providers = providers
        self.csrfToken = csrfToken
        self.callbackURL = callbackURL
    }
}
