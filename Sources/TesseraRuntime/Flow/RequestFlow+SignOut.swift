import TesseraCore
import TesseraTokens

extension RequestFlow {
    /// What a sign-out covers.
    package enum SignOutScope: Sendable {
        case thisSession
        case everywhere
    }

    /// Signs out the holder of a token. A token that does not let in has nothing to sign out.
    ///
    /// Any authentic token ends its own session, also an old generation; ending all sessions takes one that is alive,
    /// so that an ended token which somebody kept can do no more harm.
    ///
    /// - Returns: whether there was a session to end.
    /// - Throws: `FlowError` when the store cannot be asked: the user is then not signed out, and must be told so.
    package func signOut(_ token: String?, scope: SignOutScope, from origin: RequestOrigin) async throws -> Bool {
        guard let token, !token.isEmpty else { return false }
        if case .thisSession = scope, case .success(.own(let own)) = tokens.open(token, at: clock.now()) {
            _ = try await end(own, reason: .signedOut, telling: [.signOut(Events.SignOut(token: own))])
            await tellSignedOut(own)
            return true
        }
        guard case .active(let session) = try await authenticate(token, from: origin) else { return false }
        let told = [Occurrence.signOut(Events.SignOut(token: session.token))]
        switch scope {
        case .thisSession: _ = try await end(session.token, reason: .signedOut, telling: told)
        case .everywhere:
            _ = try await endAll(of: session.token.user, reason: .signedOutEverywhere, telling: told)
        }
        await tellSignedOut(session.token)
        return true
    }

    private func tellSignedOut(_ token: SessionToken) async {
        guard let handler = settings.events.signOut else { return }
        await tell("SIGN_OUT_EVENT_ERROR") { try await handler(Events.SignOut(token: token)) }
    }
}
