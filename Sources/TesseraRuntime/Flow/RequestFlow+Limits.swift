import JSON
import Logging
import TesseraCore
import TesseraTokens

extension RequestFlow {
    /// Counts an attempt to sign in with credentials; how long to wait where there were too many.
    func countAttempt(_ identifier: String?, from origin: RequestOrigin) async throws -> Duration? {
        guard let attempts = settings.attempts else { return nil }
        var charges = [
            AttemptCharge(key: try attempts.key("network", of: origin), limit: attempts.limits.perAddress)
        ]
        if let identifier {
            charges.append(
                AttemptCharge(
                    key: try attempts.key("identifier", identifier), limit: attempts.limits.perIdentifier))
        }
        return try await count(charges, attempts)
    }

    /// Counts a return from a provider; how long to wait where there were too many.
    func countReturn(from origin: RequestOrigin) async throws -> Duration? {
        guard let attempts = settings.attempts else { return nil }
        let key = try attempts.key("return network", of: origin)
        return try await count([AttemptCharge(key: key, limit: attempts.limits.returnsPerAddress)], attempts)
    }

    /// A success: what was counted for the identifier is forgotten.
    func forgetAttempts(_ identifier: String?) async throws {
        guard let attempts = settings.attempts, let identifier else { return }
        let key = try attempts.key("identifier", identifier)
        try await stored { () throws(StoreError) in try await attempts.store.forget([key]) }
    }

    /// Counts an e-mail that somebody asks for; how long to wait where there were too many.
    func countMail(to recipient: String, from origin: RequestOrigin) async throws -> Duration? {
        guard let attempts = settings.attempts else { return nil }
        return try await count(
            [
                AttemptCharge(
                    key: try attempts.key("mail network", of: origin), limit: attempts.limits.mailsPerAddress),
                AttemptCharge(key: try attempts.key("mail", recipient), limit: attempts.limits.mailsPerRecipient),
            ], attempts)
    }

    private func count(_ charges: [AttemptCharge], _ attempts: AttemptSettings) async throws -> Duration? {
        let now = clock.now()
        let wait = try await stored { () throws(StoreError) in try await attempts.store.attempt(charges, at: now) }
        if let wait { logger.notice("too many attempts", metadata: ["retryAfter": "\(wait.wholeSeconds)"]) }
        return wait
    }

    /// Asks the store, and makes its failure one of the use case.
    func stored<Value>(_ body: () async throws(StoreError) -> Value) async throws -> Value {
        do {
            return try await body()
        } catch {
            throw FlowError(store: error)
        }
    }
}

extension AttemptSettings {
    func key(_ purpose: String, _ value: String) throws -> AttemptKey {
        AttemptKey(bytes: try links.digest(purpose, value.lowercased()))
    }

    func key(_ purpose: String, of origin: RequestOrigin) throws -> AttemptKey {
        try key(purpose, NetworkPrefix.limitScope(of: origin.address))
    }
}

extension CredentialsProvider {
    /// What somebody says who he is: the first field that hides nothing, as a text whatever it came as. Whoever says
    /// nothing, or what is no text, is one and the same: he is counted too. `nil` for a form that does not ask.
    func identifier(in request: SignInRequest) -> String? {
        guard let field = fields.first(where: { $0.type != "password" && $0.type != "hidden" }) else { return nil }
        let text = (request.body[field.name]?.countedText ?? "").drop { $0.isWhitespace }.prefix(256)
        return String(text.reversed().drop { $0.isWhitespace }.reversed())
    }
}

extension JSONValue {
    /// A number is the same as its text, for an application may take either. An array or an object can be written in too
    /// many ways to count each.
    fileprivate var countedText: String? {
        if let integer { return String(integer) }
        return switch self {
        case .string(let text): text
        case .number(let number): String(number)
        case .bool(let value): String(value)
        case .null, .integer, .array, .object: nil
        }
    }
}
