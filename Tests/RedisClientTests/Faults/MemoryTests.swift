import RESP
import RedisServers
import Testing

@testable import RedisClient

@Suite("Memory after faults", .timeLimit(.minutes(2)))
struct MemoryTests {
    /// Something that was there, and whether it still is.
    private struct Trace {
        weak var object: AnyObject?
    }

    @Test("nothing stays of connections that are lost, nor of a client that has ended")
    func traces() async throws {
        var connections: [Trace] = []
        var client = Trace()
        try await RedisServer.with { server async throws in
            try await withClient(server.url, { $0.prepareForFaults() }) { running in
                client.object = running
                for round in 0..<20 {
                    try await running.waitUntilServed()
                    let pool = try await running.topology.pool(for: nil, running.timing(nil))
                    connections.append(Trace(object: try await pool.connection(running.timing(nil)).get()))
                    // Some with answers that never come, and with requests that were not written.
                    if round % 4 == 0 { server.pause() }
                    await withTaskGroup(of: Void.self) { group in
                        for _ in 0..<50 {
                            group.addTask {
                                _ = try? await running.execute(RedisCommand("PING"), timeout: .milliseconds(20))
                            }
                        }
                    }
                    server.resume()
                    try await server.killClients()
                }
                try await running.waitUntilServed()
                try await eventually("the lost connections are gone") {
                    connections.filter { $0.object != nil }.count <= running.configuration.connectionCount
                }
            }
        }
        try await eventually("all is gone") { client.object == nil && connections.allSatisfy { $0.object == nil } }
    }

    /// More than ten megabytes of requests a round: a client that kept them would grow by all that.
    @Test("a client does not grow, whatever happens to its server")
    func growth() async throws {
        try await RedisServer.with { server async throws in
            try await withClient(server.url, { $0.prepareForFaults() }) { client in
                var sizes: [Int] = []
                for _ in 0..<4 {
                    try await client.waitUntilServed()
                    try await send(over: client) {
                        for _ in 0..<3 { try await server.killClients() }
                        server.pause()
                        defer { server.resume() }
                        _ = await failure { () async throws(RedisError) in
                            try await client.execute(RedisCommand("PING"), timeout: .milliseconds(100))
                        }
                    }
                    try await client.waitUntilIdle()
                    sizes.append(try residentMemory())
                }
                // What the first round needed stays.
                #expect(sizes[3] - sizes[0] < 8 << 20)
            }
        }
    }

    /// Sends a certain amount, while the body runs; how much of it is answered does not matter.
    private func send(over client: RedisClient, while body: () async throws -> Void) async throws {
        let text = [UInt8](repeating: 7, count: 10_000)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<24 {
                group.addTask {
                    for _ in 0..<60 {
                        _ = try? await client.execute(RedisCommand("ECHO", text), timeout: .milliseconds(200))
                    }
                }
            }
            try await body()
            try await group.waitForAll()
        }
    }
}
