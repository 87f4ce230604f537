import JOSE
import JSON

extension ProviderEntry.Discovery {
    init(_ value: JSONValue, at place: String) throws(ProvidersError) {
        var facts = try Facts(value, at: "\(place).discovery")
        url = try facts.placeholderText("url")
        query = try facts.placeholders("query")
        issuerCheck = facts.optional("issuerCheck") == nil ? .equal : try facts.choice("issuerCheck")
        try facts.finish()
    }
}

extension ProviderEntry.RequestToken {
    init(_ value: JSONValue, at place: String) throws(ProvidersError) {
        var facts = try Facts(value, at: "\(place).requestToken")
        url = try facts.placeholderText("url")
        method = try facts.choice("method")
        try facts.finish()
    }
}

extension Facts {
    /// The endpoint's `url`; `nil` with `fromDiscovery`. One of them is there, and not both.
    mutating func endpointURL() throws(ProvidersError) -> PlaceholderText? {
        let url = try optionalPlaceholderText("url")
        let isDiscovered = try bool("fromDiscovery")
        guard (url == nil) == isDiscovered else { throw wrong("url", "either url or fromDiscovery") }
        return url
    }
}

extension ProviderEntry.Authorization {
    init(_ value: JSONValue, at place: String) throws(ProvidersError) {
        var facts = try Facts(value, at: "\(place).authorization")
        url = try facts.endpointURL()
        parameters = try facts.placeholders("params")
        try facts.finish()
    }
}

extension ProviderEntry.Token {
    init(_ value: JSONValue, at place: String) throws(ProvidersError) {
        var facts = try Facts(value, at: "\(place).token")
        url = try facts.endpointURL()
        method = try facts.choice("method")
        authentication = try facts.choice("auth")
        authenticationFromDiscovery = try facts.bool("authFromDiscovery")
        query = try facts.placeholders("query")
        parameters = try facts.placeholders("params")
        replacesBody = try facts.bool("replaceBody")
        headers = try facts.placeholders("headers")
        var response = Facts(try facts.optionalObject("response"), at: facts.place(of: "response"))
        added = try response.optionalObject("add")
        try response.finish()
        try facts.finish()
    }
}

extension ProfileRequest {
    /// Reads `userinfo`.
    init(userinfo value: JSONValue, at place: String) throws(ProvidersError) {
        var facts = try Facts(value, at: place)
        try self.init(&facts, at: place, isUserinfo: true)
        try facts.finish()
    }

    /// Reads the members of a request, and leaves those that are not its own.
    init(_ facts: inout Facts, at place: String, isUserinfo: Bool) throws(ProvidersError) {
        url = try facts.endpointURL()
        method = try facts.choice("method")
        authentication = try facts.choice("auth")
        query = try facts.placeholders("query")
        headers = try facts.placeholders("headers")
        body = try facts.optional("body").map { (v) throws(ProvidersError) in try Body(v, at: place) }
        let pointer = try facts.optionalText("unwrap")
        unwrap = pointer.flatMap { JSONPointer($0) }
        guard (pointer == nil) == (unwrap == nil) else { throw facts.wrong("unwrap", "no JSON pointer") }
        guard isUserinfo, let response = try facts.optionalText("response") else {
            signedWith = nil
            return
        }
        guard response == "jwt" else { throw facts.wrong("response", "only jwt is known") }
        signedWith = try facts.choice("signingAlg")
    }
}

extension ProfileRequest.Body {
    init(_ value: JSONValue, at place: String) throws(ProvidersError) {
        var facts = try Facts(value, at: "\(place).body")
        form = try facts.choice("type")
        self.value = try facts.value("value")
        try facts.finish()
    }
}

extension Enrichment {
    init(_ value: JSONValue, at place: String) throws(ProvidersError) {
        var facts = try Facts(value, at: place)
        request = try ProfileRequest(&facts, at: place, isUserinfo: false)
        condition = try facts.optional("when").map { (v) throws(ProvidersError) in try Condition(v, at: place) }
        switch try facts.text("response") {
        case "json": response = .json
        case "dataUrl": response = .dataURL(mediaType: try facts.text("mediaType"))
        default: throw facts.wrong("response", "neither json nor dataUrl")
        }
        switch try facts.optionalText("onFailure") {
        case "ignore": isOptional = true
        case nil: isOptional = false
        default: throw facts.wrong("onFailure", "only ignore is known")
        }
        var assignments: [Assignment] = []
        for (name, value) in try facts.object("assign").members {
            guard let target = JSONPointer(name) else { throw facts.wrong("assign", "no JSON pointer") }
            assignments.append(
                Assignment(target: target, expression: try Expression(value, at: facts.place(of: "assign"))))
        }
        self.assignments = assignments
        try facts.finish()
    }
}

extension EmailFacts {
    init(_ value: JSONValue, at place: String) throws(ProvidersError) {
        var facts = try Facts(value, at: "\(place).email")
        transport = try facts.choice("transport")
        maximumAge = try facts.integer("maxAgeSeconds")
        subject = try facts.placeholderText("subject")
        // What every SMTP sender of ours does anyway.
        _ = facts.optional("defaultServer")
        _ = facts.optional("failure")
        request = try facts.optional("request").map { (v) throws(ProvidersError) in try Request(v, at: place) }
        try facts.finish()
        guard (transport == .http) == (request != nil) else { throw facts.wrong("request", "for http, and only there") }
    }
}

extension EmailFacts.Request {
    init(_ value: JSONValue, at place: String) throws(ProvidersError) {
        var facts = try Facts(value, at: "\(place).email.request")
        url = try facts.placeholderText("url")
        method = try facts.choice("method")
        headers = try facts.placeholders("headers")
        body = try ProfileRequest.Body(try facts.value("body"), at: "\(place).email.request")
        var credentials: [PlaceholderText] = []
        for text in try facts.optionalTexts("basicAuth") {
            credentials.append(try PlaceholderText(text, at: "\(place).basicAuth"))
        }
        basicAuthentication = credentials
        try facts.finish()
    }
}
