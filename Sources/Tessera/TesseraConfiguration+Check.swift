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
        if providers.isEmpty {
            warnings.append(
                "there is no provider: sessions of NextAuth.js are taken over, but nobody can sign in here")
        }
        if let pages = try? PageRenderer(theme: theme, providerStyles: pageStyles) { warnings += pages.warnings }
        if case .forwarded = url {
            warnings.append(
                "the host of requests is trusted: let only a proxy that sets X-Forwarded-Host reach this port")
        }
        return warnings
    }

    /// Finds all problems at once; throws them, or returns what the parts come to.
    func checked() throws(ConfigurationError) -> Checked {
        var problems = policy.problems + pages.problems + providerProblems + cluster.problems
        if case .redis(let location) = store { problems += location.problems }
        problems += httpSettings.cookies(secure: true).problems
        if touchInterval < .seconds(1) { problems.append("touchInterval must be at least 1 second") }
        if touchInterval >= policy.idleTimeout { problems.append("touchInterval must be shorter than idleTimeout") }
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
        guard problems.isEmpty, let ring, let tokens, let renderer else {
            throw ConfigurationError(problems: problems)
        }
        return Checked(ring: ring, tokens: tokens, pages: renderer)
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
        }
        return problems
    }

    private static func isIDByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
        default: false
        }
    }

    var flowSettings: FlowSettings {
        FlowSettings(
            policy: policy, adoption: adoption, touchInterval: touchInterval, actorLimit: actorLimit,
            providers: providers, callbacks: callbacks, events: events)
    }

    var httpSettings: HTTPSettings {
        HTTPSettings(
            url: url, trustsProxy: trustsProxy, useSecureCookies: useSecureCookies, cookies: cookies, pages: pages)
    }
}
