extension Device {
    /// Condenses a `User-Agent` header (RFC 9110, section 10.1.5) and a client's address.
    ///
    /// Looks at the first 512 bytes of the header only. An address that cannot be read is left out.
    public init(userAgent: String?, address: String?) {
        let agent = String(decoding: (userAgent ?? "").utf8.prefix(512), as: UTF8.self)
        let parts = [Self.browser(in: agent), Self.system(in: agent)].compactMap { $0 }
        let known = parts.joined(separator: ", ")
        self.init(
            name: known.isEmpty ? Self.product(in: agent) : known,
            network: address.flatMap(NetworkPrefix.init)?.description ?? "")
    }

    /// Most browsers name others as well, so the order matters: the most particular first.
    private static let browsers: [(token: String, name: String)] = [
        ("Edg/", "Edge"), ("EdgA/", "Edge"), ("EdgiOS/", "Edge"), ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Vivaldi/", "Vivaldi"), ("FxiOS/", "Firefox"), ("Firefox/", "Firefox"), ("CriOS/", "Chrome"),
        ("HeadlessChrome/", "Chrome"), ("Chrome/", "Chrome"), ("Version/", "Safari"),
    ]

    private static let systems: [(token: String, name: String)] = [
        ("Windows", "Windows"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"),
        ("Mac OS X", "macOS"), ("Macintosh", "macOS"), ("Linux", "Linux"),
    ]

    private static func browser(in agent: String) -> String? {
        for (token, name) in browsers {
            guard let rest = text(after: token, in: agent) else { continue }
            if name == "Safari", text(after: "Safari/", in: agent) == nil { continue }
            let major = rest.prefix { ("0"..."9").contains($0) }.prefix(4)
            return major.isEmpty ? name : "\(name) \(major)"
        }
        return nil
    }

    private static func system(in agent: String) -> String? {
        systems.first { text(after: $0.token, in: agent) != nil }?.name
    }

    /// The first product of a program that is no browser, such as `curl 8`.
    private static func product(in agent: String) -> String {
        let product = agent.prefix { $0 != " " && $0 != "." && ("!"..."~").contains($0) }
        return String(product.prefix(32)).split(separator: "/").joined(separator: " ")
    }

    private static func text(after token: String, in agent: String) -> Substring? {
        let haystack = agent.utf8
        let needle = token.utf8
        var start = haystack.startIndex
        while haystack.distance(from: start, to: haystack.endIndex) >= needle.count {
            if haystack[start...].starts(with: needle) {
                return agent[haystack.index(start, offsetBy: needle.count)...]
            }
            haystack.formIndex(after: &start)
        }
        return nil
    }
}
