import RESP
import TesseraCore
import TesseraRuntime

/// The deployment's epoch as one shard has it.
struct DeploymentCopy: Sendable {
    let deployment: UserRecord.Deployment
    /// Why it was raised; `nil` before the first raise.
    let reason: EndReason?

    /// Reads the fields `epoch`, `raised_at` and `reason`, which are not there before the first raise.
    init(reply: RedisReply) throws(StoreError) {
        guard let fields = reply.array, fields.count == 3 else { throw .unexpected("deployment") }
        deployment = try UserRecord.Deployment(epoch: fields[0], raisedAt: fields[1])
        // A reason of a newer version does not matter here.
        reason = fields[2].isNull ? nil : fields[2].string.flatMap { EndReason(rawValue: $0) } ?? .revokedByOperator
    }

    /// The fact for the mirrors, once the epoch was raised.
    var revocation: Revocation? {
        reason.map {
            Revocation(fact: .everybody(below: deployment.epoch), expires: .distantFuture, reason: $0)
        }
    }
}
