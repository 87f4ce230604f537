package import Logging
package import TesseraRuntime
package import TesseraTokens

/// Signs in with OAuth 2.0 or OpenID Connect (contract 5.2, 5.3).
///
/// `OAuthProvider+Begin` sends the browser away; `OAuthProvider+Finish` is what happens when it comes back, in order.
package struct OAuthProvider: RedirectingProvider {
    package let provider: ConfiguredProvider
    let http: any OutboundHTTP
    let documents: ProviderDocuments?
    let clock: WallClock
    let random: RandomBytes
    let logger: Logger

    package init(
        _ provider: ConfiguredProvider, http: any OutboundHTTP, clock: WallClock = .system,
        random: RandomBytes = .system, logger: Logger = Logger(label: "tessera.providers")
    ) {
        self.provider = provider
        self.http = http
        self.clock = clock
        self.random = random
        self.logger = logger
        documents = ProviderDocuments(provider, http: http, clock: clock)
    }

    package var id: String { provider.id }
    package var name: String { provider.name }
    /// What NextAuth.js v4 writes for OpenID Connect, too.
    package var type: ProviderType { .oauth }
    package var style: ProviderStyle? { provider.buttonStyle }
    package var allowDangerousEmailAccountLinking: Bool { provider.settings.allowDangerousEmailAccountLinking }
}

extension ConfiguredProvider {
    /// The colours of its button; the brand's where the entry has no others.
    var buttonStyle: ProviderStyle? {
        let style = entry.style
        guard let background = style.background ?? style.brand else { return nil }
        return ProviderStyle(
            background: background, text: style.background == nil ? nil : style.text,
            darkBackground: style.darkBackground, darkText: style.darkText)
    }
}

extension ProvidersError {
    /// What the browser is told.
    func failure(beginning: Bool = false) -> SignInFailure {
        let told: SignInFailure.Code = beginning ? .begin : code == .profile ? .profile : .callback
        return SignInFailure(told, cause: code.rawValue, message: message)
    }
}
