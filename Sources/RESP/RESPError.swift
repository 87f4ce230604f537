/// Why what the server sent is no reply. The connection that it came on cannot be used any further.
package struct RESPError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The stable reason.
    package enum Code: String, Sendable, CaseIterable {
        /// Not RESP2.
        case malformed = "resp_malformed"
        /// A reply, or a part of one, beyond `ReplyLimits`.
        case tooLarge = "resp_too_large"
        /// A reply that no command is waiting for, or that is not what the protocol says comes now.
        case unexpected = "resp_unexpected"
    }

    /// The stable reason.
    package let code: Code
    /// For people; holds nothing that the server sent.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { "\(code.rawValue): \(message)" }
}
