import RESP
import TesseraCore
import TesseraRuntime

/// A node's lease as the fields of a hash.
enum LeaseFields {
    /// Names and values, as the script takes them.
    static func arguments(_ lease: NodeLease) -> [RedisArgument] {
        let fields: [(String, RedisArgument)] = [
            ("address", .string(lease.address)), ("version", .string(lease.version)),
            ("started_at", .integer(lease.startedAt.milliseconds)), ("beat", .string(String(lease.beat))),
            ("watermark_age", lease.watermarkAge.map { .integer($0.milliseconds) } ?? .string("")),
            ("united_in", .string(lease.unitedIn?.text ?? "")), ("bound", .integer(lease.bound.milliseconds)),
            ("revocations", .integer(Int64(lease.revocations))), ("actors", .integer(Int64(lease.actors))),
        ]
        return fields.flatMap { [.string($0.0), $0.1] }
    }

    /// Reads what `members.lua` answers for a node.
    static func read(_ reply: RedisReply) throws(StoreError) -> NodeLease {
        guard let parts = reply.array, parts.count == 2, let node = parts[0].string.flatMap({ NodeID($0) }),
            let fields = parts[1].array, fields.count % 2 == 0
        else { throw .unexpected("members") }
        var values: [String: String] = [:]
        for index in stride(from: 0, to: fields.count, by: 2) {
            if let name = fields[index].string { values[name] = fields[index + 1].string }
        }
        func number(_ name: String) -> Int64? { values[name].flatMap { Int64($0) } }
        guard let startedAt = number("started_at"), let beat = values["beat"].flatMap({ UInt64($0) }),
            let bound = number("bound"), let revocations = number("revocations"), let actors = number("actors")
        else { throw .unexpected("members") }
        return NodeLease(
            node: node, address: values["address"] ?? "", version: values["version"] ?? "",
            startedAt: Timestamp(milliseconds: startedAt), beat: beat,
            watermarkAge: number("watermark_age").map { .milliseconds($0) },
            unitedIn: values["united_in"].flatMap { $0.isEmpty ? nil : ReplicationID($0) },
            bound: .milliseconds(bound), revocations: Int(revocations), actors: Int(actors))
    }
}
