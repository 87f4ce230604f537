import Foundation
import Tessera

extension TesseraConfiguration {
    mutating func readSessions(_ reader: inout SettingsReader) {
        policy = reader.value(SettingKey.sessionPreset.rawValue, default: policy, "consumer, aal2 or aal3") { name in
            ["consumer": SessionPolicy.consumer, "aal2": .aal2, "aal3": .aal3][name]
        }
        policy.absoluteTimeout = reader.duration(.absoluteTimeout, default: policy.absoluteTimeout)
        policy.idleTimeout = reader.duration(.idleTimeout, default: policy.idleTimeout)
        policy.freshWindow = reader.duration(.freshWindow, default: policy.freshWindow)
        policy.grace = reader.duration(.grace, default: policy.grace)
        if reader.flag(SettingKey.strict.rawValue, default: false) { policy.grace = .zero }
        policy.sessionsPerUser = reader.number(.sessionsPerUser, default: policy.sessionsPerUser, in: 1...1000)
        let responses = SessionPolicy.ReuseResponse.allCases.map(\.rawValue).joined(separator: ", ")
        policy.onReuse = reader.value(SettingKey.onReuse.rawValue, default: policy.onReuse, "one of \(responses)") {
            SessionPolicy.ReuseResponse(rawValue: $0)
        }
        touchInterval = reader.duration(.touchInterval, default: touchInterval)
        actorLimit = reader.number(.actorLimit, default: actorLimit, in: 2...10_000_000)
        eventStreamLimit = reader.number(.eventStreamLimit, default: eventStreamLimit, in: 0...1_000_000)
        cluster.maxStaleness = reader.duration(.clusterMaxStaleness, default: cluster.maxStaleness)
        cluster.availabilityTime = reader.duration(.clusterAvailabilityTime, default: cluster.availabilityTime)
        adoption = reader.value(
            SettingKey.adoption.rawValue, default: adoption, "always, never, or a date such as 2026-12-31"
        ) { Self.adoption($0) }
    }

    private static func adoption(_ text: String) -> Adoption? {
        switch text {
        case "always": return .always
        case "never": return .never
        default:
            let style = Date.ISO8601FormatStyle(timeZone: .gmt).year().month().day()
            guard let date = try? Date(text, strategy: style) else { return nil }
            return .until(Timestamp(seconds: Int64(date.timeIntervalSince1970)))
        }
    }

    mutating func readTokens(_ reader: inout SettingsReader) {
        let algorithm = reader.text(.tokenAlgorithm) ?? "dir"
        let encryption = reader.text(.tokenEncryption) ?? "A256GCM"
        let signing = reader.text(.tokenSigning)
        tokenFormat = reader.value(
            SettingKey.tokenFormat.rawValue, default: .sealed(alg: algorithm, enc: encryption),
            "sealed, signed, signed-then-sealed or reference"
        ) { format in
            switch format {
            case "sealed": .sealed(alg: algorithm, enc: encryption)
            case "signed": .signed(alg: signing ?? "HS256")
            case "signed-then-sealed":
                .signedThenSealed(signing: signing ?? "HS256", alg: algorithm, enc: encryption)
            case "reference": .reference
            default: nil
            }
        }
        let known = reader.problems.count
        signingKeys = keys(in: .signingKeyFiles, &reader)
        sealingKeys = keys(in: .sealingKeyFiles, &reader)
        // Without its keys a format would be found unusable too, which only follows.
        if reader.problems.count > known { tokenFormat = .standard }
    }

    private func keys(in key: SettingKey, _ reader: inout SettingsReader) -> [JSONObject] {
        var keys: [JSONObject] = []
        for path in reader.list(key) {
            guard let data = FileManager.default.contents(atPath: path) else {
                reader.note("\(key.rawValue): \(path): there is no such file, or it may not be read")
                continue
            }
            guard let object = try? JSONObject(parsing: Array(data)) else {
                reader.note("\(key.rawValue): \(path) is not a key, or a set of keys, as JSON (RFC 7517)")
                continue
            }
            keys += object["keys"]?.array?.compactMap(\.object) ?? [object]
        }
        return keys
    }

    /// Cookies of which any attribute is set; attributes that are not, are those of the default cookie, except the
    /// domain. (In code, an entry replaces all attributes.)
    mutating func readCookies(_ reader: inout SettingsReader, secure: Bool) {
        let standard = CookieSettings.standard(secure: secure)
        cookies.sessionToken = cookie("sessionToken", standard.sessionToken, &reader)
        cookies.callbackURL = cookie("callbackUrl", standard.callbackURL, &reader)
        cookies.csrfToken = cookie("csrfToken", standard.csrfToken, &reader)
        cookies.pkceCodeVerifier = cookie("pkceCodeVerifier", standard.pkceCodeVerifier, &reader)
        cookies.state = cookie("state", standard.state, &reader)
        cookies.nonce = cookie("nonce", standard.nonce, &reader)
    }

    private func cookie(
        _ name: String, _ standard: CookieSettings.Cookie, _ reader: inout SettingsReader
    ) -> CookieSettings.Cookie? {
        let prefix = "cookies.\(name)"
        guard SettingKey.cookieAttributes.contains(where: { reader.text(named: "\(prefix).\($0)") != nil }) else {
            return nil
        }
        var cookie = standard
        cookie.name = reader.text(named: "\(prefix).name") ?? cookie.name
        cookie.httpOnly = reader.flag("\(prefix).httpOnly", default: cookie.httpOnly)
        cookie.secure = reader.flag("\(prefix).secure", default: cookie.secure)
        cookie.path = reader.text(named: "\(prefix).path") ?? cookie.path
        cookie.domain = reader.text(named: "\(prefix).domain") ?? cookie.domain
        cookie.sameSite = reader.value("\(prefix).sameSite", default: cookie.sameSite, "strict, lax or none") { text in
            CookieSettings.SameSite.allCases.first { $0.rawValue.lowercased() == text.lowercased() }
        }
        cookie.maxAge = reader.value(
            "\(prefix).maxAge", default: cookie.maxAge, SettingsReader.durationExpectation
        ) { SettingsReader.duration($0) }
        return cookie
    }

    mutating func readPages(_ reader: inout SettingsReader) {
        pages = CustomPages(
            signIn: reader.text(.signInPage), signOut: reader.text(.signOutPage), error: reader.text(.errorPage),
            verifyRequest: reader.text(.verifyRequestPage), newUser: reader.text(.newUserPage))
        theme = PageTheme(
            colorScheme: reader.text(.colorScheme) ?? "auto", brandColor: reader.text(.brandColor) ?? "",
            buttonText: reader.text(.buttonText) ?? "", logo: reader.text(.logo) ?? "")
    }
}
