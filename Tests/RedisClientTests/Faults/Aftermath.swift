import Foundation
import RESP
import RedisServers
import Testing

@testable import RedisClient

/// What has to be so after every fault.
func expectHealthy(
    _ tally: Load.Tally, _ client: RedisClient, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    #expect(tally.wrong.isEmpty, "answers went to the wrong callers", sourceLocation: sourceLocation)
    #expect(tally.answered > 0, sourceLocation: sourceLocation)
    // Nothing hangs: a request is over soon after its timeout, also on a busy machine.
    #expect(tally.longestDelay < .seconds(3), sourceLocation: sourceLocation)
    try await client.waitUntilIdle()
    // What this and other tests needed for the first time stays; what failed does not.
    #expect(try residentMemory() - tally.memoryBefore < 32 << 20, sourceLocation: sourceLocation)
    let after = try await Load().run(on: client) {
        for number in 0..<100 {
            let reply = try await client.execute(RedisCommand("ECHO", "after \(number)"))
            #expect(reply.string == "after \(number)", sourceLocation: sourceLocation)
        }
    }
    #expect(after.wrong.isEmpty, sourceLocation: sourceLocation)
    try await client.waitUntilIdle()
}

/// The memory of this process that is resident, in bytes.
func residentMemory() throws -> Int {
    let words = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    return words.count > 1 ? (Int(words[1]) ?? 0) * 4096 : 0
}
