import JOSE
package import JSON

extension ProviderEntry {
    /// Reads an entry strictly. What only describes where facts come from is skipped.
    package init(_ object: JSONObject) throws(ProvidersError) {
        let place = object["id"]?.string ?? "provider"
        var facts = Facts(object, at: place)
        id = try facts.text("id")
        name = try facts.text("name")
        aliases = try facts.optionalTexts("aliases")
        for name in ["version", "sourceFiles", "requires", "credentials", "webauthn", "newer", "variants"] {
            _ = facts.optional(name)
        }
        status = try Status(facts.optionalObject("status"), at: facts.place(of: "status"))
        kind = try facts.choice("protocol")
        parameters = try Self.parameters(facts.optionalValues("parameters"), at: place)
        issuer = try facts.optionalPlaceholderText("issuer")
        discovery = try facts.optional("discovery").map { (v) throws(ProvidersError) in try Discovery(v, at: place) }
        requestToken = try facts.optional("requestToken").map { (v) throws(ProvidersError) in
            try RequestToken(v, at: place)
        }
        authorization = try facts.optional("authorization").map { (v) throws(ProvidersError) in
            try Authorization(v, at: place)
        }
        token = try facts.optional("token").map { (v) throws(ProvidersError) in try Token(v, at: place) }
        userinfo = try facts.optional("userinfo").map { (v) throws(ProvidersError) in
            try ProfileRequest(userinfo: v, at: "\(place).userinfo")
        }
        enrichments = try Self.enrichments(facts.optionalValues("enrich"), at: "\(place).enrich")
        idTokenAlgorithm = try facts.optional("idToken").map { (v) throws(ProvidersError) in
            try Self.algorithm(v, at: place)
        }
        profileSource = try facts.choice("profileSource")
        checks = try Self.checks(facts.optionalTexts("checks"), at: place)
        profile = try facts.optional("profile").map { (v) throws(ProvidersError) in
            try ProfileMapping(v, at: "\(place).profile")
        }
        extraTokenFields =
            try facts.optional("account").map { (v) throws(ProvidersError) in
                var account = try Facts(v, at: place)
                let fields = try account.texts("extraTokenFields")
                try account.finish()
                return fields
            } ?? []
        email = try facts.optional("email").map { (v) throws(ProvidersError) in try EmailFacts(v, at: place) }
        style = try Style(facts.optionalObject("style"), at: place)
        documentation = try Documentation(facts.optionalObject("docs"), at: place)
        quirks = try Self.quirks(facts.optionalTexts("quirks"), at: place)
        try facts.finish()
        try checkCompleteness()
    }

    private static func parameters(
        _ values: [JSONValue], at place: String
    ) throws(ProvidersError) -> [ProviderParameter] {
        var parameters: [ProviderParameter] = []
        for value in values { parameters.append(try ProviderParameter(value, at: "\(place).parameters")) }
        return parameters
    }

    private static func enrichments(_ values: [JSONValue], at place: String) throws(ProvidersError) -> [Enrichment] {
        var enrichments: [Enrichment] = []
        for value in values { enrichments.append(try Enrichment(value, at: place)) }
        return enrichments
    }

    private static func checks(_ names: [String], at place: String) throws(ProvidersError) -> Set<Check> {
        let checks = names.compactMap { Check(rawValue: $0) }
        guard checks.count == names.count else { throw ProvidersError(.facts, "\(place).checks: an unknown check") }
        return Set(checks)
    }

    private static func quirks(_ names: [String], at place: String) throws(ProvidersError) -> Set<ProviderQuirk> {
        var quirks: Set<ProviderQuirk> = []
        for name in names {
            guard let quirk = ProviderQuirk(rawValue: name) else {
                throw ProvidersError(.facts, "\(place).quirks: \(name) is not known")
            }
            quirks.insert(quirk)
        }
        return quirks
    }

    static func algorithm(_ value: JSONValue, at place: String) throws(ProvidersError) -> SignatureAlgorithm {
        var facts = try Facts(value, at: "\(place).idToken")
        let algorithm: SignatureAlgorithm = try facts.choice("signingAlg")
        try facts.finish()
        return algorithm
    }

    /// What the protocol needs must be there.
    private func checkCompleteness() throws(ProvidersError) {
        switch kind {
        case .oidc:
            try require(issuer != nil && discovery != nil, "issuer and discovery")
            try require(idTokenAlgorithm != nil, "idToken")
        case .oauth2: break
        case .oauth1: try require(requestToken != nil && userinfo != nil, "requestToken and userinfo")
        case .email:
            try require(email != nil, "email")
            return
        case .credentials, .webauthn: return
        }
        try require(authorization != nil && token != nil && profile != nil, "authorization, token and profile")
        try require(kind == .oidc || userinfo != nil || profileSource == .idToken, "userinfo")
        try require(profileSource != .userinfo || userinfo != nil, "userinfo")
        let usesDiscovery = [authorization.map { $0.url == nil }, token.map { $0.url == nil }].contains(true)
        try require(!usesDiscovery || discovery != nil, "discovery")
    }

    private func require(_ holds: Bool, _ members: String) throws(ProvidersError) {
        if !holds { throw ProvidersError(.facts, "\(id): \(members) missing for \(kind.rawValue)") }
    }
}

extension ProviderParameter {
    init(_ value: JSONValue, at place: String) throws(ProvidersError) {
        var facts = try Facts(value, at: place)
        name = try facts.text("name")
        kind = try facts.choice("kind")
        isRequired = try facts.bool("required")
        description = try facts.text("description")
        standard = try facts.optionalPlaceholderText("default")
        values = try facts.optionalTexts("values")
        example = try facts.optionalText("example")
        requiredUnless = try facts.optionalText("requiredUnless")
        try facts.finish()
    }
}

extension ProviderEntry.Status {
    fileprivate init(_ object: JSONObject, at place: String) throws(ProvidersError) {
        var facts = Facts(object, at: place)
        state = object.isEmpty ? .active : try facts.choice("state")
        note = try facts.optionalText("note")
        try facts.finish()
    }
}

extension ProviderEntry.Style {
    fileprivate init(_ object: JSONObject, at place: String) throws(ProvidersError) {
        var facts = Facts(object, at: "\(place).style")
        logo = try facts.optionalText("logo")
        logoDark = try facts.optionalText("logoDark")
        background = try facts.optionalText("bg")
        text = try facts.optionalText("text")
        darkBackground = try facts.optionalText("bgDark")
        darkText = try facts.optionalText("textDark")
        brand = try facts.optionalText("brand")
        try facts.finish()
    }
}

extension ProviderEntry.Documentation {
    fileprivate init(_ object: JSONObject, at place: String) throws(ProvidersError) {
        var facts = Facts(object, at: "\(place).docs")
        nextAuth = try facts.optionalText("nextauth")
        provider = try facts.optionalText("provider")
        console = try facts.optionalText("console")
        try facts.finish()
    }
}

extension ProviderEntry.ProfileMapping {
    fileprivate init(_ value: JSONValue, at place: String) throws(ProvidersError) {
        var facts = try Facts(value, at: place)
        id = try Expression(try facts.value("id"), at: facts.place(of: "id"))
        name = try Expression(try facts.value("name"), at: facts.place(of: "name"))
        email = try Expression(try facts.value("email"), at: facts.place(of: "email"))
        image = try Expression(try facts.value("image"), at: facts.place(of: "image"))
        var extra: [Extra] = []
        for (name, value) in try facts.optionalObject("extra").members {
            extra.append(Extra(name: name, expression: try Expression(value, at: facts.place(of: "extra"))))
        }
        self.extra = extra
        try facts.finish()
    }
}
