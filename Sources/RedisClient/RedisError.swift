package import RESP

/// Why a command, a connection or a subscription failed.
///
/// The code is stable and may be logged, counted and shown. The message is for people and holds no secret, no
/// argument of a command and no reply; nor does an error that is printed or dumped. The server's own words, which may
/// quote arguments, are in `serverError` alone.
package struct RedisError: Error, Sendable, Hashable {
    /// The stable reason.
    package enum Code: String, Sendable, CaseIterable {
        /// The configuration cannot be used.
        case configurationInvalid = "redis_configuration_invalid"
        /// There is no connection now, and the last attempt to make one failed.
        case unavailable = "redis_unavailable"
        /// The connection was lost while the answer was waited for.
        case connectionLost = "redis_connection_lost"
        /// The answer did not come in time.
        case timeout = "redis_timeout"
        /// As many commands as the limit allows are waiting already.
        case queueFull = "redis_queue_full"
        /// A batch or a transaction has more commands, or more bytes, than may wait at all.
        case batchTooLarge = "redis_batch_too_large"
        /// The command would change a connection that others share.
        case commandNotAllowed = "redis_command_not_allowed"
        /// The calling task was cancelled.
        case cancelled = "redis_cancelled"
        /// The server answered with an error; `serverError` is it.
        case server = "redis_server_error"
        /// The server sent what is not the protocol, or a reply of another shape than the command has.
        case protocolViolation = "redis_protocol_error"
        /// The server does not accept the user or the password, or wants one and has none.
        case authenticationFailed = "redis_auth_failed"
        /// No secure connection: the certificate, the host's name, or the handshake.
        case tlsFailed = "redis_tls_failed"
        /// The client has been stopped.
        case closed = "redis_closed"
        /// The primary that the command was pinned to has moved what it is about, or is no primary any more.
        case notPrimary = "redis_not_primary"
        /// No server is the primary of what the command is about.
        case noPrimary = "redis_no_primary"
        /// The commands of a transaction were discarded, because one of them was refused.
        case transactionDiscarded = "redis_transaction_discarded"
        /// The reader of a subscription was too slow: more events wait than its limit allows.
        case subscriptionOverflow = "redis_subscription_overflow"
    }

    /// The stable reason.
    package let code: Code
    /// For people.
    package let message: String
    /// Whether the server may have executed the command, wholly or in part. False is certain.
    package let mayHaveBeenExecuted: Bool
    /// The server's answer, where it gave one. Of a handshake that it refused only the kind: the words may quote a
    /// password.
    package let serverError: RedisServerError?

    package init(
        _ code: Code, _ message: String, mayHaveBeenExecuted: Bool = false, serverError: RedisServerError? = nil
    ) {
        self.code = code
        self.message = message
        self.mayHaveBeenExecuted = mayHaveBeenExecuted
        self.serverError = serverError
    }

    /// The connection closed before the command was written.
    var isBeforeWriting: Bool { code == .connectionLost && !mayHaveBeenExecuted }

    /// The same failure of a command that had been written.
    func afterWriting() -> RedisError {
        RedisError(code, message, mayHaveBeenExecuted: true, serverError: serverError)
    }
}

extension RedisError: CustomStringConvertible {
    package var description: String {
        let kind = serverError.map { " \($0.description)" } ?? ""
        return "\(code.rawValue)\(kind): \(message)\(mayHaveBeenExecuted ? " (it may have been executed)" : "")"
    }
}

extension RedisError {
    static let closedClient = RedisError(.closed, "the client has been stopped")

    static func timedOut(written: Bool) -> RedisError {
        RedisError(.timeout, "no answer before the deadline", mayHaveBeenExecuted: written)
    }

    static func cancelled(written: Bool) -> RedisError {
        RedisError(.cancelled, "the task was cancelled", mayHaveBeenExecuted: written)
    }

    /// What a server's error means for who sent the command.
    ///
    /// An error refuses the command before anything is done, but for scripts: those may have written before they
    /// failed, unless the kind says that they have not begun.
    init(_ error: RedisServerError, isScript: Bool) {
        let refusals: Set = [
            "NOSCRIPT", "MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN", "CROSSSLOT", "LOADING", "BUSY", "NOAUTH",
            "MASTERDOWN", "EXECABORT",
        ]
        let isRefusal = !isScript || (refusals.contains(error.kind) && !error.message.contains("script: "))
        self.init(
            .server, "the server answered with an error", mayHaveBeenExecuted: !isRefusal, serverError: error)
    }

    /// Why a connection could not be made or was given up, for those who want one.
    init(_ reason: ClosingReason) {
        switch reason {
        case .refused(let purpose, let error):
            let kinds: Set = ["WRONGPASS", "NOAUTH", "NOPERM"]
            let isFull = error.message.hasPrefix("ERR max number of clients")
            let isAuthentication = purpose == .authenticate && !isFull
            let code: Code = isAuthentication || kinds.contains(error.kind) ? .authenticationFailed : .unavailable
            self.init(
                code, isFull ? "the server has its maximum of clients" : "the server refused the connection",
                serverError: RedisServerError(error.kind))
        case .violation(let violation):
            self.init(.protocolViolation, violation.description)
        case .stalled:
            self.init(.connectionLost, "the server has stopped answering")
        }
    }
}
