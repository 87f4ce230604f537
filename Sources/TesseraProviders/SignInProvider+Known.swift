public import Logging
public import TesseraRuntime
package import TesseraTokens

extension SignInProvider {
    /// A provider of the table, or one defined in its schema.
    ///
    /// - Throws: `ProviderProblems` with everything that is wrong with the settings.
    public static func known(
        _ settings: ProviderSettings, logger: Logger = Logger(label: "tessera.providers")
    ) throws(ProviderProblems) -> SignInProvider {
        let provider = try ConfiguredProvider(settings)
        for warning in provider.warnings {
            logger.warning("check the configuration", metadata: ["warning": "\(warning)"])
        }
        return try provider.signIn(http: provider.network, logger: logger)
    }
}

extension ConfiguredProvider {
    /// Requests to where the provider may be.
    package var network: GuardedHTTP { settings.isInPrivateNetwork ? .anyNetwork : .publicInternet }

    /// The provider at work.
    package func signIn(
        http: any OutboundHTTP, secrets: SealedSecrets? = nil, clock: WallClock = .system,
        random: RandomBytes = .system, logger: Logger = Logger(label: "tessera.providers")
    ) throws(ProviderProblems) -> SignInProvider {
        switch entry.kind {
        case .oidc, .oauth2:
            return .redirecting(OAuthProvider(self, http: http, clock: clock, random: random, logger: logger))
        case .oauth1:
            return .redirecting(OAuth1Provider(self, http: http, secrets: secrets, clock: clock, random: random))
        case .email:
            return .email(try emailProvider(http: http, clock: clock, random: random))
        case .credentials, .webauthn:
            throw ProviderProblems(["providers.\(id): needs the application; it cannot be configured by name alone"])
        }
    }
}
