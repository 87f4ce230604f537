package import TesseraCore
package import TesseraRuntime

/// Users, accounts and counted attempts in the file of the sessions.
package struct SQLiteDirectory: UserDirectory, AttemptStore {
    private let store: SQLiteSessionStore

    /// Uses the store's file, its queue and its limits; ends with it.
    package init(store: SQLiteSessionStore) { self.store = store }

    private func read<Value: Sendable>(
        _ operation: @escaping @Sendable (DirectoryTables) throws -> Value
    ) async throws(StoreError) -> Value {
        try await store.read { try operation(DirectoryTables($0)) }
    }

    private func write<Value: Sendable>(
        _ operation: @escaping @Sendable (DirectoryTables) throws -> Value
    ) async throws(StoreError) -> Value {
        try await store.write { try operation(DirectoryTables($0)) }
    }

    // MARK: Users and accounts

    package func user(_ id: UserID) async throws(StoreError) -> DirectoryUser? {
        try await read { try $0.user(id) }
    }

    package func user(withEmail email: String) async throws(StoreError) -> DirectoryUser? {
        try await read { try $0.user(withEmail: email) }
    }

    package func account(_ key: AccountKey) async throws(StoreError) -> LinkedAccount? {
        try await read { try $0.account(key) }
    }

    package func accounts(of user: UserID) async throws(StoreError) -> [LinkedAccount] {
        try await read { try $0.accounts(of: user) }
    }

    package func create(
        _ user: DirectoryUser, with account: LinkedAccount?, telling messages: [OutboxMessage]
    ) async throws(StoreError) -> DirectoryOutcome {
        try await change(telling: messages) { try $0.create(user, with: account) }
    }

    package func link(
        _ account: LinkedAccount, telling messages: [OutboxMessage]
    ) async throws(StoreError) -> DirectoryOutcome {
        try await change(telling: messages) { try $0.link(account) }
    }

    package func unlink(
        _ key: AccountKey, of user: UserID, unlessLastOf others: Set<String>?, telling messages: [OutboxMessage]
    ) async throws(StoreError) -> DirectoryOutcome {
        try await change(telling: messages) { try $0.unlink(key, of: user, unlessLastOf: others) }
    }

    package func update(
        _ user: UserID, _ update: UserUpdate, telling messages: [OutboxMessage]
    ) async throws(StoreError) -> DirectoryUser? {
        try await write { [limit = store.options.messageLimit] tables in
            guard let updated = try tables.update(user, update) else { return nil }
            try tables.tables.post(messages, limit: limit)
            return updated
        }
    }

    /// Makes a change and, where it was made, tells of it in the same transaction.
    private func change(
        telling messages: [OutboxMessage],
        _ operation: @escaping @Sendable (DirectoryTables) throws -> DirectoryOutcome
    ) async throws(StoreError) -> DirectoryOutcome {
        try await write { [limit = store.options.messageLimit] tables in
            let outcome = try operation(tables)
            if case .done = outcome { try tables.tables.post(messages, limit: limit) }
            return outcome
        }
    }

    package func delete(_ user: UserID) async throws(StoreError) -> Bool {
        try await write { try $0.delete(user) }
    }

    // MARK: Provider tokens

    package func keepTokens(
        _ sealed: [UInt8], of key: AccountKey, ifVersion version: Int
    ) async throws(StoreError) -> Bool {
        try await write { try $0.keepTokens(sealed, of: key, ifVersion: version) }
    }

    package func lease(
        _ key: AccountKey, for holder: LeaseHolder, until: Timestamp, at now: Timestamp
    ) async throws(StoreError) -> LeaseAnswer {
        try await write { try $0.lease(key, for: holder, until: until, at: now) }
    }

    package func keepRefreshed(
        _ sealed: [UInt8], of key: AccountKey, by holder: LeaseHolder
    ) async throws(StoreError) -> Bool {
        try await write { try $0.keepRefreshed(sealed, of: key, by: holder) }
    }

    package func release(_ key: AccountKey, by holder: LeaseHolder) async throws(StoreError) {
        try await write { try $0.release(key, by: holder) }
    }

    // MARK: Links in e-mails

    package func keep(_ token: VerificationToken) async throws(StoreError) {
        try await write { try $0.keep(token) }
    }

    package func take(_ hashes: [String], of identifier: String) async throws(StoreError) -> VerificationToken? {
        try await write { try $0.take(hashes, of: identifier) }
    }

    package func sweep(at now: Timestamp) async throws(StoreError) -> Int {
        try await write { try $0.sweepTokens(at: now, limit: 1000) }
    }

    // MARK: Attempts

    package func attempt(_ charges: [AttemptCharge], at now: Timestamp) async throws(StoreError) -> Duration? {
        try await write { try $0.attempt(charges, at: now) }
    }

    package func forget(_ keys: [AttemptKey]) async throws(StoreError) {
        try await write { tables in for key in keys { try tables.forget(key) } }
    }

    package func sweepAttempts(at now: Timestamp) async throws(StoreError) -> Int {
        try await write { try $0.sweepAttempts(at: now, limit: 1000) }
    }
}
