import RESP
import RedisServers

@testable import RedisClient

/// Runs the client of a URL for the time of a call.
func withClient<Output>(
    _ url: String, _ change: (inout RedisConfiguration) -> Void = { _ in },
    _ body: (RedisClient) async throws -> Output
) async throws -> Output {
    var configuration = try RedisConfiguration(url: url)
    change(&configuration)
    return try await RedisClient.with(configuration, body)
}

extension RedisConfiguration {
    /// So that a test of many faults does not wait long after each.
    mutating func prepareForFaults(_ timeout: Duration = .seconds(1)) {
        commandTimeout = timeout
        backoff = Backoff(shortest: .milliseconds(5), longest: .milliseconds(50))
    }

    /// So that nothing but a change of primaries ends a subscription whose server says nothing.
    mutating func prepareForSilence() {
        prepareForFaults()
        keepAliveInterval = .seconds(600)
    }
}

extension RedisClient {
    /// Waits until the client serves commands about a key.
    func waitUntilServed(_ key: RedisKey = "served", within limit: Duration = .seconds(20)) async throws {
        try await eventually("the client is served", within: limit) {
            await failure { () async throws(RedisError) in
                try await execute(RedisCommand("SET", key, "yes"), key: key)
            } == nil
        }
    }

    /// Waits until nothing is under way in the client.
    func waitUntilIdle() async throws {
        try await eventually("the client is idle") { topology.commandCount == 0 }
    }
}

/// What a test did not expect, where it cannot go on.
enum Unexpected: Error {
    case success
}
