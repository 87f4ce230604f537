import TesseraRuntime

/// What of a sign-in request may go on to the authorization endpoint. NextAuth.js forwards everything, so that anybody
/// can replace the client or the redirect URI [S]; this is a closed list.
struct SignInParameters {
    private static let always = ["login_hint", "prompt", "ui_locales"]
    /// What nobody may replace, the operator neither.
    static let reserved: Set<String> = [
        "client_id", "redirect_uri", "response_type", "response_mode", "state", "nonce", "code_challenge",
        "code_challenge_method", "request", "request_uri", "oauth_token", "oauth_callback",
    ]
    private static let longest = 1024

    let names: [String]

    init(_ provider: ConfiguredProvider) {
        var names = Self.always
        if provider.has(.boxyHQTenantProduct) { names += ["tenant", "product"] }
        if provider.has(.workOSConnectionSelector) { names += ["connection", "organization", "provider", "domain"] }
        if provider.has(.redditRefreshDuration) { names += ["duration"] }
        self.names = names
    }

    /// The parameters of a request that are on the list.
    func values(of request: SignInRequest) -> [(name: String, value: String)] {
        names.compactMap { name in
            guard let value = request.query[name], !value.isEmpty, value.utf8.count <= Self.longest,
                value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
            else { return nil }
            return (name, value)
        }
    }
}

/// Parameters in their order; a later value of the same name takes the place of an earlier one.
struct ParameterList {
    private(set) var pairs: [(name: String, value: String)] = []

    subscript(name: String) -> String? {
        get { pairs.first { $0.name == name }?.value }
        set {
            let index = pairs.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): pairs[index].value = value
            case (let index?, nil): pairs.remove(at: index)
            case (nil, let value?): pairs.append((name, value))
            case (nil, nil): break
            }
        }
    }

    mutating func add(_ more: [(name: String, value: String)]) {
        for pair in more { self[pair.name] = pair.value }
    }
}
