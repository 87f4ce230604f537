/// The settings of the program, by their names in a configuration file. In the environment `session.idleTimeout` is
/// `TESSERA_SESSION_IDLE_TIMEOUT`.
enum SettingKey: String, CaseIterable {
    case host
    case port
    case operatorHost
    case operatorPort
    case operatorKey
    case maximumConnections
    case logLevel
    case store
    case secret
    case secrets
    case url
    case trustHost
    case useSecureCookies
    case adoption
    case touchInterval
    case actorLimit
    case sessionPreset = "session.preset"
    case absoluteTimeout = "session.absoluteTimeout"
    case idleTimeout = "session.idleTimeout"
    case freshWindow = "session.freshWindow"
    case grace = "session.grace"
    case strict = "session.strict"
    case sessionsPerUser = "session.perUser"
    case onReuse = "session.onReuse"
    case tokenFormat = "tokens.format"
    case tokenAlgorithm = "tokens.alg"
    case tokenEncryption = "tokens.enc"
    case tokenSigning = "tokens.signing"
    case signingKeyFiles = "tokens.signingKeyFiles"
    case sealingKeyFiles = "tokens.sealingKeyFiles"
    case signInPage = "pages.signIn"
    case signOutPage = "pages.signOut"
    case errorPage = "pages.error"
    case verifyRequestPage = "pages.verifyRequest"
    case newUserPage = "pages.newUser"
    case colorScheme = "theme.colorScheme"
    case brandColor = "theme.brandColor"
    case buttonText = "theme.buttonText"
    case logo = "theme.logo"

    /// The cookies whose attributes can be set, as `cookies.<cookie>.<attribute>`.
    static let cookies = ["sessionToken", "callbackUrl", "csrfToken", "pkceCodeVerifier", "state", "nonce"]
    /// Their attributes.
    static let cookieAttributes = ["name", "httpOnly", "sameSite", "path", "domain", "secure", "maxAge"]

    /// The names of all settings.
    static var allNames: [String] {
        allCases.map(\.rawValue)
            + cookies.flatMap { cookie in cookieAttributes.map { "cookies.\(cookie).\($0)" } }
    }
}
