import RedisClient

/// The atomic steps of the outbox, each a file in `Scripts`, behind what they share with those that write a message
/// along with a change (`outbox.lua`).
enum OutboxStep: String, CaseIterable, Sendable {
    case append
    case claim
    case remove
    case postpone

    /// The script as the client calls it.
    var script: RedisScript { Self.all[self] ?? make() }

    private static let all = Dictionary(uniqueKeysWithValues: allCases.map { ($0, $0.make()) })

    private func make() -> RedisScript {
        let body =
            switch self {
            case .append: PackageResources.append_lua
            case .claim: PackageResources.claim_lua
            case .remove: PackageResources.remove_lua
            case .postpone: PackageResources.postpone_lua
            }
        return RedisScript(step: rawValue, makesMore: self == .append, [PackageResources.outbox_lua, body])
    }
}
