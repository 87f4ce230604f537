extension PageRenderer {
    /// The sign-in page, status 200.
    package func signIn(_ page: SignInPage) -> String {
        let problem = SignInProblem(code: page.errorCode, reason: page.errorReason)
        var entries: [SignInView.Entry] = []
        var previous: Group?
        for (number, provider) in page.providers.enumerated() {
            let group = Group(provider)
            var entry = entry(provider, number: number, of: page, problem: problem)
            entry.isSeparated = previous.map { $0 != group || group == .form } ?? false
            entries.append(entry)
            previous = group
        }
        let view = SignInView(
            heading: page.heading ?? "Sign in", host: page.site.host, siteURL: LinkTarget.safe(page.site.url),
            problem: problem?.text, csrfToken: page.csrfToken, entries: entries, hasNoEntries: entries.isEmpty)
        return render(view, with: .signIn, title: "Sign In", site: page.site)
    }

    /// Rules separate OAuth from form providers, and forms from each other.
    private enum Group {
        case oauth
        case form

        init(_ provider: SignInPage.Provider) {
            switch provider {
            case .oauth: self = .oauth
            case .email, .credentials: self = .form
            }
        }
    }

    private func entry(
        _ provider: SignInPage.Provider, number: Int, of page: SignInPage, problem: SignInProblem?
    ) -> SignInView.Entry {
        let described = problem == nil ? nil : "problem"
        switch provider {
        case .oauth(let oauth):
            let style = style(of: oauth.id)
            return SignInView.Entry(
                action: LinkTarget.safe(oauth.signInURL), providerName: oauth.name, callbackURL: page.callbackURL,
                buttonClass: style?.className ?? "plain", providerLogo: style?.logo?.text, fields: [])
        case .email(let email):
            var field = CredentialsField(
                name: "email", label: "Email", type: "email", placeholder: "you@example.com", autocomplete: "email",
                attributes: [.init(name: "required", value: "")])
            if !email.address.isEmpty { field.attributes.append(.init(name: "value", value: email.address)) }
            return SignInView.Entry(
                action: LinkTarget.safe(email.signInURL), providerName: email.name, callbackURL: nil,
                buttonClass: "main", providerLogo: nil,
                fields: [
                    SignInView.Field(
                        field, id: "field-\(number)-0", describedBy: described, isInvalid: problem == .mailNotSent)
                ])
        case .credentials(let credentials):
            let fields = credentials.fields.enumerated().map { index, field in
                SignInView.Field(
                    field, id: "field-\(number)-\(index)", describedBy: described,
                    isInvalid: problem == .credentialsRefused)
            }
            return SignInView.Entry(
                action: LinkTarget.safe(credentials.callbackURL), providerName: credentials.name, callbackURL: nil,
                buttonClass: "main", providerLogo: nil, fields: fields)
        }
    }
}

/// What `sign-in.mustache` shows.
struct SignInView: Sendable {
    /// One form.
    struct Entry: Sendable {
        let action: String
        let providerName: String
        let callbackURL: String?
        let buttonClass: String
        let providerLogo: String?
        let fields: [Field]
        var isSeparated = false
    }

    /// One input of a form, with its label.
    struct Field: Sendable {
        /// A further attribute.
        struct Attribute: Sendable {
            let attributeName: String
            let attributeValue: String
        }

        let id: String
        let fieldName: String
        let label: String
        let type: String
        let isHidden: Bool
        let placeholder: String?
        let autocomplete: String?
        let describedBy: String?
        let isInvalid: Bool
        let attributes: [Attribute]

        init(_ field: CredentialsField, id: String, describedBy: String?, isInvalid: Bool) {
            let type = field.type.lowercased()
            self.type = CredentialsField.allowedTypes.contains(type) ? type : "text"
            self.id = id
            fieldName = field.name
            label = field.label.isEmpty ? field.name : field.label
            isHidden = self.type == "hidden"
            placeholder = field.placeholder.isEmpty ? nil : field.placeholder
            autocomplete = field.autocomplete ?? Self.autocomplete(type: self.type, name: field.name)
            self.describedBy = describedBy
            self.isInvalid = isInvalid
            var seen: Set<String> = []
            attributes = field.attributes.compactMap { attribute in
                let name = attribute.name.lowercased()
                guard CredentialsField.allowedAttributes.contains(name), seen.insert(name).inserted else { return nil }
                return Attribute(attributeName: name, attributeValue: attribute.value)
            }
        }

        /// The tokens of HTML's autofill that can be told from a field, so that password managers work unasked.
        private static func autocomplete(type: String, name: String) -> String? {
            switch (type, name.lowercased()) {
            case ("password", _): "current-password"
            case ("email", _), ("text", "email"): "email"
            case ("text", "username"), ("text", "user"), ("text", "login"): "username"
            default: nil
            }
        }
    }

    let heading: String
    let host: String
    let siteURL: String
    let problem: String?
    let csrfToken: String
    let entries: [Entry]
    let hasNoEntries: Bool
}
