import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import TesseraCore
import TesseraRuntime

extension OperatorAPI {
    /// `GET /v1/cluster`: the nodes, and how well this one is informed.
    func showCluster() async -> Answer {
        let now = flow.clock.reading()
        var answer: JSONObject = [
            "isCluster": .bool(keeper != nil),
            "isTrusted": .bool(flow.mirror.isTrusted(at: now)),
            "mirrorEntries": .integer(Int64(flow.mirror.count)),
            "actors": .integer(Int64(flow.actors.count)),
            "eventStreams": .integer(Int64(flow.watchers.count)),
        ]
        guard let keeper else { return .json(answer) }
        let status = await keeper.status()
        answer["node"] = .string(keeper.node.text)
        answer["boundMilliseconds"] = .integer(keeper.settings.limits.bound.milliseconds)
        answer["links"] = .array(status.links.map { .object($0.description) })
        answer["nodes"] = status.leases.map { .array($0.map { .object($0.description) }) }
        answer["propagation"] = status.propagation.map { .object($0.description) }
        return .json(answer)
    }

    /// `GET /metrics`
    func showMetrics() -> Answer {
        guard let metrics, let telemetry = flow.telemetry else {
            return .error("not_found", "This node keeps no metrics.", status: .notFound)
        }
        telemetry.sample(flow, keeper: keeper)
        let body = ResponseBody(byteBuffer: ByteBuffer(string: metrics.text()))
        return Answer(.stream(PrometheusRegistry.contentType, body))
    }

    /// Whether the answer is to come when the whole cluster has applied what is asked for: `confirm=cluster`.
    static func asksForConfirmation(_ request: Request) throws -> Bool {
        let query = RequestTarget(request).query.map { PercentEncoding.decodeForm($0) } ?? []
        switch query.first(where: { $0.name == "confirm" })?.value {
        case nil: return false
        case "cluster": return true
        default: throw OperatorError.invalid("confirm")
        }
    }

    /// Who certainly does not accept any more what was ended in these shards; comes when that is certain. `nil` where
    /// nobody asks.
    func confirmation(_ isAskedFor: Bool, _ shards: [Int]) async throws -> ClusterConfirmation? {
        guard isAskedFor else { return nil }
        guard let keeper else { return ClusterConfirmation(confirmed: [], lapsed: [], isComplete: true) }
        return await keeper.confirm(shards)
    }
}

extension ClusterConfirmation {
    /// What an answer says of it.
    var description: JSONObject {
        [
            "nodes": .array(confirmed.map { .string($0.text) }), "lapsed": .array(lapsed.map { .string($0.text) }),
            "isComplete": .bool(isComplete),
        ]
    }
}

extension ClusterStatus.Link {
    fileprivate var description: JSONObject {
        var object: JSONObject = [
            "primary": .string(primary), "replication": .string(replication.text),
            "shards": .integer(Int64(shards)), "state": .string(state),
        ]
        object["watermarkAgeMilliseconds"] = watermarkAge.map { .integer($0.milliseconds) }
        return object
    }
}

extension NodeLease {
    fileprivate var description: JSONObject {
        var object: JSONObject = [
            "id": .string(node.text), "address": .string(address), "version": .string(version),
            "startedAt": .string(startedAt.iso8601), "mirrorEntries": .integer(Int64(revocations)),
            "actors": .integer(Int64(actors)), "boundMilliseconds": .integer(bound.milliseconds),
        ]
        object["unitedIn"] = unitedIn.map { .string($0.text) }
        object["watermarkAgeMilliseconds"] = watermarkAge.map { .integer($0.milliseconds) }
        return object
    }
}

extension PropagationTimes.Summary {
    fileprivate var description: JSONObject {
        [
            "count": .integer(Int64(count)), "medianMilliseconds": .integer(median.milliseconds),
            "percentile99Milliseconds": .integer(percentile99.milliseconds),
            "maximumMilliseconds": .integer(maximum.milliseconds),
        ]
    }
}
