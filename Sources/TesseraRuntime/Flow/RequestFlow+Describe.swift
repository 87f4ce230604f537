package import JSON
import Logging
import TesseraCore
import TesseraTokens

extension RequestFlow {
    /// What a browser is told of its session: the default answer, or what the `session` callback makes of it.
    ///
    /// - Throws: `FlowError` when the callback fails; the session is untouched.
    package func describe(_ session: ActiveSession) async throws -> JSONObject {
        let standard = session.token.standardDescription
        var answer = standard
        if let callback = settings.callbacks.session {
            do {
                answer = try await callback(SessionRequest(session: standard, token: session.token))
            } catch {
                logger.error("callback failed", metadata: ["callback": "session", "code": "JWT_SESSION_ERROR"])
                throw FlowError(.callbackFailed, "the session callback failed", cause: error)
            }
        }
        if let handler = settings.events.session {
            let event = Events.SessionRead(session: answer, token: session.token)
            await tell("SESSION_EVENT_ERROR") { try await handler(event) }
        }
        return answer
    }
}

extension SessionToken {
    /// `{"user": {"name", "email", "image"}, "expires"}`, what is unknown left out (contract 4.2).
    package var standardDescription: JSONObject {
        var user = JSONObject()
        user["name"] = claims["name"]
        user["email"] = claims["email"]
        user["image"] = claims["picture"]
        return ["user": .object(user), "expires": .string(expires.iso8601)]
    }
}
