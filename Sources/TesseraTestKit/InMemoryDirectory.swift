import Synchronization
package import TesseraCore
package import TesseraRuntime

/// A directory in memory, for tests: a second writing of the port's semantics, on purpose.
package final class InMemoryDirectory: UserDirectory, AttemptStore {
    fileprivate struct State {
        var users: [UserID: DirectoryUser] = [:]
        var accounts: [AccountKey: LinkedAccount] = [:]
        var leases: [AccountKey: (holder: LeaseHolder, until: Timestamp)] = [:]
        var tokens: Set<VerificationToken> = []
        var attempts: [AttemptKey: Timestamp] = [:]
        var failure: StoreError?
        var failsOnce = false
        var calls = 0
    }

    private let state = Mutex(State())
    private let outbox: InMemoryOutbox

    /// - Parameter outbox: where what is told goes.
    package init(outbox: InMemoryOutbox = InMemoryOutbox()) { self.outbox = outbox }

    /// Lets every call fail, or none where it is `nil`.
    package func fail(with error: StoreError?) { state.withLock { $0.failure = error } }

    /// Lets the next call fail, and none after it.
    package func failOnce(with error: StoreError) {
        state.withLock { state in
            state.failure = error
            state.failsOnce = true
        }
    }

    /// How many calls there were.
    package var calls: Int { state.withLock { $0.calls } }

    /// How many users there are.
    package var userCount: Int { state.withLock { $0.users.count } }

    /// The hashes of the links that are kept.
    package var hashes: [String] { state.withLock { $0.tokens.map(\.hash) } }

    private func call<Value: Sendable>(
        _ body: (inout State) -> sending Value
    ) throws(StoreError) -> Value {
        let result: Result<Value, StoreError> = state.withLock { state in
            state.calls += 1
            if let failure = state.failure {
                if state.failsOnce { (state.failure, state.failsOnce) = (nil, false) }
                return .failure(failure)
            }
            return .success(body(&state))
        }
        return try result.get()
    }

    // MARK: Users and accounts

    package func user(_ id: UserID) async throws(StoreError) -> DirectoryUser? { try call { $0.users[id] } }

    package func user(withEmail email: String) async throws(StoreError) -> DirectoryUser? {
        try call { state in state.users.values.first { $0.hasEmail(email) } }
    }

    package func account(_ key: AccountKey) async throws(StoreError) -> LinkedAccount? {
        try call { $0.accounts[key] }
    }

    package func accounts(of user: UserID) async throws(StoreError) -> [LinkedAccount] {
        try call { state in
            state.accounts.values.filter { $0.user == user }.sorted {
                ($0.linkedAt, $0.key.provider, $0.key.providerAccountID)
                    < ($1.linkedAt, $1.key.provider, $1.key.providerAccountID)
            }
        }
    }

    package func create(
        _ user: DirectoryUser, with account: LinkedAccount?, telling messages: [OutboxMessage]
    ) async throws(StoreError) -> DirectoryOutcome {
        try call { state in
            if let account, let taken = state.accounts[account.key] { return .accountTaken(by: taken.user) }
            if let email = user.email, let taken = state.users.values.first(where: { $0.hasEmail(email) }) {
                return .emailTaken(by: taken.id)
            }
            state.users[user.id] = user
            if let account { state.accounts[account.key] = account }
            outbox.post(messages)
            return .done
        }
    }

    package func link(
        _ account: LinkedAccount, telling messages: [OutboxMessage]
    ) async throws(StoreError) -> DirectoryOutcome {
        try call { state in
            if state.users[account.user] == nil { return .unknownUser }
            if let taken = state.accounts[account.key] { return .accountTaken(by: taken.user) }
            state.accounts[account.key] = account
            outbox.post(messages)
            return .done
        }
    }

    package func unlink(
        _ key: AccountKey, of user: UserID, unlessLastOf others: Set<String>?, telling messages: [OutboxMessage]
    ) async throws(StoreError) -> DirectoryOutcome {
        try call { state in
            guard state.accounts[key]?.user == user else { return .unknownAccount }
            let left = state.accounts.values.filter { $0.user == user && $0.key != key }
            if let others, !left.contains(where: { others.contains($0.key.provider) }) { return .lastWayIn }
            state.accounts[key] = nil
            state.leases[key] = nil
            outbox.post(messages)
            return .done
        }
    }

    package func update(
        _ user: UserID, _ update: UserUpdate, telling messages: [OutboxMessage]
    ) async throws(StoreError) -> DirectoryUser? {
        try call { state in
            let updated = state.users[user]?.updated(by: update)
            guard let updated else { return nil }
            state.users[user] = updated
            outbox.post(messages)
            return updated
        }
    }

    package func delete(_ user: UserID) async throws(StoreError) -> Bool {
        try call { state in
            state.accounts = state.accounts.filter { $0.value.user != user }
            return state.users.removeValue(forKey: user) != nil
        }
    }

    // MARK: Provider tokens

    package func keepTokens(
        _ sealed: [UInt8], of key: AccountKey, ifVersion version: Int
    ) async throws(StoreError) -> Bool {
        try call { state in
            guard state.accounts[key]?.version == version else { return false }
            state.leases[key] = nil
            return state.write(sealed, of: key)
        }
    }

    package func lease(
        _ key: AccountKey, for holder: LeaseHolder, until: Timestamp, at now: Timestamp
    ) async throws(StoreError) -> LeaseAnswer {
        try call { state in
            guard let account = state.accounts[key] else { return .unknownAccount }
            if let lease = state.leases[key], lease.holder != holder, lease.until > now {
                return .held(until: lease.until)
            }
            state.leases[key] = (holder, until)
            return .granted(account)
        }
    }

    package func keepRefreshed(
        _ sealed: [UInt8], of key: AccountKey, by holder: LeaseHolder
    ) async throws(StoreError) -> Bool {
        try call { state in
            guard state.leases[key]?.holder == holder else { return false }
            state.leases[key] = nil
            return state.write(sealed, of: key)
        }
    }

    package func release(_ key: AccountKey, by holder: LeaseHolder) async throws(StoreError) {
        try call { state in
            if state.leases[key]?.holder == holder { state.leases[key] = nil }
        }
    }

    // MARK: Links in e-mails

    package func keep(_ token: VerificationToken) async throws(StoreError) {
        try call { state in
            state.tokens = state.tokens.filter { $0.identifier != token.identifier || $0.hash != token.hash }
            state.tokens.insert(token)
        }
    }

    package func take(_ hashes: [String], of identifier: String) async throws(StoreError) -> VerificationToken? {
        try call { state in
            let token = state.tokens.first { token in
                token.identifier.utf8.elementsEqual(identifier.utf8) && hashes.contains(token.hash)
            }
            return token.flatMap { state.tokens.remove($0) }
        }
    }

    package func sweep(at now: Timestamp) async throws(StoreError) -> Int {
        try call { state in
            let count = state.tokens.count
            state.tokens = state.tokens.filter { $0.expires > now }
            return count - state.tokens.count
        }
    }

    // MARK: Attempts

    package func attempt(_ charges: [AttemptCharge], at now: Timestamp) async throws(StoreError) -> Duration? {
        try call { state in
            var next = state.attempts
            var wait: Duration?
            for charge in charges {
                switch charge.limit.attempt(paidUntil: state.attempts[charge.key], at: now) {
                case .allowed(let until): next[charge.key] = until
                case .refused(let retryAfter): wait = max(wait ?? .zero, retryAfter)
                }
            }
            if wait == nil { state.attempts = next }
            return wait
        }
    }

    package func forget(_ keys: [AttemptKey]) async throws(StoreError) {
        try call { state in for key in keys { state.attempts[key] = nil } }
    }

    package func sweepAttempts(at now: Timestamp) async throws(StoreError) -> Int {
        try call { state in
            let count = state.attempts.count
            state.attempts = state.attempts.filter { $0.value > now }
            return count - state.attempts.count
        }
    }
}

extension InMemoryDirectory.State {
    fileprivate mutating func write(_ sealed: [UInt8], of key: AccountKey) -> Bool {
        guard var account = accounts[key] else { return false }
        account.tokens = sealed
        account.version += 1
        accounts[key] = account
        return true
    }
}

extension DirectoryUser {
    fileprivate func hasEmail(_ text: String) -> Bool { email.map { $0.utf8.elementsEqual(text.utf8) } ?? false }
}
