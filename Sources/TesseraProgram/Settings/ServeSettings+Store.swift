import Tessera

extension ServeSettings {
    mutating func readStore(_ reader: inout SettingsReader) {
        tessera.store = isDemo ? .memory : .sqlite(path: "tessera.sqlite")
        if let text = reader.text(.store) {
            do {
                tessera.store = try location(text, &reader)
            } catch {
                for problem in error.problems { reader.note(problem) }
            }
        }
        let desk = operatorKey == nil ? "" : "http://\(operatorHost):\(operatorPort)"
        tessera.cluster.address = reader.text(.clusterAddress) ?? desk
    }

    /// The text is never quoted: it may have a password in it.
    private func location(
        _ text: String, _ reader: inout SettingsReader
    ) throws(ConfigurationError) -> StoreLocation {
        guard RedisLocation.isMeant(by: text) else {
            guard let location = StoreLocation(text) else {
                throw ConfigurationError(
                    problems: [
                        "store: this is not sqlite:PATH, memory, or the URL of a Redis such as redis://localhost"
                    ])
            }
            return location
        }
        var location = try RedisLocation(url: text)
        location.prefix = reader.text(.redisPrefix) ?? location.prefix
        location.shards = reader.number(.redisShards, default: location.shards, in: 1...4096)
        location.isStrict = reader.flag(SettingKey.redisStrict.rawValue, default: location.isStrict)
        return .redis(location)
    }
}
