import Logging
package import TesseraCore
import TesseraTokens

/// The ways in of who is signed in: seen, added and taken away (beyond NextAuth.js).
extension RequestFlow {
    /// A way in, as its user sees it.
    package struct WayIn: Sendable {
        package let key: AccountKey
        package let linkedAt: Timestamp
        /// Whether it can be taken away: another way in is left then.
        package let mayBeUnlinked: Bool
    }

    /// What came of unlinking.
    package enum UnlinkResult: Sendable, Equatable {
        case unlinked
        case notFound
        /// It is the last way in.
        case lastWayIn
        /// Who is signed in has to prove again who he is.
        case notRecent
    }

    /// A user's ways in through providers.
    package func waysIn(of user: UserID) async throws -> [WayIn] {
        guard let accounts = settings.accounts else { return [] }
        let list = try await stored { () throws(StoreError) in try await accounts.directory.accounts(of: user) }
        let known = try await stored { () throws(StoreError) in try await accounts.directory.user(user) }
        let others = waysThatMustRemain(of: known)
        let usable = others.map { others in list.filter { others.contains($0.key.provider) }.count }
        return list.map { account in
            let isUsable = others?.contains(account.key.provider) ?? true
            let left = usable.map { $0 - (isUsable ? 1 : 0) }
            return WayIn(key: account.key, linkedAt: account.linkedAt, mayBeUnlinked: left.map { $0 > 0 } ?? true)
        }
    }

    /// Whether a session may change its user's ways in: he proved lately who he is. Of one that was taken over from
    /// NextAuth.js nobody knows when that was: its tokens say when they were written last.
    package func isRecent(_ session: ActiveSession) -> Bool {
        guard let accounts = settings.accounts, session.token.adoptedUntil == nil else { return false }
        return clock.now() - session.token.authenticatedAt <= accounts.recentAuthentication
    }

    /// Takes a way in away from who is signed in, unless it is his last one.
    package func unlink(_ key: AccountKey, for session: ActiveSession) async throws -> UnlinkResult {
        guard let accounts = settings.accounts else { return .notFound }
        guard isRecent(session) else { return .notRecent }
        let user = session.token.user
        let known = try await stored { () throws(StoreError) in try await accounts.directory.user(user) }
        let others = waysThatMustRemain(of: known)
        let event = unlinking(key, of: known, user)
        let told = messages(.unlinkAccount(event))
        let outcome = try await stored { () throws(StoreError) in
            try await accounts.directory.unlink(key, of: user, unlessLastOf: others, telling: told)
        }
        switch outcome {
        case .done:
            logger.notice("account unlinked", metadata: ["user": "\(user)", "provider": "\(key.provider)"])
            if let handler = settings.events.unlinkAccount {
                await tell("UNLINK_ACCOUNT_EVENT_ERROR") { try await handler(event) }
            }
            return .unlinked
        case .lastWayIn: return .lastWayIn
        case .unknownAccount, .unknownUser, .accountTaken, .emailTaken: return .notFound
        }
    }

    /// The providers of whose accounts one must be left; `nil` for a user who can always sign in by e-mail.
    ///
    /// An account of a provider that is no longer configured is no way in.
    private func waysThatMustRemain(of known: DirectoryUser?) -> Set<String>? {
        let hasEmail = settings.providers.contains { if case .email = $0 { true } else { false } }
        // An address that he has not shown to be his may be mistyped, or somebody else's.
        if hasEmail, known?.email != nil, known?.emailVerified != nil { return nil }
        return Set(
            settings.providers.compactMap { if case .redirecting(let provider) = $0 { provider.id } else { nil } })
    }

    private func unlinking(
        _ key: AccountKey, of known: DirectoryUser?, _ user: UserID
    ) -> Events.AccountChanged {
        Events.AccountChanged(
            user: known.map { UserProfile($0) } ?? UserProfile(id: user.text),
            account: Account(provider: key.provider, type: .oauth, providerAccountID: key.providerAccountID),
            profile: nil)
    }
}
