/// `Docs/Providers.md`, made from the provider table.
package enum ProviderDocument {
    /// The whole document.
    package static func text() throws(ProvidersError) -> String {
        var lines = [header]
        var counts: [ProviderEntry.Kind: Int] = [:]
        var rows: [String] = []
        var notes: [String] = []
        for id in try ProviderTable.ids() {
            guard let entry = try ProviderTable.entry(id) else { continue }
            counts[entry.kind, default: 0] += 1
            rows.append(row(entry))
            notes += self.notes(entry)
        }
        let summary = ProviderEntry.Kind.allCases.map { "\(counts[$0, default: 0]) \(title($0))" }
        lines.append("## All \(rows.count) entries\n")
        lines.append("By protocol: \(summary.joined(separator: ", ")).\n")
        lines.append("| provider | name | protocol | to be set | may be set |\n| --- | --- | --- | --- | --- |")
        lines += rows
        lines.append("\n## Notes on single providers\n")
        lines += notes
        lines.append("\n" + tried)
        lines.append("\n" + real)
        lines.append("\n" + faults)
        return lines.joined(separator: "\n") + "\n"
    }

    private static func title(_ kind: ProviderEntry.Kind) -> String {
        switch kind {
        case .oidc: "OpenID Connect"
        case .oauth2: "OAuth 2.0"
        case .oauth1: "OAuth 1.0a"
        case .email: "e-mail"
        case .credentials: "credentials"
        case .webauthn: "passkey"
        }
    }

    private static func row(_ entry: ProviderEntry) -> String {
        var needed: [String] = []
        switch entry.kind {
        case .oidc, .oauth2, .oauth1: needed = ["clientId", "clientSecret"]
        case .email, .credentials, .webauthn: break
        }
        needed += entry.parameters.filter { isNeeded($0, entry) }.map { shown($0) }
        let optional = entry.parameters.filter { !isNeeded($0, entry) }.map { shown($0) }
        let name = entry.documentation.console.map { "[\(cell(entry.name))](\($0))" } ?? cell(entry.name)
        let state = entry.status.state == .active ? "" : " (\(entry.status.state.rawValue))"
        return "| `\(entry.id)`\(state) | \(name) | \(title(entry.kind)) | \(needed.joined(separator: ", ")) "
            + "| \(optional.joined(separator: ", ")) |"
    }

    /// The table's senders are examples that no service accepts: an entry for e-mail needs one of its own.
    private static func isNeeded(_ parameter: ProviderParameter, _ entry: ProviderEntry) -> Bool {
        parameter.isRequired || entry.kind == .email && parameter.name == "from"
    }

    private static func shown(_ parameter: ProviderParameter) -> String {
        var text = "`\(parameter.name)`"
        if let other = parameter.requiredUnless { text += " (unless `\(other)`)" }
        if !parameter.values.isEmpty, parameter.values.count <= 4 {
            text += " (\(parameter.values.map { "`\($0)`" }.joined(separator: ", ")))"
        }
        return text
    }

    private static func cell(_ text: String) -> String { text.replacing("|", with: "\\|") }

    private static func notes(_ entry: ProviderEntry) -> [String] {
        var notes: [String] = []
        if let note = entry.status.note { notes.append(note) }
        for quirk in entry.quirks.sorted(by: { $0.rawValue < $1.rawValue }) {
            if let note = quirk.operatorNote { notes.append(note) }
        }
        guard !notes.isEmpty else { return [] }
        return ["- `\(entry.id)`: \(notes.joined(separator: " "))"]
    }
}

extension ProviderQuirk {
    /// What an operator has to know of it; `nil` for what is no concern of his.
    var operatorNote: String? {
        switch self {
        case .appleClientSecretJWT:
            "With `teamId`, `keyId` and `privateKey` the client secret is made for each request; it need not be set."
        case .formPostCallback:
            "Comes back with a form from another site; Apple itself demands https, and refuses `localhost`."
        case .appleFormPostUser: "Tells a user's name at the very first sign-in only."
        case .microsoftTenantIssuer:
            "`tenants` lists the tenants that may sign in; with a tenant of your own in the address it is the only one. "
                + "Addresses of many-tenant applications never count as verified."
        case .azurePhotoFetch: "The photo becomes part of the profile; `completesProfile: false` leaves it out."
        case .b2cClaimsMustBeEnabled:
            "The user flow has to return 'Email Addresses' and 'Display Name', or both are missing."
        case .githubPrimaryEmail:
            "A GitHub App needs the permission to read email addresses; only verified ones are taken."
        case .bitbucketNoEmail: "Gives no email address."
        case .twitterNoEmail: "Gives no email address unless X lets the application have it."
        case .twitterOAuth1: "OAuth 1.0a, with `facts: v4`; the request token's secret stays in the store, sealed."
        case .eveOnlineVerifyDeprecated: "The address of the profile is deprecated by its vendor."
        case .instagramBasicDisplayClosed: "The API has answered with errors since December 2024."
        case .mediumClosed: "Accepts no new applications."
        case .wechatAppID: "The application has to be bound to an open-platform account, or there is no id."
        case .boxyHQTenantProduct:
            "`tenant` and `product` may be given with the sign-in request; client id and secret may be `dummy`."
        case .workOSConnectionSelector:
            "`connection`, `organization`, `provider` or `domain` may be given with the sign-in request."
        case .redditRefreshDuration:
            "A refresh token comes only with `authorizationParameters: {duration: permanent}`."
        case .zohoRegionalHosts: "The addresses are those of the United States; `endpoints` sets other ones."
        case .instanceScopedAccountID: "Ids are unique within an instance: two instances need two ids here."
        case .imageNotHotlinkable: "Its pictures must not be shown straight from its own host."
        case .mailgunDomainFromSender: "`from` is a bare address."
        case .netSuiteUserinfoRestlet: "`userinfo` is the address of a RESTlet of your own; needs https."
        case .linkedInV4Mixed: "Use the newer facts, as by default."
        case .credentialsAuthorizeHook: "Needs the application: see the library, or the `authorize` webhook."
        case .webAuthnCeremony: "Listed for completeness; passkeys are not there yet."
        case .todoistSyncVersion: "Its vendor moves to another API."
        case .microsoftErrorIn200, .b2cIssuerFromMetadata, .azureDevOpsAssertionGrant, .callbackIssParameter,
            .twitterLegacyImageSize, .discordDefaultAvatar, .bungieMembershipID, .stateRequired, .threadsFlatResponse,
            .tiktokClientKey, .vkTokenResponse, .tokenInURL, .salesforceNoChecks, .fusionAuthWWWAuthenticate,
            .userinfoSignedJWT, .idTokenHS256, .dropboxUserinfoPost, .emptyScope, .scopeLeftImplicit,
            .dribbbleScopeDefault, .userAgentRequired, .twitchTokenResponse, .freshbooksV3OptionNames,
            .emailVerificationToken, .emailIdentifierNormalisation, .emailHTMLSafety, .loopsTemplateVariables:
            nil
        }
    }
}
