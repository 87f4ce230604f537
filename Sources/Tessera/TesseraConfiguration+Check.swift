import TesseraCore
import TesseraHTTP
import TesseraPages
import TesseraRuntime
import TesseraTokens

extension TesseraConfiguration {
    /// What a checked configuration comes to.
    struct Checked {
        let ring: SecretRing
        let tokens: SessionTokens
        let links: LinkTokens
        let vault: AccountTokenVault
        let secretVault: SecretVault
        let mails: MailTemplates
        let pages: PageRenderer
    }

    /// Everything that is wrong with this configuration; empty when it can be used.
    public var problems: [String] {
        do {
            _ = try checked()
            return []
        } catch {
            return error.problems
        }
    }

    /// What is allowed but not advisable.
    public var warnings: [String] {
        var warnings =
            secrets.compactMap { Secret($0) }.contains(where: \.isShort)
            ? ["a secret is shorter than \(Secret.recommendedLength) bytes; make one with `tessera secret`"] : []
        if providers.isEmpty, webhooks?.questions.contains(.authorize) != true {
            warnings.append(
                "there is no provider: sessions of NextAuth.js are taken over, but nobody can sign in here")
        }
        if let pages = try? PageRenderer(theme: theme, providerStyles: pageStyles) { warnings += pages.warnings }
        if case .forwarded = url {
            warnings.append(
                "the host of requests is trusted: let only a proxy that sets X-Forwarded-Host reach this port")
        }
        if let shared = sharedIDsWarning { warnings.append(shared) }
        return warnings
    }

    /// Without a directory a user is what a provider calls him, and nothing else: two providers that call different
    /// people the same make one user of them.
    private var sharedIDsWarning: String? {
        guard directory == .none else { return nil }
        var names = providers.filter { if case .email = $0 { false } else { true } }.map(\.id)
        if webhooks?.questions.contains(.authorize) == true { names.append("the authorize webhook") }
        guard names.count > 1 else { return nil }
        return "without a directory whoever has one id at several of \(names.joined(separator: ", ")) is one user, "
            + "and ids of different providers may be alike: set directory to store, or make them differ"
    }

    /// Finds all problems at once; throws them, or returns what the parts come to.
    func checked() throws(ConfigurationError) -> Checked {
        var problems = policy.problems + pages.problems + providerProblems + cluster.problems + redisProblems
        problems += httpSettings.cookies(secure: true).problems + (webhooks?.problems ?? [])
        if touchInterval < .seconds(1) { problems.append("touchInterval must be at least 1 second") }
        if touchInterval >= policy.idleTimeout { problems.append("touchInterval must be shorter than idleTimeout") }
        if recentAuthentication < .minutes(1) { problems.append("recentAuthentication must be at least 1 minute") }
        if eventStreamLimit < 0 { problems.append("eventStreamLimit must not be negative") }
        if actorLimit < 2 { problems.append("actorLimit must be at least 2") }
        problems += themeProblems
        _ = collect(&problems) { try PageRenderer(providerStyles: pageStyles) }
        let renderer = try? PageRenderer(theme: theme, providerStyles: pageStyles)
        let known = secrets.compactMap { Secret($0) }
        if known.count < secrets.count { problems.append("a secret is empty") }
        if secrets.isEmpty {
            problems.append("there is no secret: make one with `tessera secret` and set it as NEXTAUTH_SECRET")
        }
        let ring = SecretRing(known)
        // Without a secret the rest is checked with one that is thrown away.
        let checkedRing = ring ?? Secret(Secret.makeText()).flatMap { SecretRing([$0]) }
        let tokens = checkedRing.flatMap { ring in
            collect(&problems) {
                try SessionTokens(
                    ring: ring, format: tokenFormat, signingKeys: signingKeys, sealingKeys: sealingKeys,
                    freshWindow: policy.freshWindow)
            }
        }
        let links = checkedRing.flatMap { ring in collect(&problems) { try LinkTokens(ring: ring) } }
        let vault = checkedRing.flatMap { ring in collect(&problems) { try AccountTokenVault(ring: ring) } }
        let secretVault = checkedRing.flatMap { ring in collect(&problems) { try SecretVault(ring: ring) } }
        let mails = collect(&problems) { try MailTemplates(mailTemplates) }
        guard problems.isEmpty, let ring, let tokens, let links, let vault, let secretVault, let mails,
            let renderer
        else {
            throw ConfigurationError(problems: problems)
        }
        return Checked(
            ring: ring, tokens: tokens, links: links, vault: vault, secretVault: secretVault, mails: mails,
            pages: renderer)
    }

    /// Value by value, for the renderer stops at the first that is wrong.
    private var themeProblems: [String] {
        let parts = [
            PageTheme(colorScheme: theme.colorScheme), PageTheme(brandColor: theme.brandColor),
            PageTheme(buttonText: theme.buttonText), PageTheme(logo: theme.logo),
        ]
        var problems: [String] = []
        for part in parts { _ = collect(&problems) { try PageRenderer(theme: part) } }
        return problems
    }

    /// How the providers' buttons look.
    private var pageStyles: [PageProviderStyle] {
        providers.compactMap { provider in
            guard case .redirecting(let redirecting) = provider, let style = redirecting.style else { return nil }
            return PageProviderStyle(
                providerID: provider.id, background: style.background ?? "", text: style.text ?? "",
                darkBackground: style.darkBackground ?? "", darkText: style.darkText ?? "")
        }
    }

    private func collect<Value>(_ problems: inout [String], _ make: () throws -> Value) -> Value? {
        do {
            return try make()
        } catch {
            problems.append("\(error)")
            return nil
        }
    }

    private var redisProblems: [String] { if case .redis(let location) = store { location.problems } else { [] } }

    private var providerProblems: [String] {
        var problems: [String] = []
        var seen: Set<String> = []
        for provider in providers {
            if !seen.insert(provider.id).inserted { problems.append("two providers have the id \"\(provider.id)\"") }
            if provider.id.isEmpty || !provider.id.utf8.allSatisfy(Self.isIDByte) {
                problems.append("the provider id \"\(provider.id)\" may only have letters, digits, -, _ and .")
            }
            if case .credentials(let credentials) = provider, credentials.fields.isEmpty {
                problems.append("the provider \"\(provider.id)\" has no fields")
            }
            if case .email(let email) = provider {
                if directory == .none {
                    problems.append("the provider \"\(provider.id)\" needs a directory: set directory to store")
                }
                // Whoever asks for a link would say where it leads, and so who gets what it carries.
                if mailboxPath == nil, case .forwarded = url {
                    problems.append(
                        "the links of \"\(provider.id)\" need a host that no request names: set url, or NEXTAUTH_URL")
                }
                if email.maxAge < .minutes(1) {
                    problems.append("the links of \"\(provider.id)\" must work for a minute at least")
                }
            }
        }
        return problems
    }

    private static func isIDByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
        default: false
        }
    }

    func flowSettings(
        _ checked: Checked, _ opened: OpenedStore, lasting: LastingEvents?
    ) -> FlowSettings {
        let accounts = opened.directory.map { directory in
            AccountSettings(
                directory: directory, vault: checked.vault, links: checked.links,
                recentAuthentication: recentAuthentication)
        }
        let attempts = opened.attempts.map { store in
            AttemptSettings(store: store, links: checked.links, limits: attemptLimits)
        }
        return FlowSettings(
            policy: policy, adoption: adoption, touchInterval: touchInterval, actorLimit: actorLimit,
            providers: providers.map { composed(keeping($0, checked, opened), checked) }, callbacks: callbacks,
            events: events, lasting: lasting, accounts: accounts, attempts: attempts, secrets: opened.secrets,
            providerSessions: opened.providerSessions)
    }

    /// A provider that has something to keep for some minutes keeps it in the store, where there is one.
    private func keeping(_ provider: SignInProvider, _ checked: Checked, _ opened: OpenedStore) -> SignInProvider {
        guard let store = opened.secrets, case .redirecting(let redirecting) = provider,
            let keeper = redirecting as? any SecretKeeping
        else { return provider }
        return .redirecting(
            keeper.keeping(
                in: SealedSecrets(store: store, vault: checked.secretVault, clock: clock, random: random)))
    }

    /// An e-mail provider without a message of its own sends the configured one, in the pages' colours.
    private func composed(_ provider: SignInProvider, _ checked: Checked) -> SignInProvider {
        guard case .email(var email) = provider, email.compose == nil else { return provider }
        email.compose = { [mails = checked.mails, pages = checked.pages] message in
            let mail = LinkMail(
                link: message.url, host: message.host, recipient: message.recipient,
                lifetime: message.maxAge.wholeSeconds)
            let (subject, text, html) = mails.render(mail, with: pages)
            return MailContent(subject: subject, text: text, html: html)
        }
        return .email(email)
    }

    var httpSettings: HTTPSettings {
        var settings = HTTPSettings(
            url: url, trustsProxy: trustsProxy, useSecureCookies: useSecureCookies, cookies: cookies, pages: pages)
        settings.mailboxPath = mailboxPath
        return settings
    }
}
