import Foundation
import GRDB
import TesseraCore
import TesseraRuntime

/// The tables of users and accounts as an operation uses them, inside its transaction.
struct DirectoryTables {
    let tables: SessionTables

    init(_ tables: SessionTables) { self.tables = tables }

    // MARK: Users

    private static let userColumns = "id, name, email, email_verified, image"

    func user(_ id: UserID) throws -> DirectoryUser? {
        try tables.row("SELECT \(Self.userColumns) FROM account_user WHERE id = ?", [id.text]).map(Self.user)
    }

    func user(withEmail email: String) throws -> DirectoryUser? {
        try tables.row("SELECT \(Self.userColumns) FROM account_user WHERE email = ?", [email]).map(Self.user)
    }

    private static func user(_ row: Row) throws -> DirectoryUser {
        guard let id = UserID(try row.required("id") as String) else { throw SessionTables.damaged("account_user") }
        return DirectoryUser(
            id: id, name: try row.optional("name"), email: try row.optional("email"),
            emailVerified: try row.optional("email_verified").map(Timestamp.init(milliseconds:)),
            image: try row.optional("image"))
    }

    func create(_ user: DirectoryUser, with account: LinkedAccount?) throws -> DirectoryOutcome {
        if let account, let taken = try self.account(account.key) { return .accountTaken(by: taken.user) }
        if let email = user.email, let taken = try self.user(withEmail: email) { return .emailTaken(by: taken.id) }
        try tables.execute(
            "INSERT INTO account_user (\(Self.userColumns)) VALUES (?, ?, ?, ?, ?)",
            [user.id.text, user.name, user.email, user.emailVerified?.milliseconds, user.image])
        if let account { try insert(account) }
        return .done
    }

    func update(_ id: UserID, _ update: UserUpdate) throws -> DirectoryUser? {
        guard let user = try user(id)?.updated(by: update) else { return nil }
        try tables.execute(
            "UPDATE account_user SET name = ?, email_verified = ?, image = ? WHERE id = ?",
            [user.name, user.emailVerified?.milliseconds, user.image, id.text])
        return user
    }

    func delete(_ user: UserID) throws -> Bool {
        try tables.execute("DELETE FROM account WHERE user = ?", [user.text])
        return try tables.execute("DELETE FROM account_user WHERE id = ?", [user.text]) > 0
    }

    // MARK: Accounts

    private static let accountColumns = "provider, account_id, user, linked_at, tokens, version"

    func account(_ key: AccountKey) throws -> LinkedAccount? {
        try tables.row(
            "SELECT \(Self.accountColumns) FROM account WHERE provider = ? AND account_id = ?", key.arguments
        ).map(Self.account)
    }

    func accounts(of user: UserID) throws -> [LinkedAccount] {
        try tables.rows(
            """
            SELECT \(Self.accountColumns) FROM account WHERE user = ? ORDER BY linked_at, provider, account_id
            """, [user.text]
        ).map(Self.account)
    }

    private static func account(_ row: Row) throws -> LinkedAccount {
        guard
            let key = AccountKey(
                provider: try row.required("provider"), providerAccountID: try row.required("account_id")),
            let user = UserID(try row.required("user") as String)
        else { throw SessionTables.damaged("account") }
        return LinkedAccount(
            key: key, user: user, linkedAt: Timestamp(milliseconds: try row.required("linked_at")),
            tokens: [UInt8](try row.required("tokens") as Data), version: try row.required("version"))
    }

    func link(_ account: LinkedAccount) throws -> DirectoryOutcome {
        guard try user(account.user) != nil else { return .unknownUser }
        if let taken = try self.account(account.key) { return .accountTaken(by: taken.user) }
        try insert(account)
        return .done
    }

    private func insert(_ account: LinkedAccount) throws {
        try tables.execute(
            "INSERT INTO account (\(Self.accountColumns)) VALUES (?, ?, ?, ?, ?, ?)",
            account.key.arguments + [
                account.user.text, account.linkedAt.milliseconds, Data(account.tokens), account.version,
            ])
    }

    func unlink(_ key: AccountKey, of user: UserID, unlessLastOf others: Set<String>?) throws -> DirectoryOutcome {
        guard try account(key)?.user == user else { return .unknownAccount }
        if let others {
            let remaining = try accounts(of: user).filter { $0.key != key && others.contains($0.key.provider) }
            if remaining.isEmpty { return .lastWayIn }
        }
        try tables.execute("DELETE FROM account WHERE provider = ? AND account_id = ?", key.arguments)
        return .done
    }

    // MARK: Provider tokens

    func keepTokens(_ sealed: [UInt8], of key: AccountKey, ifVersion version: Int) throws -> Bool {
        try tables.execute(
            """
            UPDATE account SET tokens = ?, version = version + 1, lease_holder = NULL, lease_until = NULL
            WHERE provider = ? AND account_id = ? AND version = ?
            """, [Data(sealed)] + key.arguments + [version]) > 0
    }

    func lease(
        _ key: AccountKey, for holder: LeaseHolder, until: Timestamp, at now: Timestamp
    ) throws -> LeaseAnswer {
        guard let account = try account(key) else { return .unknownAccount }
        let row = try tables.row(
            "SELECT lease_holder, lease_until FROM account WHERE provider = ? AND account_id = ?", key.arguments)
        if let row, let other: Data = try row.optional("lease_holder"), other != Data(holder.bytes) {
            let end = Timestamp(milliseconds: try row.required("lease_until"))
            if end > now { return .held(until: end) }
        }
        try tables.execute(
            "UPDATE account SET lease_holder = ?, lease_until = ? WHERE provider = ? AND account_id = ?",
            [Data(holder.bytes), until.milliseconds] + key.arguments)
        return .granted(account)
    }

    func keepRefreshed(_ sealed: [UInt8], of key: AccountKey, by holder: LeaseHolder) throws -> Bool {
        try tables.execute(
            """
            UPDATE account SET tokens = ?, version = version + 1, lease_holder = NULL, lease_until = NULL
            WHERE provider = ? AND account_id = ? AND lease_holder = ?
            """, [Data(sealed)] + key.arguments + [Data(holder.bytes)]) > 0
    }

    func release(_ key: AccountKey, by holder: LeaseHolder) throws {
        try tables.execute(
            """
            UPDATE account SET lease_holder = NULL, lease_until = NULL
            WHERE provider = ? AND account_id = ? AND lease_holder = ?
            """, key.arguments + [Data(holder.bytes)])
    }

    // MARK: Links in e-mails

    func keep(_ token: VerificationToken) throws {
        try tables.execute(
            "INSERT OR REPLACE INTO verification (identifier, hash, expires) VALUES (?, ?, ?)",
            [token.identifier, token.hash, token.expires.milliseconds])
    }

    func take(_ hashes: [String], of identifier: String) throws -> VerificationToken? {
        for hash in hashes {
            let row = try tables.row(
                "DELETE FROM verification WHERE identifier = ? AND hash = ? RETURNING expires", [identifier, hash])
            guard let row else { continue }
            return VerificationToken(
                identifier: identifier, hash: hash, expires: Timestamp(milliseconds: try row.required("expires")))
        }
        return nil
    }

    func sweepTokens(at now: Timestamp, limit: Int) throws -> Int {
        try tables.execute(
            """
            DELETE FROM verification WHERE (identifier, hash) IN
            (SELECT identifier, hash FROM verification WHERE expires <= ? LIMIT ?)
            """, [now.milliseconds, limit])
    }

    // MARK: Attempts

    func attempt(_ charges: [AttemptCharge], at now: Timestamp) throws -> Duration? {
        var states: [(key: AttemptKey, paidUntil: Timestamp)] = []
        var wait: Duration?
        for charge in charges {
            let row = try tables.row("SELECT paid_until FROM attempt WHERE key = ?", [Data(charge.key.bytes)])
            let paid = try row.map { Timestamp(milliseconds: try $0.required("paid_until")) }
            switch charge.limit.attempt(paidUntil: paid, at: now) {
            case .allowed(let until): states.append((charge.key, until))
            case .refused(let retryAfter): wait = max(wait ?? .zero, retryAfter)
            }
        }
        if let wait { return wait }
        for state in states {
            try tables.execute(
                "INSERT OR REPLACE INTO attempt (key, paid_until) VALUES (?, ?)",
                [Data(state.key.bytes), state.paidUntil.milliseconds])
        }
        return nil
    }

    func forget(_ key: AttemptKey) throws {
        try tables.execute("DELETE FROM attempt WHERE key = ?", [Data(key.bytes)])
    }

    func sweepAttempts(at now: Timestamp, limit: Int) throws -> Int {
        try tables.execute(
            "DELETE FROM attempt WHERE key IN (SELECT key FROM attempt WHERE paid_until <= ? LIMIT ?)",
            [now.milliseconds, limit])
    }
}

extension AccountKey {
    /// The two columns of the primary key.
    fileprivate var arguments: StatementArguments { [provider, providerAccountID] }
}
