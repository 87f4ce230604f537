import RedisClient

/// The atomic steps of the store and the bus on a shard, each a file in `Scripts`, behind what they share.
enum Step: String, CaseIterable, Sendable {
    case load
    case owner
    case blocked
    /// A change that makes sessions.
    case create
    /// Any other change of a user: the same script as `create`.
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
    case begin
    case publish
    case meta

    /// The script as the client calls it.
    var script: RedisScript { Self.all[self] ?? make() }

    private static let all = Dictionary(uniqueKeysWithValues: allCases.map { ($0, $0.make()) })

    private func make() -> RedisScript {
        switch self {
        case .create, .commit:
            RedisScript(
                step: rawValue, makesMore: self == .create,
                [PackageResources.shard_lua, PackageResources.outbox_lua, body])
        case .load, .owner, .blocked, .mark, .block, .raise, .blocklist, .due, .settle, .trim, .buckets, .ping,
            .identify, .beat, .members, .leave, .settled, .declare, .begin, .publish, .meta:
            RedisScript(step: rawValue, makesMore: false, [PackageResources.shard_lua, body])
        }
    }

    private var body: [UInt8] {
        switch self {
        case .load: PackageResources.load_lua
        case .owner: PackageResources.owner_lua
        case .blocked: PackageResources.blocked_lua
        case .create, .commit: PackageResources.commit_lua
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
        case .begin: PackageResources.begin_lua
        case .publish: PackageResources.publish_lua
        case .meta: PackageResources.meta_lua
        }
    }
}

extension RedisScript {
    /// The script of a step: its parts, one behind the other.
    ///
    /// All are declared as scripts that may write, also those that only read: so a primary that may not write, because
    /// it is cut off from its replicas, does not answer them either. And all but those that make more of what is kept
    /// are declared to be run by a server that is full, too (`allow-oom`): otherwise nobody could be checked or signed
    /// out then, and no sweep could make room.
    init(step name: String, makesMore: Bool, _ parts: [[UInt8]]) {
        let head = makesMore ? "#!lua\n" : "#!lua flags=allow-oom\n"
        self.init(name: name, source: head + parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n"))
    }
}
