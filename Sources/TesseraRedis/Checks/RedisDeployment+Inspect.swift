import RESP
package import RedisClient
import TesseraCore
package import TesseraRuntime

extension RedisDeployment {
    /// Looks at every primary, and says what an operator should know.
    package static func inspect(
        client: RedisClient, clock: WallClock
    ) async throws(StoreError) -> [RedisFinding] {
        var findings: [RedisFinding] = []
        do {
            for primary in try await client.primaries() {
                findings += try await report(on: primary, client, clock).findings
            }
        } catch {
            throw StoreError(redis: error)
        }
        return findings
    }

    private static func report(
        on primary: RedisPrimary, _ client: RedisClient, _ clock: WallClock
    ) async throws(RedisError) -> ServerReport {
        let info = try await client.execute(RedisCommand("INFO"), on: primary)
        var settings: [String: String] = [:]
        for name in ["save", "min-replicas-to-write", "min-replicas-max-lag"] {
            // Hosted servers, and users with few rights, refuse this; then it is not known.
            guard let reply = try? await client.execute(RedisCommand("CONFIG", "GET", name), on: primary),
                let pair = reply.array, pair.count == 2
            else { continue }
            settings[name] = pair[1].string
        }
        let before = clock.now()
        let time = try await client.execute(RedisCommand("TIME"), on: primary)
        let after = clock.now()
        let middle = before + (after - before) / 2
        return ServerReport(
            name: "Redis at \(primary.address)", info: info.string ?? "", settings: settings,
            clockAhead: moment(time).map { $0 - middle } ?? .zero)
    }

    /// `TIME`: seconds and microseconds.
    private static func moment(_ reply: RedisReply) -> Timestamp? {
        guard let parts = reply.array?.compactMap(\.int), parts.count == 2 else { return nil }
        return Timestamp(milliseconds: Int64(parts[0]) * 1000 + Int64(parts[1]) / 1000)
    }
}
