/// Why a use case could not be carried out. None of these means that somebody is signed out.
package struct FlowError: Error, CustomStringConvertible {
    /// The stable reason.
    package enum Code: String, Sendable, CaseIterable {
        /// The store cannot be asked: try again.
        case unavailable = "store_unavailable"
        /// Too much at once: try again.
        case overloaded
        /// A callback of the application failed.
        case callbackFailed = "callback_failed"
        /// The application's `authorize` answered with a user that cannot be used.
        case invalidUser = "invalid_user"
    }

    package let code: Code
    package let message: String
    package let cause: (any Error)?

    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    package init(store error: StoreError) {
        self.init(.unavailable, error.message, cause: error)
    }

    package var description: String { "\(code.rawValue): \(message)" }
}
