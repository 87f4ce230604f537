import JSON
import Tessera
import TesseraProviders
import Yams

/// Reads the providers: from the file, and from the variables of Auth.js (`AUTH_GITHUB_ID`, `AUTH_GITHUB_SECRET`, …),
/// which count more.
struct ProviderReader {
    private let environment: [String: String]
    private let entries: [(id: String, members: Yams.Node.Mapping)]
    private(set) var problems: [String] = []
    private(set) var warnings: [String] = []

    init(environment: [String: String], file: SettingsFile?) {
        self.environment = environment.filter { !$0.value.isEmpty }
        entries = file?.providers ?? []
    }

    /// Those of the file in its order, then those that only the environment has.
    mutating func providers() -> [SignInProvider] {
        var all = entries.map { settings($0.id, $0.members) }
        let known = Set(all.map(\.id))
        let ids = (try? ProviderTable.ids()) ?? []
        for id in ids where !known.contains(id) && environment["\(Self.prefix(id))ID"] != nil {
            all.append(ProviderSettings(id))
        }
        return all.compactMap { settings in
            var settings = settings
            readEnvironment(&settings)
            return provider(settings)
        }
    }

    private mutating func provider(_ settings: ProviderSettings) -> SignInProvider? {
        do throws(ProviderProblems) {
            let configured = try ConfiguredProvider(settings)
            warnings += configured.warnings
            return try configured.signIn(http: configured.network)
        } catch {
            problems += error.problems
            return nil
        }
    }

    // MARK: The environment

    /// `AUTH_AZURE_AD_` of `azure-ad`.
    static func prefix(_ id: String) -> String {
        "AUTH_" + id.uppercased().map { $0.isLetter || $0.isNumber ? String($0) : "_" }.joined() + "_"
    }

    private func readEnvironment(_ settings: inout ProviderSettings) {
        let prefix = Self.prefix(settings.id)
        settings.clientID = environment["\(prefix)ID"] ?? settings.clientID
        settings.clientSecret = environment["\(prefix)SECRET"] ?? settings.clientSecret
        for parameter in Self.parameters(settings.entry ?? settings.id) {
            let name = SettingKey.environmentName(parameter).dropFirst("TESSERA_".count)
            let value = environment[prefix + name] ?? (name == "API_KEY" ? environment["\(prefix)KEY"] : nil)
            if let value { settings.parameters[parameter] = value }
        }
    }

    /// The parameters of an entry, those of NextAuth.js v4 included: one that has no effect any more must not go
    /// unnoticed.
    private static func parameters(_ id: String) -> Set<String> {
        guard let facts = try? ProviderTable.facts(of: id) else { return [] }
        let entries = FactsVersion.allCases.compactMap { try? $0.entry(facts, parameters: [:]) }
        return Set(entries.flatMap { $0.parameters.map(\.name) })
    }

    // MARK: The file

    private mutating func settings(_ id: String, _ members: Yams.Node.Mapping) -> ProviderSettings {
        var settings = ProviderSettings(id)
        for (keyNode, node) in members where node.null == nil {
            let name = keyNode.string ?? "?"
            let place = "providers.\(id).\(name)"
            switch name {
            case "authorizationParameters": settings.authorizationParameters = texts(node, place)
            case "endpoints": settings.endpoints = endpoints(texts(node, place), place)
            case "tenants": settings.tenants = list(node, place)
            case "definition": settings.definition = definition(node, place)
            default:
                guard let text = node.scalar?.string else {
                    problems.append("\(place) is one value")
                    continue
                }
                set(name, text, &settings)
            }
        }
        return settings
    }

    private mutating func set(_ name: String, _ text: String, _ settings: inout ProviderSettings) {
        let place = "providers.\(settings.id).\(name)"
        switch name {
        case "provider": settings.entry = text
        case "name": settings.name = text
        case "clientId": settings.clientID = text
        case "clientSecret": settings.clientSecret = text
        case "scope": settings.scope = text
        case "clientAuthentication": settings.clientAuthentication = text
        case "clientKey": settings.clientKey = text
        case "idTokenAlgorithm": settings.idTokenAlgorithm = text
        case "pkce": settings.usesPKCE = flag(text, place)
        case "nonce": settings.usesNonce = flag(text, place)
        case "allowDangerousEmailAccountLinking":
            settings.allowDangerousEmailAccountLinking = flag(text, place) ?? false
        case "backChannelLogout": settings.acceptsLogoutTokens = flag(text, place) ?? false
        case "federatedSignOut":
            guard let signOut = FederatedSignOut(rawValue: text) else {
                problems.append("\(place) is none of never, ask, always")
                return
            }
            settings.federatedSignOut = signOut
        case "completesProfile": settings.completesProfile = flag(text, place) ?? true
        case "privateNetwork": settings.isInPrivateNetwork = flag(text, place) ?? false
        case "facts":
            guard let facts = FactsVersion(rawValue: text) else {
                problems.append("\(place) is neither recommended nor v4")
                return
            }
            settings.facts = facts
        default: settings.parameters[name] = text
        }
    }

    private mutating func flag(_ text: String, _ place: String) -> Bool? {
        let flag = SettingsReader.bool(text)
        if flag == nil { problems.append("\(place): \"\(text)\" is not true or false") }
        return flag
    }

    private mutating func texts(_ node: Yams.Node, _ place: String) -> [String: String] {
        guard let mapping = node.mapping else {
            problems.append("\(place) is written as `name: value`, one a line")
            return [:]
        }
        var texts: [String: String] = [:]
        for (key, value) in mapping {
            guard let name = key.string, let text = value.scalar?.string else {
                problems.append("\(place) has a value that is no text")
                continue
            }
            texts[name] = text
        }
        return texts
    }

    private mutating func endpoints(_ texts: [String: String], _ place: String) -> ProviderSettings.Endpoints {
        for name in texts.keys.sorted() where !["discovery", "authorization", "token", "userinfo"].contains(name) {
            problems.append("\(place): there is no endpoint \(name)")
        }
        return ProviderSettings.Endpoints(
            discovery: texts["discovery"], authorization: texts["authorization"], token: texts["token"],
            userinfo: texts["userinfo"])
    }

    private mutating func list(_ node: Yams.Node, _ place: String) -> [String] {
        if let text = node.scalar?.string { return [text] }
        let texts = node.sequence?.compactMap { $0.scalar?.string } ?? []
        if texts.count != node.sequence?.count { problems.append("\(place) is a list of texts") }
        return texts
    }

    private mutating func definition(_ node: Yams.Node, _ place: String) -> JSONObject? {
        guard let object = Self.json(node).object else {
            problems.append("\(place) is an object")
            return nil
        }
        return object
    }

    /// YAML's plain words and numbers as JSON has them.
    private static func json(_ node: Yams.Node) -> JSONValue {
        if let mapping = node.mapping {
            return .object(JSONObject(mapping.map { ($0.key.string ?? "?", json($0.value)) }))
        }
        if let sequence = node.sequence { return .array(sequence.map(json)) }
        guard let scalar = node.scalar, scalar.style == .plain else { return .string(node.scalar?.string ?? "") }
        if node.null != nil { return .null }
        switch scalar.string {
        case "true": return .bool(true)
        case "false": return .bool(false)
        default: return Int64(scalar.string).map(JSONValue.integer) ?? .string(scalar.string)
        }
    }
}
