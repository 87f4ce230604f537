import RedisClient

/// The atomic steps of the directory, each a file in `Scripts`, behind what they share (`directory.lua`).
enum DirectoryStep: String, CaseIterable, Sendable {
    case user
    case userByEmail
    case account
    case accounts
    case createUser
    case link
    case unlink
    case updateUser
    case deleteUser
    case keepTokens
    case lease
    case release
    case keepLink
    case takeLink
    case sweepLinks

    /// The script as the client calls it.
    var script: RedisScript { Self.all[self] ?? make() }

    private static let all = Dictionary(uniqueKeysWithValues: allCases.map { ($0, $0.make()) })

    private func make() -> RedisScript {
        RedisScript(
            step: rawValue, makesMore: makesMore,
            [PackageResources.directory_lua, PackageResources.outbox_lua, body])
    }

    /// Refreshed tokens are written also where the Redis is full: the old refresh token may be of no use any more.
    private var makesMore: Bool {
        switch self {
        case .createUser, .link, .keepLink: true
        case .user, .userByEmail, .account, .accounts, .unlink, .updateUser, .deleteUser, .keepTokens, .lease, .release,
            .takeLink, .sweepLinks:
            false
        }
    }

    private var body: [UInt8] {
        switch self {
        case .user: PackageResources.user_lua
        case .userByEmail: PackageResources.user_by_email_lua
        case .account: PackageResources.account_lua
        case .accounts: PackageResources.accounts_lua
        case .createUser: PackageResources.create_user_lua
        case .link: PackageResources.link_lua
        case .unlink: PackageResources.unlink_lua
        case .updateUser: PackageResources.update_user_lua
        case .deleteUser: PackageResources.delete_user_lua
        case .keepTokens: PackageResources.keep_tokens_lua
        case .lease: PackageResources.lease_lua
        case .release: PackageResources.release_lua
        case .keepLink: PackageResources.keep_link_lua
        case .takeLink: PackageResources.take_link_lua
        case .sweepLinks: PackageResources.sweep_links_lua
        }
    }
}
