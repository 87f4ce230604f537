import Foundation
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

    /// Every request is some hundred bytes, so a client that kept those that failed would grow by several megabytes.
    @Test("a client does not grow, whatever happens to its server")
    func growth() async throws {
        try await RedisServer.with { server async throws in
            try await withClient(server.url, { $0.prepareForFaults(.milliseconds(200)) }) { client in
                try await client.waitUntilServed()
                var sizes: [Int] = []
                var requests = 0
                for _ in 0..<6 {
                    let tally = try await Load(timeout: .milliseconds(200)).run(on: client) {
                        for _ in 0..<5 { try await server.killClients() }
                        server.pause()
                        _ = await failure { () async throws(RedisError) in
                            try await client.execute(RedisCommand("PING"))
                        }
                        server.resume()
                        try await client.waitUntilServed()
                    }
                    requests += tally.answered + tally.failures
                    try await client.waitUntilIdle()
                    sizes.append(try residentMemory())
                }
                #expect(requests > 1000)
                // What the first round needed stays.
                #expect(sizes[5] - sizes[0] < 4 << 20)
            }
        }
    }

    /// The memory of this process that is resident, in bytes.
    private func residentMemory() throws -> Int {
        let words = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return words.count > 1 ? (Int(words[1]) ?? 0) * 4096 : 0
    }
}
