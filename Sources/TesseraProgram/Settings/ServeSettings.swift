import Foundation
import Logging
import Tessera

/// Everything that `tessera serve` needs to know, read and checked.
struct ServeSettings {
    var host = "127.0.0.1"
    var port = 3000
    var operatorHost = "127.0.0.1"
    var operatorPort = 3001
    var operatorKey: String?
    var maximumConnections = 10_000
    var logLevel = Logger.Level.info
    /// Where spans are sent, ending with `/v1/traces`; `nil` for nowhere.
    var tracingURL: String?
    /// How many of a hundred traces that begin here are recorded.
    var tracingPercent = 100
    var tessera: TesseraConfiguration
    /// What is allowed but not advisable, the library's own warnings not included.
    private(set) var warnings: [String] = []
    /// Everything that is wrong; the settings can be used when it is empty.
    private(set) var problems: [String] = []
    /// Whether the demo's users are let in, and a demo page is shown.
    let isDemo: Bool
    /// Where the demo's e-mails are, where it has a directory; `nil` otherwise.
    private(set) var mailbox: DevelopmentMailbox?
    /// The OpenID provider of the demo, where it can be reached.
    private(set) var demoProvider: DemoProvider?

    /// Reads all settings, and notes what is wrong with them in `problems`.
    init(flags: [SettingKey: String], environment: [String: String], configPath: String?, isDemo: Bool) {
        let file = configPath.map { SettingsFile(path: $0) }
        var reader = SettingsReader(flags: flags, environment: environment, file: file)
        self.isDemo = isDemo
        tessera = TesseraConfiguration(secrets: [], store: .memory, providers: isDemo ? [DemoUsers.provider] : [])
        readListeners(&reader)
        readTracing(&reader)
        readStore(&reader)
        readSecrets(&reader)
        readAddress(&reader)
        tessera.readSessions(&reader)
        tessera.readTokens(&reader)
        tessera.readCookies(&reader, secure: tessera.useSecureCookies ?? tessera.url.usesHTTPS)
        tessera.readPages(&reader)
        tessera.readAccounts(&reader, isDemo: isDemo)
        mailbox = isDemo && tessera.directory == .store ? DevelopmentMailbox() : nil
        tessera.readEmail(&reader, mailbox: mailbox)
        tessera.readWebhooks(&reader)
        var known = ProviderReader(environment: environment, file: file)
        if isDemo { addDemoProvider() }
        tessera.providers += known.providers()
        for problem in known.problems { reader.note(problem) }
        warnings = reader.warnings + known.warnings
        // Whatever else were found would only follow from the file's not being read.
        problems = file?.isUnreadable == true ? reader.problems : reader.problems + tessera.problems
        if operatorKey != nil, !["127.0.0.1", "::1", "localhost"].contains(operatorHost) {
            warnings.append("the operator's API listens on \(operatorHost) without TLS")
        }
    }

    /// It needs an address of its own, which a port that is not known yet does not give, and one without TLS.
    private mutating func addDemoProvider() {
        guard port != 0, case .configured(let url) = tessera.url, url.origin.scheme == .http,
            let provider = try? DemoProvider(url: url), let signIn = try? provider.signInProvider()
        else { return }
        demoProvider = provider
        tessera.providers.append(signIn)
    }

    private mutating func readListeners(_ reader: inout SettingsReader) {
        host = reader.text(.host) ?? host
        port = reader.number(.port, default: port, in: 0...65_535)
        operatorHost = reader.text(.operatorHost) ?? operatorHost
        operatorPort = reader.number(.operatorPort, default: operatorPort, in: 0...65_535)
        operatorKey = reader.text(.operatorKey)
        if let operatorKey, operatorKey.utf8.count < 16 {
            reader.note("operatorKey: fewer than 16 bytes could be guessed; `tessera secret` makes one")
        }
        if operatorKey == nil, reader.text(.operatorPort) != nil {
            reader.note(
                "operatorPort is set, but no operator key: set TESSERA_OPERATOR_KEY (`tessera secret` makes one)")
        }
        if operatorKey != nil, port != 0, port == operatorPort {
            reader.note("port and operatorPort are the same")
        }
        maximumConnections = reader.number(.maximumConnections, default: maximumConnections, in: 1...1_000_000)
        logLevel = reader.value(
            SettingKey.logLevel.rawValue, default: logLevel,
            "one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))"
        ) { Logger.Level(rawValue: $0.lowercased()) }
    }

    private mutating func readTracing(_ reader: inout SettingsReader) {
        tracingURL = reader.value(SettingKey.tracingEndpoint.rawValue, default: nil, "an http(s) URL") { text in
            guard let url = URL(string: text), ["http", "https"].contains(url.scheme), url.host() != nil,
                url.query() == nil
            else { return nil }
            return (text.hasSuffix("/") ? String(text.dropLast()) : text) + "/v1/traces"
        }
        tracingPercent = reader.number(.tracingPercent, default: tracingPercent, in: 0...100)
    }

    private mutating func readSecrets(_ reader: inout SettingsReader) {
        let ring = reader.list(.secrets)
        if !ring.isEmpty, let first = reader.text(.secret), first != ring[0] {
            reader.note("secret and secrets are both set: keep secrets, the newest first")
        }
        tessera.secrets = ring.isEmpty ? [reader.text(.secret)].compactMap { $0 } : ring
        if isDemo, tessera.secrets.isEmpty { tessera.secrets = [Secret.makeText()] }
    }

    private mutating func readAddress(_ reader: inout SettingsReader) {
        let trustsHost = reader.flag(SettingKey.trustHost.rawValue, default: false)
        tessera.trustsProxy = trustsHost
        let localhost = PublicURL(origin: Origin(localhostPort: UInt16(clamping: port)))
        let configured: PublicURL? = reader.value(
            SettingKey.url.rawValue, default: nil, "an http(s) URL"
        ) { PublicURL($0) }
        if let configured {
            tessera.url = .configured(configured)
        } else {
            tessera.url = trustsHost ? .forwarded(basePath: PublicURL.standardPath) : .configured(localhost)
        }
        if reader.text(named: SettingKey.useSecureCookies.rawValue) != nil {
            tessera.useSecureCookies = reader.flag(SettingKey.useSecureCookies.rawValue, default: false)
        }
    }
}

extension URLSource {
    /// Whether browsers use https.
    var usesHTTPS: Bool {
        switch self {
        case .configured(let url): url.origin.scheme == .https
        case .forwarded: true
        }
    }
}
