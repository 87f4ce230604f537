import RedisClient

/// The atomic steps of the store and the bus, each a file in `Scripts`, behind what they share (`shard.lua`).
///
/// They are declared as scripts that may write (`#!lua` without flags), also those that only read: so a primary that
/// may not write, because it is cut off from its replicas, does not answer them either (design, 3.5).
enum Step: String, CaseIterable, Sendable {
    case load
    case owner
    case commit
    case mark
    case block
    case raise
    case blocklist
    case due
    case settle
    case trim
    case buckets
    case ping
    case identify
    case beat
    case members
    case leave
    case settled
    case declare
    case publish
    case meta
    case collect
    case finish

    /// The script as the client calls it.
    var script: RedisScript { Self.all[self] ?? make() }

    private static let all = Dictionary(uniqueKeysWithValues: allCases.map { ($0, $0.make()) })

    private func make() -> RedisScript {
        let text = ["#!lua\n", String(decoding: PackageResources.shard_lua, as: UTF8.self), "\n", body].joined()
        return RedisScript(name: rawValue, source: text)
    }

    private var body: String {
        let bytes =
            switch self {
            case .load: PackageResources.load_lua
            case .owner: PackageResources.owner_lua
            case .commit: PackageResources.commit_lua
            case .mark: PackageResources.mark_lua
            case .block: PackageResources.block_lua
            case .raise: PackageResources.raise_lua
            case .blocklist: PackageResources.blocklist_lua
            case .due: PackageResources.due_lua
            case .settle: PackageResources.settle_lua
            case .trim: PackageResources.trim_lua
            case .buckets: PackageResources.buckets_lua
            case .ping: PackageResources.ping_lua
            case .identify: PackageResources.identify_lua
            case .beat: PackageResources.beat_lua
            case .members: PackageResources.members_lua
            case .leave: PackageResources.leave_lua
            case .settled: PackageResources.settled_lua
            case .declare: PackageResources.declare_lua
            case .publish: PackageResources.publish_lua
            case .meta: PackageResources.meta_lua
            case .collect: PackageResources.collect_lua
            case .finish: PackageResources.finish_lua
            }
        return String(decoding: bytes, as: UTF8.self)
    }
}
