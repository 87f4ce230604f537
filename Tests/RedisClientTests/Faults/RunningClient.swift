import Logging
import RESP
import RedisServers
import Testing

@testable import RedisClient

/// Runs a client for the time of a call.
func withRunningClient<Output: Sendable>(
    _ url: String, _ change: (inout RedisConfiguration) -> Void = { _ in },
    _ body: (RedisClient) async throws -> Output
) async throws -> Output {
    var configuration = try RedisConfiguration(url: url)
    change(&configuration)
    let client = RedisClient(configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await client.run() }
        do {
            let output = try await body(client)
            group.cancelAll()
            return output
        } catch {
            group.cancelAll()
            throw error
        }
    }
}

extension RedisClient {
    /// Waits until the client serves commands about a key.
    func waitUntilServed(_ key: RedisKey = "served", within limit: Duration = .seconds(20)) async throws {
        try await eventually("the client is served", within: limit) {
            do {
                _ = try await execute(RedisCommand("SET", key, "yes"), key: key)
                return true
            } catch is RedisError {
                return false
            }
        }
    }

    /// Waits until nothing is under way in the client.
    func waitUntilIdle() async throws {
        try await eventually("the client is idle") { topology.commandCount == 0 }
    }
}

/// The error that a call of the client throws; an issue where it throws none.
func redisError<Output>(_ call: () async throws(RedisError) -> Output) async throws -> RedisError {
    do {
        _ = try await call()
    } catch {
        return error
    }
    throw Unexpected.success
}

enum Unexpected: Error {
    case success
}
