import Logging
import RESP
import RedisServers
import ServiceLifecycle
import Testing

@testable import RedisClient

extension RedisClient {
    /// A client that runs for the time of a call.
    static func with<Output>(
        _ configuration: RedisConfiguration, _ body: (RedisClient) async throws -> Output
    ) async throws -> Output {
        let client = RedisClient(
            configuration, logger: .silent)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await client.run() }
            defer { group.cancelAll() }
            return try await body(client)
        }
    }

    /// A client of a server, for the time of a call.
    static func with<Output>(
        _ server: RedisServer, _ change: (inout RedisConfiguration) -> Void = { _ in },
        _ body: (RedisClient) async throws -> Output
    ) async throws -> Output {
        var configuration = try RedisConfiguration(url: server.url)
        change(&configuration)
        return try await with(configuration, body)
    }
}

/// What a call throws.
func failure<Output>(_ body: () async throws(RedisError) -> Output) async -> RedisError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error
    }
}

/// A key that no other test has.
func ownKey(_ name: String = #function) -> RedisKey {
    RedisKey("\(name)-\(UInt64.random(in: .min ... .max))")
}
