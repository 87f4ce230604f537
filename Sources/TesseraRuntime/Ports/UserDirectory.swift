package import TesseraCore

/// Where users and their accounts live: the port that a store implements (contract 7).
///
/// Every call is one atomic step, as with `SessionStore`, and after a throw it is not known whether it happened. It
/// knows no rules (those are `AccountLinking`), but holds to its conditions: no two users with one address, no account
/// with two users. What other systems are to be told of a change (`telling`) goes into the outbox in the same step, and
/// does not where nothing is changed. Every implementation passes one contract suite.
package protocol UserDirectory: Sendable {
    func user(_ id: UserID) async throws(StoreError) -> DirectoryUser?

    /// - Parameter email: in its normal form.
    func user(withEmail email: String) async throws(StoreError) -> DirectoryUser?

    func account(_ key: AccountKey) async throws(StoreError) -> LinkedAccount?

    /// A user's accounts, the first one linked first.
    func accounts(of user: UserID) async throws(StoreError) -> [LinkedAccount]

    /// Makes a user, and an account with him: both, or neither.
    func create(
        _ user: DirectoryUser, with account: LinkedAccount?, telling messages: [OutboxMessage]
    ) async throws(StoreError) -> DirectoryOutcome

    /// Gives a user another account.
    func link(
        _ account: LinkedAccount, telling messages: [OutboxMessage]
    ) async throws(StoreError) -> DirectoryOutcome

    /// Takes an account away from a user.
    ///
    /// - Parameter others: ids of providers of whose accounts the user must have another one, or else nothing is done;
    ///   `nil` when he can do without.
    func unlink(
        _ key: AccountKey, of user: UserID, unlessLastOf others: Set<String>?, telling messages: [OutboxMessage]
    ) async throws(StoreError) -> DirectoryOutcome

    /// Changes a user. Returns him as he is then; `nil` where there is none.
    func update(
        _ user: UserID, _ update: UserUpdate, telling messages: [OutboxMessage]
    ) async throws(StoreError) -> DirectoryUser?

    /// Removes a user and his accounts. Returns whether there was one. (His sessions are the session store's.)
    func delete(_ user: UserID) async throws(StoreError) -> Bool

    // MARK: Provider tokens

    /// Writes the tokens of an account, whoever has a lease, if they have been written `version` times. Returns whether
    /// they have. The lease ends with it: a refresh that is under way does not write over these tokens.
    func keepTokens(_ sealed: [UInt8], of key: AccountKey, ifVersion version: Int) async throws(StoreError) -> Bool

    /// Asks for the sole right to refresh an account's tokens until a moment. Asking again renews one's own.
    func lease(
        _ key: AccountKey, for holder: LeaseHolder, until: Timestamp, at now: Timestamp
    ) async throws(StoreError) -> LeaseAnswer

    /// Writes refreshed tokens and gives the lease back, if it is still `holder`'s. Returns whether it was.
    ///
    /// A lease that has run out is still his as long as nobody else has asked for it: better a late write than a
    /// refresh token that is lost.
    func keepRefreshed(
        _ sealed: [UInt8], of key: AccountKey, by holder: LeaseHolder
    ) async throws(StoreError) -> Bool

    /// Gives a lease back without writing.
    func release(_ key: AccountKey, by holder: LeaseHolder) async throws(StoreError)

    // MARK: Links in e-mails

    /// Keeps what a link stands for.
    func keep(_ token: VerificationToken) async throws(StoreError)

    /// Takes away the token with one of these hashes, if it is there and was sent to this address, expired or not: of
    /// any number of callers at the same time one gets it.
    func take(_ hashes: [String], of identifier: String) async throws(StoreError) -> VerificationToken?

    /// Drops tokens that have expired. Returns how many.
    func sweep(at now: Timestamp) async throws(StoreError) -> Int
}

extension UserDirectory {
    /// Makes a user, and nobody is told.
    package func create(
        _ user: DirectoryUser, with account: LinkedAccount?
    ) async throws(StoreError) -> DirectoryOutcome {
        try await create(user, with: account, telling: [])
    }

    /// Gives a user another account, and nobody is told.
    package func link(_ account: LinkedAccount) async throws(StoreError) -> DirectoryOutcome {
        try await link(account, telling: [])
    }

    /// Takes an account away, and nobody is told.
    package func unlink(
        _ key: AccountKey, of user: UserID, unlessLastOf others: Set<String>?
    ) async throws(StoreError) -> DirectoryOutcome {
        try await unlink(key, of: user, unlessLastOf: others, telling: [])
    }

    /// Changes a user, and nobody is told.
    package func update(_ user: UserID, _ update: UserUpdate) async throws(StoreError) -> DirectoryUser? {
        try await self.update(user, update, telling: [])
    }
}

/// What became of a change to the directory.
package enum DirectoryOutcome: Sendable, Hashable {
    case done
    /// This user has the account. Nothing was written.
    case accountTaken(by: UserID)
    /// This user has the address. Nothing was written.
    case emailTaken(by: UserID)
    /// There is no such user. Nothing was written.
    case unknownUser
    /// The user has no such account. Nothing was written.
    case unknownAccount
    /// It is the last way in. Nothing was written.
    case lastWayIn
}

/// Who holds a lease: random, new for every refresh.
package struct LeaseHolder: Sendable, Hashable {
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }
}

/// The answer to asking for a lease.
package enum LeaseAnswer: Sendable, Equatable {
    /// It is yours, for the account as it is now.
    case granted(LinkedAccount)
    /// Somebody else refreshes these tokens, until then at most.
    case held(until: Timestamp)
    /// There is no such account.
    case unknownAccount
}
