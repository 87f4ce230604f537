import JSON
import Logging
package import TesseraCore
import TesseraTokens

/// Sessions that were begun at an OpenID provider, and end together with the ones there (beyond NextAuth.js).
extension RequestFlow {
    /// How long after a logout an ID token from before it could still arrive: as long as a journey may take.
    private static let journey = Duration.seconds(900)
    /// By how much the clocks of a provider's own servers may differ.
    private static let tolerance = Duration.seconds(10)

    /// What came of a logout token.
    package enum LogoutResult: Sendable, Equatable {
        /// Whatever was begun from what the token names, has ended here; how many sessions that were.
        case done(Int)
        /// It is no logout token of this provider's for us, or not any more. What is wrong, in words without secrets.
        case refused(String)
        /// It was used before.
        case used
    }

    private func federated(_ id: String) -> (any FederatedProvider)? {
        for case .redirecting(let provider) in settings.providers where provider.id == id {
            return provider as? any FederatedProvider
        }
        return nil
    }

    /// The provider of this name that may tell us of logouts.
    package func logoutProvider(_ id: String) -> (any FederatedProvider)? {
        guard settings.providerSessions != nil, let provider = federated(id), provider.acceptsLogoutTokens else {
            return nil
        }
        return provider
    }

    // MARK: The provider says that somebody has signed out there

    /// Ends what a logout token of a provider names, everywhere.
    ///
    /// The token counts as used only afterwards: where something fails in between, the provider may send it again.
    /// Ending twice does no harm, for what was begun later goes on.
    ///
    /// - Throws: `FlowError` where the store cannot be asked. Some sessions may have ended then, and some not.
    package func endAtProvider(_ provider: any FederatedProvider, logoutToken: String) async throws -> LogoutResult {
        guard let known = settings.providerSessions else { return .refused("no sessions of providers are kept") }
        let notice: LogoutNotice
        do {
            notice = try await provider.logoutNotice(logoutToken)
        } catch {
            return .refused("\(error)")
        }
        let logout = try logout(notice, at: provider)
        let now = clock.now()
        let sessions = try await stored { () throws(StoreError) in try await known.end(logout, at: now) }
        for owned in sessions {
            _ = try await revoke(
                .end(owned.session, evenIfUnknown: true, reason: .signedOutAtProvider), of: owned.user)
        }
        let token = try name([provider.id, notice.issuer, "jti", notice.tokenID])
        let isFirst = try await stored { () throws(StoreError) in
            try await known.use(token, until: max(notice.expires, now) + Self.tolerance, at: now)
        }
        guard isFirst else { return .used }
        logger.notice(
            "signed out at the provider",
            metadata: ["provider": "\(provider.id)", "sessions": "\(sessions.count)"])
        return .done(sessions.count)
    }

    private func logout(_ notice: LogoutNotice, at provider: any FederatedProvider) throws -> ProviderLogout {
        let subject = try notice.subject.map { try name([provider.id, notice.issuer, "sub", $0]) }
        let remembered = clock.now() + Self.journey
        if let session = notice.session {
            // A session of the provider's is over for good.
            return ProviderLogout(
                name: try name([provider.id, notice.issuer, "sid", session]), subject: subject,
                endsUpTo: .distantFuture, refusesUpTo: .distantFuture, remembered: remembered)
        }
        guard let subject else { throw FlowError(.invalidUser, "the logout names nobody") }
        return ProviderLogout(
            name: subject, subject: nil, endsUpTo: notice.issuedAt + Self.tolerance, refusesUpTo: notice.issuedAt,
            remembered: remembered)
    }

    private func name(_ texts: [String]) throws -> ProviderName {
        ProviderName(bytes: try ContentDigest.name(of: texts))
    }

    // MARK: A session begins

    /// Keeps where a session comes from, before it begins.
    ///
    /// - Throws: `SignInFailure` where the provider has ended meanwhile what it would be begun from.
    func keepOrigin(_ identity: ProviderIdentity?, of session: SessionID, user: UserID, provider id: String)
        async throws
    {
        guard let identity, let known = settings.providerSessions, let provider = federated(id),
            provider.acceptsLogoutTokens || provider.signOut != .never
        else { return }
        var names: ProviderSession.Names?
        if provider.acceptsLogoutTokens {
            names = ProviderSession.Names(
                subject: try name([id, identity.issuer, "sub", identity.subject]),
                session: try identity.session.map { try name([id, identity.issuer, "sid", $0]) },
                issuedAt: identity.issuedAt)
        }
        var origin: ProviderSession.Origin?
        if provider.signOut != .never {
            let hint: JSONObject = ["session": .string("\(session)"), "id_token": .string(identity.idToken)]
            origin = ProviderSession.Origin(provider: id, hint: try tokens.sealClaims(hint, random: random))
        }
        let now = clock.now()
        let kept = ProviderSession(
            session: session, user: user, names: names, origin: origin,
            expires: now + settings.policy.absoluteTimeout)
        guard try await stored({ () throws(StoreError) in try await known.keep(kept, at: now) }) else {
            throw SignInFailure(
                .callback, cause: "ended_at_provider", message: "the provider has ended the session meanwhile")
        }
    }

    // MARK: A session ends here, and is to end there

    /// Where a browser can sign out at its provider.
    package struct SignOutElsewhere: Sendable {
        package let provider: any FederatedProvider
        /// The session that was begun there.
        package let session: SessionID
        fileprivate let hint: [UInt8]
    }

    /// At which provider the session of a token was begun, if signing out can go on there; `nil` also where that cannot
    /// be told now. Says nothing of whether the session is alive.
    package func signOutElsewhere(_ token: String?) async -> SignOutElsewhere? {
        let canSignOut = settings.providers.contains { provider in
            guard case .redirecting(let provider) = provider else { return false }
            return (provider as? any FederatedProvider).map { $0.signOut != .never } ?? false
        }
        guard canSignOut, let known = settings.providerSessions, let session = namedSession(token) else { return nil }
        do {
            let origin = try await known.origin(of: session, at: clock.now())
            guard let origin, let provider = federated(origin.provider), provider.signOut != .never else { return nil }
            return SignOutElsewhere(provider: provider, session: session, hint: origin.hint)
        } catch {
            logger.warning("origin of a session not known", metadata: ["code": "\(error.code.rawValue)"])
            return nil
        }
    }

    /// The session that an authentic token is of, alive or not.
    private func namedSession(_ token: String?) -> SessionID? {
        guard let token, !token.isEmpty, case .success(let opened) = tokens.open(token, at: clock.now()) else {
            return nil
        }
        return switch opened {
        case .own(let token): token.session
        case .reference(let reference): reference.session
        case .nextAuth: nil
        }
    }

    /// The address at the provider to sign out there; `nil` where it has none, or does not answer. What was known for it
    /// is forgotten: it is asked for once, when the session has ended here.
    package func signOutURL(
        _ elsewhere: SignOutElsewhere, returnTo url: String, state: String
    ) async -> String? {
        let provider = elsewhere.provider
        do {
            let hint = try? tokens.openClaims(elsewhere.hint)
            let isOurs = hint?["session"]?.string == "\(elsewhere.session)"
            let target = try await provider.signOutURL(
                idToken: isOurs ? hint?["id_token"]?.string : nil, returnTo: url, state: state)
            if target == nil {
                logger.notice("provider has no page to sign out", metadata: ["provider": "\(provider.id)"])
            }
            // Where it cannot be forgotten now, its time will come.
            try? await settings.providerSessions?.forgetOrigin(of: elsewhere.session)
            return target
        } catch {
            logger.warning(
                "signed out here only", metadata: ["provider": "\(provider.id)", "cause": "\(type(of: error))"])
            return nil
        }
    }
}
