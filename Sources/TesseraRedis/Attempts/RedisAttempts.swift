import RESP
package import RedisClient
package import TesseraCore
package import TesseraRuntime

/// Attempts counted in Redis, so that their limits hold for all nodes together.
///
/// They are in one slot, because an attempt counts against all of its limits or against none. What they come to is
/// `AttemptLimit`'s to say; `attempt.lua` is its rule once more, because the step that reads has to be the one that
/// writes. A Redis that loses its data begins to count anew.
package struct RedisAttempts: AttemptStore {
    private let calls: PlaceCalls
    private let place: String

    package init(client: RedisClient, keys: Keyspace) {
        calls = PlaceCalls(client: client)
        place = keys.attempts
    }

    package func attempt(_ charges: [AttemptCharge], at now: Timestamp) async throws(StoreError) -> Duration? {
        var values: [RedisArgument] = [.integer(now.milliseconds)]
        for charge in charges {
            values += [
                .bytes(charge.key.bytes), .integer(Int64(charge.limit.burst)),
                .integer(charge.limit.interval.milliseconds),
            ]
        }
        guard let wait = try await calls.run(AttemptStep.attempt.script, at: place, values).int else {
            throw .unexpected("attempt")
        }
        return wait > 0 ? .milliseconds(wait) : nil
    }

    package func forget(_ keys: [AttemptKey]) async throws(StoreError) {
        if keys.isEmpty { return }
        _ = try await calls.run(AttemptStep.forget.script, at: place, keys.map { .bytes($0.bytes) })
    }

    /// Several nodes may sweep at once; each step drops a bounded number, and the next sweep goes on.
    package func sweepAttempts(at now: Timestamp) async throws(StoreError) -> Int {
        let values: [RedisArgument] = [.integer(now.milliseconds), 1000]
        guard let count = try await calls.run(AttemptStep.sweep.script, at: place, values).int else {
            throw .unexpected("sweep")
        }
        return count
    }
}

/// The atomic steps of counting attempts, each a file in `Scripts`, behind what they share (`attempts.lua`).
enum AttemptStep: String, CaseIterable, Sendable {
    case attempt
    case forget
    case sweep

    /// The script as the client calls it.
    var script: RedisScript { Self.all[self] ?? make() }

    private static let all = Dictionary(uniqueKeysWithValues: allCases.map { ($0, $0.make()) })

    private func make() -> RedisScript {
        let body =
            switch self {
            case .attempt: PackageResources.attempt_lua
            case .forget: PackageResources.forget_lua
            case .sweep: PackageResources.sweep_attempts_lua
            }
        return RedisScript(step: rawValue, makesMore: self == .attempt, [PackageResources.attempts_lua, body])
    }
}
