import Logging
import RedisClient
import TesseraCore
import TesseraRedis
import TesseraRuntime

extension RedisLocation {
    /// The names of keys and channels; throws the `problems`, where there are any.
    func checkedKeys() throws(ConfigurationError) -> Keyspace {
        guard let keys else { throw ConfigurationError(problems: problems) }
        return keys
    }

    /// Looks at the servers, and where they may be used writes what holds for the whole deployment, or compares it.
    /// Returns what an operator should know.
    ///
    /// A Redis that cannot be reached is tried again for some seconds: it may be starting, too. Throws why this node
    /// may not use it.
    func admit(_ keys: Keyspace, clock: WallClock) async throws -> [String] {
        try await connected { client in
            let findings = try await Self.patiently { () throws(StoreError) in
                try await RedisDeployment.inspect(client: client, clock: clock)
            }
            let warnings = try findings.warnings(isStrict: isStrict)
            try await Self.patiently { () throws(StoreError) in
                try await RedisDeployment.join(client: client, keys: keys)
            }
            return warnings
        }
    }

    /// The same without writing anything, and at once.
    func check() async -> StoreLocation.Finding {
        guard let keys else { return .unusable(problems) }
        do {
            let findings = try await connected { client in
                try await RedisDeployment.compare(client: client, keys: keys)
                return try await RedisDeployment.inspect(client: client, clock: .system)
            }
            return .usable(warnings: try findings.warnings(isStrict: isStrict))
        } catch let error as ConfigurationError {
            return .unusable(error.problems)
        } catch {
            return .unusable(["store: \(error)"])
        }
    }

    /// Lets something be done with a client of its own.
    private func connected<Value: Sendable>(
        _ body: @Sendable (RedisClient) async throws -> Value
    ) async throws -> Value {
        // What it has to say is in what it throws.
        let silent = Logger(label: "tessera.check") { _ in SwiftLogNoOpLogHandler() }
        let client = RedisClient(self.client, logger: silent)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await client.run() }
            defer { group.cancelAll() }
            return try await body(client)
        }
    }

    /// How long a Redis may take to be there.
    private static let patience = Duration.seconds(10)

    private static func patiently<Value>(
        _ body: () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let end = ContinuousClock.now + patience
        while true {
            do {
                return try await body()
            } catch {
                let isPassing = error.code == .unavailable || error.code == .timeout
                guard isPassing, ContinuousClock.now < end, !Task.isCancelled else { throw error }
                try? await Task.sleep(for: .milliseconds(250))
            }
        }
    }
}

extension [RedisFinding] {
    /// The warnings; throws where one of them is a reason to refuse.
    fileprivate func warnings(isStrict: Bool) throws(ConfigurationError) -> [String] {
        let refusals = filter { isStrict || $0.severity == .refusal }
        guard refusals.isEmpty else { throw ConfigurationError(problems: refusals.map { "store: \($0.text)" }) }
        return map(\.text)
    }
}
