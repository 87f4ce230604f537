package import JOSE
package import JSON

/// The facts about one provider, read from the table or from an operator's own definition in the same schema.
package struct ProviderEntry: Sendable {
    package let id: String
    package let name: String
    package let aliases: [String]
    package let status: Status
    package let kind: Kind
    package let parameters: [ProviderParameter]
    package let issuer: PlaceholderText?
    package let discovery: Discovery?
    package let requestToken: RequestToken?
    package let authorization: Authorization?
    package let token: Token?
    package let userinfo: ProfileRequest?
    package let enrichments: [Enrichment]
    /// The only algorithm that an ID token may be signed with.
    package let idTokenAlgorithm: SignatureAlgorithm?
    package let profileSource: ProfileSource
    /// What NextAuth.js v4 checks, or Auth.js where v4 has no such provider.
    package let checks: Set<Check>
    package let profile: ProfileMapping?
    /// Fields of the token response that an account keeps besides the usual ones.
    package let extraTokenFields: [String]
    package let email: EmailFacts?
    package let style: Style
    package let documentation: Documentation
    package let quirks: Set<ProviderQuirk>

    /// The protocol.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case oidc
        case oauth2
        case oauth1
        case email
        case credentials
        case webauthn
    }

    package struct Status: Sendable, Hashable {
        package enum State: String, Sendable, Hashable, CaseIterable {
            case active
            case legacy
            case discontinued
        }

        package let state: State
        package let note: String?
    }

    package enum ProfileSource: String, Sendable, Hashable, CaseIterable {
        case idToken = "id_token"
        case userinfo
        case email
        case credentials
        case webauthn
    }

    package enum Check: String, Sendable, Hashable, CaseIterable {
        case pkce
        case state
        case nonce
        case none
    }

    package struct Discovery: Sendable {
        package let url: PlaceholderText
        package let query: [(name: String, text: PlaceholderText)]
        package let issuerCheck: IssuerCheck
    }

    /// How the issuer of a discovery document is compared with the configured one.
    package enum IssuerCheck: String, Sendable, Hashable, CaseIterable {
        case equal
        case fromMetadata = "from-metadata"
        case tenantTemplate = "tenant-template"
    }

    package struct RequestToken: Sendable {
        package let url: PlaceholderText
        package let method: RequestMethod
    }

    package enum RequestMethod: String, Sendable, Hashable, CaseIterable {
        case get = "GET"
        case post = "POST"
    }

    package struct Authorization: Sendable {
        /// `nil` where the discovery document says it.
        package let url: PlaceholderText?
        package let parameters: [(name: String, text: PlaceholderText)]
    }

    package struct Token: Sendable {
        /// `nil` where the discovery document says it.
        package let url: PlaceholderText?
        package let method: RequestMethod
        package let authentication: ClientAuthentication
        /// Whether the discovery document may say that the secret belongs into the body.
        package let authenticationFromDiscovery: Bool
        package let query: [(name: String, text: PlaceholderText)]
        package let parameters: [(name: String, text: PlaceholderText)]
        /// Whether `parameters` are the whole body.
        package let replacesBody: Bool
        package let headers: [(name: String, text: PlaceholderText)]
        /// Members that the response gets where it lacks them.
        package let added: JSONObject
    }

    /// How we prove to the token endpoint who we are (RFC 6749, section 2.3; OpenID Connect Core, section 9).
    package enum ClientAuthentication: String, Sendable, Hashable, CaseIterable {
        case basic = "client_secret_basic"
        case post = "client_secret_post"
        case secretJWT = "client_secret_jwt"
        case privateKeyJWT = "private_key_jwt"
        case none
        case oauth1 = "oauth1_hmac_sha1"
    }

    package struct ProfileMapping: Sendable, Hashable {
        package let id: Expression
        package let name: Expression
        package let email: Expression
        package let image: Expression
        package let extra: [Extra]

        package struct Extra: Sendable, Hashable {
            package let name: String
            package let expression: Expression
        }
    }

    package struct Style: Sendable, Hashable {
        package let logo: String?
        package let logoDark: String?
        package let background: String?
        package let text: String?
        package let darkBackground: String?
        package let darkText: String?
        package let brand: String?
    }

    package struct Documentation: Sendable, Hashable {
        package let nextAuth: String?
        package let provider: String?
        package let console: String?
    }
}

/// A request whose answer is, or adds to, the profile.
package struct ProfileRequest: Sendable {
    /// `nil` where the discovery document says it.
    package let url: PlaceholderText?
    package let method: ProviderEntry.RequestMethod
    package let authentication: Authentication
    package let query: [(name: String, text: PlaceholderText)]
    package let headers: [(name: String, text: PlaceholderText)]
    package let body: Body?
    /// The part of the answer that is the profile.
    package let unwrap: JSONPointer?
    /// The algorithm of an answer that is a signed JWT.
    package let signedWith: SignatureAlgorithm?

    /// How the access token is presented.
    package enum Authentication: String, Sendable, Hashable, CaseIterable {
        case bearer
        /// The scheme is the word `token`.
        case token
        case none
        case oauth1
    }

    package struct Body: Sendable {
        package enum Form: String, Sendable, Hashable, CaseIterable {
            case json
            case form
            case multipart
        }

        package let form: Form
        /// Texts in it may have placeholders.
        package let value: JSONValue
    }
}

/// A further request, whose answer adds fields to the profile.
package struct Enrichment: Sendable {
    package enum Response: Sendable, Hashable {
        case json
        /// The answer's bytes become a data URL of this type.
        case dataURL(mediaType: String)
    }

    package let request: ProfileRequest
    package let condition: Condition?
    package let response: Response
    package let isOptional: Bool
    package let assignments: [Assignment]

    package struct Assignment: Sendable {
        package let target: JSONPointer
        package let expression: Expression
    }
}

/// The facts about a service that sends mail.
package struct EmailFacts: Sendable {
    package enum Transport: String, Sendable, Hashable, CaseIterable {
        case smtp
        case http
    }

    package let transport: Transport
    /// How long a link works, in seconds.
    package let maximumAge: Int
    package let subject: PlaceholderText
    /// The one request that sends a mail; `nil` for SMTP.
    package let request: Request?

    package struct Request: Sendable {
        package let url: PlaceholderText
        package let method: ProviderEntry.RequestMethod
        package let headers: [(name: String, text: PlaceholderText)]
        package let body: ProfileRequest.Body
        /// User and password of HTTP's Basic authentication.
        package let basicAuthentication: [PlaceholderText]
    }
}

/// A value that an operator sets.
package struct ProviderParameter: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case string
        case url
        case choice = "enum"
        case secret
        case smtpURL = "smtp-url"
    }

    package let name: String
    package let kind: Kind
    package let isRequired: Bool
    package let description: String
    /// May have placeholders itself.
    package let standard: PlaceholderText?
    package let values: [String]
    package let example: String?
    /// The parameter that makes this one unnecessary.
    package let requiredUnless: String?
}
