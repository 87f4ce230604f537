import HTTPTypes

/// What is wrong with a request itself.
enum RequestError: Error {
    case bodyTooLarge
    case bodyMalformed(String)
    case invalidCallbackURL
    /// A `scope` of `POST signout` that is neither `session` nor `everywhere`.
    case invalidScope
    case invalidHost

    /// The stable code, a sentence for people, and the status.
    var description: (code: String, message: String, status: HTTPResponse.Status) {
        switch self {
        case .bodyTooLarge: ("body_too_large", "The body is larger than 256 KiB.", .contentTooLarge)
        case .bodyMalformed(let why): ("body_malformed", "The body cannot be read: \(why).", .badRequest)
        case .invalidCallbackURL:
            ("INVALID_CALLBACK_URL_ERROR", "The callbackUrl is neither a path nor an http(s) URL.", .badRequest)
        case .invalidScope: ("invalid_scope", "The scope is neither session nor everywhere.", .badRequest)
        case .invalidHost: ("invalid_host", "The host of the request is no host name.", .badRequest)
        }
    }
}
