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
    case redisPrefix = "redis.prefix"
    case redisShards = "redis.shards"
    case redisStrict = "redis.strict"
    case secret
    case secrets
    case url
    case trustHost
    case useSecureCookies
    case adoption
    case touchInterval
    case actorLimit
    case directory
    case recentAuthentication
    case attemptsPerAddress = "limits.attemptsPerAddress"
    case attemptsPerIdentifier = "limits.attemptsPerIdentifier"
    case returnsPerAddress = "limits.returnsPerAddress"
    case mailsPerAddress = "limits.mailsPerAddress"
    case mailsPerRecipient = "limits.mailsPerRecipient"
    case emailServer = "email.server"
    case emailFrom = "email.from"
    case emailMaxAge = "email.maxAge"
    case emailSubject = "email.subject"
    case emailTextFile = "email.textFile"
    case emailHTMLFile = "email.htmlFile"
    case webhookURL = "webhooks.url"
    case webhookSecrets = "webhooks.secrets"
    case webhookTimeout = "webhooks.timeout"
    case webhookQuestions = "webhooks.callbacks"
    case webhookEvents = "webhooks.events"
    case eventStreamLimit
    case clusterMaxStaleness = "cluster.maxStaleness"
    case clusterAvailabilityTime = "cluster.availabilityTime"
    case clusterAddress = "cluster.address"
    case tracingEndpoint = "tracing.endpoint"
    case tracingPercent = "tracing.percent"
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

    /// Whether the setting is a list.
    static func isList(_ name: String) -> Bool {
        [
            SettingKey.secrets, .signingKeyFiles, .sealingKeyFiles, .webhookSecrets, .webhookQuestions, .webhookEvents,
        ].contains { $0.rawValue == name }
    }

    /// Whether the setting's value must never be shown.
    static func isSecret(_ name: String) -> Bool {
        [SettingKey.secret, .secrets, .operatorKey, .store, .emailServer, .webhookSecrets].contains {
            $0.rawValue == name
        }
    }

    /// The environment variable of a setting: `TESSERA_`, then its words in capitals.
    static func environmentName(_ name: String) -> String {
        "TESSERA_" + words(name, separator: "_").uppercased()
    }

    /// The flag of a setting that has one.
    static func flagName(_ name: String) -> String { "--" + words(name, separator: "-").lowercased() }

    private static func words(_ name: String, separator: Character) -> String {
        var words = ""
        for character in name {
            if character.isUppercase { words.append(separator) }
            words.append(character == "." ? separator : character)
        }
        return words
    }

    /// The setting that somebody may have meant by a name that is none: one that ends like it, or the closest one if it
    /// is close at all.
    static func suggestion(for name: String, among names: [String] = allNames) -> String? {
        let wanted = name.lowercased()
        let last = wanted.split(separator: ".").last ?? ""
        // Of a variable, everything after its prefix.
        let variable = wanted.hasPrefix("tessera_") ? wanted.dropFirst("tessera".count) : Substring(wanted)
        let ranked = names.map { known -> (name: String, distance: Int) in
            let lower = known.lowercased()
            let endsAlike = lower == last || lower.hasSuffix(".\(last)") || lower.hasSuffix(variable)
            return (known, min(editDistance(Array(wanted.utf8), Array(lower.utf8)), endsAlike ? 1 : .max))
        }
        guard let closest = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
        return closest.distance <= max(1, wanted.utf8.count / 4) ? closest.name : nil
    }

    /// How many bytes have to be inserted, removed, replaced or swapped to get from one text to the other.
    private static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var rows = [Array(0...right.count)]
        for (index, byte) in left.enumerated() {
            var row = [index + 1]
            for (column, other) in right.enumerated() {
                let above = rows[index]
                var distance = min(above[column] + (byte == other ? 0 : 1), above[column + 1] + 1, row[column] + 1)
                if index > 0, column > 0, byte == right[column - 1], other == left[index - 1] {
                    distance = min(distance, rows[index - 1][column - 1] + 1)
                }
                row.append(distance)
            }
            rows.append(row)
        }
        return rows[left.count][right.count]
    }
}
