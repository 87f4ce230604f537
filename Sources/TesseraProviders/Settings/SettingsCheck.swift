import JOSE
import JSON
import TesseraCore
import TesseraRuntime

/// Checks a provider's settings against its entry, and notes everything that is wrong.
struct SettingsCheck {
    private let settings: ProviderSettings
    private(set) var problems: [String] = []

    init(_ settings: ProviderSettings) { self.settings = settings }

    mutating func note(_ problem: String) { problems.append("providers.\(settings.id): \(problem)") }

    /// The entry, with its patches; `nil` where there is none, or it is of no kind that redirects.
    mutating func entry() -> ProviderEntry? {
        do throws(ProvidersError) {
            guard let facts = try facts() else { return nil }
            return try settings.facts.entry(facts, parameters: settings.parameters)
        } catch {
            note(error.message)
            return nil
        }
    }

    private mutating func facts() throws(ProvidersError) -> JSONObject? {
        if var definition = settings.definition {
            if definition["id"] == nil { definition["id"] = .string(settings.id) }
            return definition
        }
        let id = settings.entry ?? settings.id
        if let facts = try ProviderTable.facts(of: id) { return facts }
        let close = try ProviderTable.ids().filter { $0.isClose(to: id) }
        let hint = close.isEmpty ? "" : "; \(close.joined(separator: " or ")) is meant?"
        note("there is no provider \"\(id)\"\(hint) (Docs/Providers.md lists them; others need a definition)")
        return nil
    }

    // MARK: Parameters

    /// All values, defaults resolved.
    mutating func values(_ entry: ProviderEntry) -> PlaceholderValues {
        checkNames(entry)
        var values = PlaceholderValues(["userAgent": settings.userAgent])
        values["clientId"] = settings.clientID
        values["clientSecret"] = settings.clientSecret
        for parameter in entry.parameters {
            guard let value = settings.parameters[parameter.name], !value.isEmpty else { continue }
            check(value, of: parameter)
            values[parameter.name] = value
        }
        resolveDefaults(entry, &values)
        for parameter in entry.parameters where parameter.isRequired && values[parameter.name] == nil {
            if let other = parameter.requiredUnless, settings.parameters[other] != nil { continue }
            let example = parameter.example.map { ", such as \($0)" } ?? ""
            note("\(parameter.name) is missing: \(parameter.description)\(example)")
        }
        return values
    }

    private mutating func checkNames(_ entry: ProviderEntry) {
        let known = entry.parameters.map(\.name)
        for name in settings.parameters.keys.sorted() where !known.contains(name) {
            note("there is no parameter \(name)\(hint(name, known))")
        }
        guard entry.kind != .email else { return }
        if settings.clientID?.isEmpty ?? true { note("clientId is missing") }
        let buildsSecret = entry.quirks.contains(.appleClientSecretJWT) && settings.parameters["privateKey"] != nil
        let needsSecret = settings.clientAuthentication.map { !["none", "private_key_jwt"].contains($0) } ?? true
        if settings.clientSecret?.isEmpty ?? true, !buildsSecret, needsSecret { note("clientSecret is missing") }
    }

    /// What may be meant by a parameter that does not exist: one of another name, or one of NextAuth.js v4.
    private func hint(_ name: String, _ known: [String]) -> String {
        let facts = (try? ProviderTable.facts(of: settings.entry ?? settings.id)).flatMap { $0 }
        let old = facts.flatMap { try? FactsVersion.v4.entry($0, parameters: [:]) }?.parameters.map(\.name) ?? []
        if settings.definition == nil, settings.facts == .recommended, old.contains(name) {
            let new = known.isEmpty ? "" : "\(known.joined(separator: ", ")), or "
            return "; it is one of NextAuth.js v4: set \(new)`facts: v4`"
        }
        let close = known.filter { $0.isClose(to: name) }
        return close.isEmpty ? "" : "; \(close.joined(separator: " or ")) is meant?"
    }

    private mutating func check(_ value: String, of parameter: ProviderParameter) {
        if !parameter.values.isEmpty, !parameter.values.contains(value) {
            note("\(parameter.name) is none of \(parameter.values.joined(separator: ", "))")
        }
        if parameter.kind == .url { _ = checkedURL(value, parameter.name) }
    }

    /// Where the sending domain is made of the sender, that is a bare address.
    mutating func checkSender(_ entry: ProviderEntry, _ values: PlaceholderValues) {
        guard entry.quirks.contains(.mailgunDomainFromSender), let sender = values["from"] else { return }
        let isBare =
            sender.split(separator: "@", omittingEmptySubsequences: false).count == 2
            && !sender.contains { $0 == "<" || $0 == ">" || $0.isWhitespace }
        if !isBare { note("from is a bare address, such as no-reply@mg.example.com") }
    }

    /// Defaults may name other parameters, which may have defaults themselves.
    private func resolveDefaults(_ entry: ProviderEntry, _ values: inout PlaceholderValues) {
        for _ in entry.parameters {
            for parameter in entry.parameters where values[parameter.name] == nil {
                guard let text = parameter.standard else { continue }
                values[parameter.name] = parameter.kind == .url ? try? values.url(text) : values.text(text)
            }
        }
    }

    // MARK: Addresses

    /// A URL as an operator or an entry gives it; notes what is wrong with it.
    private mutating func checkedURL(_ text: String, _ name: String) -> String? {
        guard let url = WebURL(text), !text.contains("#"), !text.contains("{") else {
            note("\(name) is no http(s) URL: \(text)")
            return nil
        }
        if url.origin.scheme == .http, !settings.isInPrivateNetwork {
            note("\(name) is not https: \(text) (set privateNetwork for a provider in a network of your own)")
        }
        return text
    }

    mutating func resolve(_ text: PlaceholderText?, _ values: PlaceholderValues, _ name: String) -> String? {
        guard let text else { return nil }
        // A parameter that is missing has been noted already.
        guard text.names.allSatisfy({ values[$0] != nil }) else {
            noteUnknown(text, values, name)
            return nil
        }
        do throws(ProvidersError) {
            return try values.url(text)
        } catch {
            note("\(name): \(error.message)")
            return nil
        }
    }

    private mutating func noteUnknown(_ text: PlaceholderText, _ values: PlaceholderValues, _ name: String) {
        for missing in text.names where values[missing] == nil && problems.isEmpty {
            note("\(name): {\(missing)} has no value")
        }
    }

    mutating func url(_ text: PlaceholderText?, _ values: PlaceholderValues, _ name: String) -> String? {
        resolve(text, values, name).flatMap { checkedURL($0, name) }
    }

    /// Addresses that are complete only during a sign-in are checked with what is known of them now.
    mutating func checkProfileURLs(_ entry: ProviderEntry, _ values: PlaceholderValues) {
        for (name, url) in settings.endpoints.all { _ = checkedURL(url, "endpoints.\(name)") }
        var sample = values
        for name in ["accessToken", "redirectUri", "code"] { sample[name] = "x" }
        var texts: [(String, PlaceholderText?)] = [("userinfo", entry.userinfo?.url)]
        texts += entry.enrichments.map { ("enrich", $0.request.url) }
        for (name, text) in texts {
            guard let text, !text.names.contains(where: { $0.hasPrefix("token:") }) else { continue }
            _ = url(text, sample, name)
        }
    }

    // MARK: The client

    mutating func clientAuthentication(_ entry: ProviderEntry) -> ProviderEntry.ClientAuthentication {
        let standard = entry.token?.authentication ?? .none
        guard let name = settings.clientAuthentication else { return standard }
        guard let method = ProviderEntry.ClientAuthentication(rawValue: name), method != .oauth1 else {
            note(
                "clientAuthentication is none of client_secret_basic, client_secret_post, client_secret_jwt, "
                    + "private_key_jwt, none")
            return standard
        }
        return method
    }

    /// The one algorithm of ID tokens. With HMAC the client secret is the key, and has to be long enough to be one.
    mutating func idTokenAlgorithm(_ entry: ProviderEntry) -> SignatureAlgorithm? {
        let algorithm = namedAlgorithm(entry)
        let lengths: [SignatureAlgorithm: Int] = [.hs256: 32, .hs384: 48, .hs512: 64]
        if let algorithm, let length = lengths[algorithm], let secret = settings.clientSecret,
            secret.utf8.count < length
        {
            note("clientSecret is shorter than the \(length) bytes that \(algorithm.rawValue) needs")
        }
        return algorithm
    }

    private mutating func namedAlgorithm(_ entry: ProviderEntry) -> SignatureAlgorithm? {
        guard let name = settings.idTokenAlgorithm else { return entry.idTokenAlgorithm }
        guard let algorithm = SignatureAlgorithm(rawValue: name) else {
            note("idTokenAlgorithm is none of \(SignatureAlgorithm.allCases.map(\.rawValue).joined(separator: ", "))")
            return nil
        }
        return algorithm
    }

    /// Signing out together needs an ID token that names a session.
    mutating func checkSignOut(_ entry: ProviderEntry) {
        guard entry.kind != .oidc else { return }
        if settings.federatedSignOut != .never { note("federatedSignOut needs a provider with OpenID Connect") }
        if settings.acceptsLogoutTokens { note("backChannelLogout needs a provider with OpenID Connect") }
    }

    mutating func clientKey(
        _ entry: ProviderEntry, _ authentication: ProviderEntry.ClientAuthentication
    ) -> JWK? {
        if entry.quirks.contains(.appleClientSecretJWT), settings.parameters["privateKey"] != nil {
            for name in ["teamId", "keyId"] where settings.parameters[name] == nil {
                note("\(name) is missing: privateKey, keyId and teamId belong together")
            }
            return key(settings.parameters["privateKey"], named: settings.parameters["keyId"], "privateKey")
        }
        guard authentication == .privateKeyJWT else { return nil }
        guard settings.clientKey != nil else {
            note("clientKey is missing: private_key_jwt signs with it")
            return nil
        }
        return key(settings.clientKey, named: settings.parameters["keyId"], "clientKey")
    }

    private mutating func key(_ pem: String?, named kid: String?, _ name: String) -> JWK? {
        let key = pem.flatMap { try? JWK(pem: $0, restrictions: JWK.Restrictions(kid: kid)) }
        if key == nil { note("\(name) is no private key in PEM (PKCS #8)") }
        return key
    }
}

extension String {
    /// Whether somebody may have meant this when he wrote `other`: one begins like the other, or one letter is wrong.
    func isClose(to other: String) -> Bool {
        let (left, right) = (lowercased().filter { $0 != "-" }, other.lowercased().filter { $0 != "-" && $0 != "_" })
        guard left.count > 2, right.count > 2 else { return false }
        if left.hasPrefix(right) || right.hasPrefix(left) { return true }
        let (a, b) = (Array(left.utf8), Array(right.utf8))
        let front = zip(a, b).prefix { $0 == $1 }.count
        let back = zip(a.reversed(), b.reversed()).prefix { $0 == $1 }.count
        return front + back >= max(a.count, b.count) - 1 && abs(a.count - b.count) <= 1
    }
}
