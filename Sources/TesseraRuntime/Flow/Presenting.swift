import JSON
import Synchronization
import TesseraCore

/// What a presented token says that its session's record may lack.
struct Presenting: Sendable {
    let claims: JSONObject
    /// For an adopted session: when its NextAuth.js token expires, until which its end must be remembered.
    let adoptedUntil: Timestamp?
}

/// Carries the claims out of the actor's turn in which they were made.
final class MadeClaims: Sendable {
    private let value = Mutex<JSONObject?>(nil)

    var claims: JSONObject? {
        get { value.withLock { $0 } }
        set { value.withLock { $0 = newValue } }
    }
}

/// The application's `jwt` callback returned no claims: the session is to end.
struct SessionWithdrawn: Error {}

extension Command {
    /// The session whose token is presented with this command.
    var presentedSession: SessionID? {
        switch self {
        case .rotate(let presented), .update(let presented): presented.session
        case .adopt(let session, _): session.id
        case .signIn, .end, .endOthers, .endAll: nil
        }
    }

    /// The generation of the token that is presented with this command; `nil` where a session begins.
    var presentedGeneration: Generation? {
        switch self {
        case .rotate(let presented), .update(let presented): presented.generation
        case .adopt: .adopted
        case .signIn, .end, .endOthers, .endAll: nil
        }
    }
}
