import Logging
import Tessera
import Testing

@testable import TesseraProgram

@Suite("Where settings come from")
struct PrecedenceTests {
    @Test("Every setting can stand in the file; the environment counts more", arguments: SettingKey.allNames)
    func fileAndEnvironment(name: String) throws {
        let file = Settings.yaml(name, "from-file")
        let variable = SettingKey.environmentName(name)
        let fromFile = try Settings.reader(file: file)
        #expect(fromFile.problems == [])
        let both = try Settings.reader(file: file, environment: [variable: "from-environment"])
        let empty = try Settings.reader(file: file, environment: [variable: ""])
        #expect(both.warnings == [])
        if SettingKey.isList(name) {
            let key = try #require(SettingKey(rawValue: name))
            #expect(fromFile.list(key) == ["from-file"])
            #expect(both.list(key) == ["from-environment"])
            #expect(empty.list(key) == ["from-file"])
        } else {
            #expect(fromFile.text(named: name) == "from-file")
            #expect(both.text(named: name) == "from-environment")
            #expect(empty.text(named: name) == "from-file")
        }
    }

    @Test("No two settings share a variable")
    func variables() {
        let names = SettingKey.allNames.map(SettingKey.environmentName)
        #expect(Set(names).count == names.count)
        #expect(SettingKey.environmentName("session.idleTimeout") == "TESSERA_SESSION_IDLE_TIMEOUT")
        #expect(
            SettingKey.environmentName("cookies.pkceCodeVerifier.sameSite")
                == "TESSERA_COOKIES_PKCE_CODE_VERIFIER_SAME_SITE")
    }

    /// A setting with a value from each source, in rising order: file, NextAuth.js, Tessera's variable, flag.
    struct Case: Sendable, CustomTestStringConvertible {
        let key: SettingKey
        let file: String
        var nextAuth: (variable: String, value: String)?
        let environment: String
        var flag: String?
        let read: @Sendable (ServeSettings) -> String

        var testDescription: String { key.rawValue }
    }

    static let cases = [
        Case(key: .host, file: "127.0.0.2", environment: "127.0.0.3", flag: "127.0.0.4") { $0.host },
        Case(key: .port, file: "3002", environment: "3003", flag: "3004") { "\($0.port)" },
        Case(key: .operatorPort, file: "3002", environment: "3003", flag: "3004") { "\($0.operatorPort)" },
        Case(key: .logLevel, file: "debug", environment: "error", flag: "trace") { $0.logLevel.rawValue },
        Case(key: .store, file: "sqlite:a", environment: "sqlite:b", flag: "sqlite:c") { settings in
            if case .sqlite(let path) = settings.tessera.store { "sqlite:\(path)" } else { "memory" }
        },
        Case(
            key: .url, file: "https://a.example/api/auth",
            nextAuth: ("NEXTAUTH_URL", "https://b.example/api/auth"), environment: "https://c.example/api/auth",
            flag: "https://d.example/api/auth"
        ) { settings in
            if case .configured(let url) = settings.tessera.url { "\(url)" } else { "forwarded" }
        },
        Case(
            key: .secret, file: "a-secret-in-the-file-0123456789abcdef",
            nextAuth: ("NEXTAUTH_SECRET", "a-secret-of-nextauth-0123456789abcdef"),
            environment: "a-secret-of-tessera-0123456789abcdefg"
        ) { $0.tessera.secrets.joined(separator: ",") },
        Case(key: .trustHost, file: "false", nextAuth: ("AUTH_TRUST_HOST", "true"), environment: "false") {
            "\($0.tessera.trustsProxy)"
        },
        Case(key: .idleTimeout, file: "10d", environment: "11d") {
            "\($0.tessera.policy.idleTimeout.wholeSeconds / 86_400)d"
        },
        Case(key: .sessionPreset, file: "aal2", environment: "aal3") {
            $0.tessera.policy == .aal3 ? "aal3" : $0.tessera.policy == .aal2 ? "aal2" : "other"
        },
        Case(key: .sessionsPerUser, file: "3", environment: "4") { "\($0.tessera.policy.sessionsPerUser)" },
        Case(key: .onReuse, file: "revoke_user", environment: "revoke_session") {
            $0.tessera.policy.onReuse.rawValue
        },
        Case(key: .touchInterval, file: "40s", environment: "50s") { "\($0.tessera.touchInterval.wholeSeconds)s" },
        Case(key: .actorLimit, file: "30", environment: "40") { "\($0.tessera.actorLimit)" },
        Case(key: .maximumConnections, file: "30", environment: "40") { "\($0.maximumConnections)" },
        Case(key: .signInPage, file: "/a", environment: "/b") { $0.tessera.pages.signIn ?? "" },
        Case(key: .brandColor, file: "'#123456'", environment: "#654321") { "\($0.tessera.theme.brandColor)" },
        Case(key: .tokenFormat, file: "signed", environment: "reference") {
            $0.tessera.tokenFormat == .reference
                ? "reference" : $0.tessera.tokenFormat == .signed(alg: "HS256") ? "signed" : "other"
        },
    ]

    @Test("File, then NextAuth.js's variables, then Tessera's, then flags: what comes later counts", arguments: cases)
    func precedence(of setting: Case) throws {
        // Settings that the case needs beside its own.
        var environment = ["TESSERA_OPERATOR_KEY": "an-operator-key-of-the-tests"]
        if setting.key != .secret { environment["TESSERA_SECRET"] = Settings.secret }
        let file = Settings.yaml(setting.key.rawValue, setting.file)
        func value(_ environment: [String: String], _ flags: [SettingKey: String] = [:]) throws -> String {
            let settings = try Settings.read(file: file, environment: environment, flags: flags)
            #expect(settings.problems == [])
            return setting.read(settings)
        }

        #expect(try value(environment) == setting.file.filter { $0 != "'" })
        if let (variable, text) = setting.nextAuth {
            environment[variable] = text
            #expect(try value(environment) == text)
        }
        environment[SettingKey.environmentName(setting.key.rawValue)] = setting.environment
        #expect(try value(environment) == setting.environment)
        if let flag = setting.flag { #expect(try value(environment, [setting.key: flag]) == flag) }
    }

    @Test("A JSON file is read like a YAML one")
    func json() throws {
        let settings = try Settings.read(
            file:
                ##"{"port": 4000, "session": {"idleTimeout": "2d", "strict": true}, "theme": {"brandColor": "#abc"}}"##)
        #expect(settings.problems == [])
        #expect(settings.port == 4000)
        #expect(settings.tessera.policy.idleTimeout == .days(2))
        #expect(settings.tessera.policy.grace == .zero)
    }

    @Test(
        "Settings without a value are not set",
        arguments: ["secret:", "secret: null", "secret: ~", #"{"secret": null}"#])
    func null(file: String) throws {
        #expect(try Settings.read(file: file).tessera.secrets == [Settings.secret])
        #expect(try Settings.read(file: file, environment: [:]).tessera.secrets == [])
    }

    @Test("A file without settings sets none", arguments: ["", "# nothing\n", "{}", "---\n"])
    func emptyFile(file: String) throws {
        #expect(try Settings.read(file: file).problems == [])
    }

    @Test(
        "Values stay as they are written",
        arguments: [("0123", "0123"), ("1e3", "1e3"), ("'null'", "null"), ("yes", "yes")])
    func verbatim(written: String, value: String) throws {
        #expect(try Settings.reader(file: "secret: \(written)").text(.secret) == value)
    }
}

@Suite("The variables of NextAuth.js")
struct NextAuthVariablesTests {
    @Test(
        "170: the secret is TESSERA_SECRET, or else NEXTAUTH_SECRET, or else AUTH_SECRET, or else the file's (deviation)"
    )
    func secrets() throws {
        let second = "another-secret-for-these-tests-123"
        #expect(try Settings.read(environment: ["AUTH_SECRET": second]).tessera.secrets == [second])
        #expect(
            try Settings.read(environment: ["AUTH_SECRET": second, "NEXTAUTH_SECRET": Settings.secret]).tessera.secrets
                == [Settings.secret])
        #expect(
            try Settings.read(environment: ["AUTH_SECRET": second, "NEXTAUTH_SECRET": ""]).tessera.secrets == [second])
        let own = "the-secret-of-our-own-variable-12345"
        let all = ["TESSERA_SECRET": own, "NEXTAUTH_SECRET": Settings.secret, "AUTH_SECRET": second]
        #expect(try Settings.read(file: "secret: in-the-file", environment: all).tessera.secrets == [own])
        #expect(
            try Settings.read(file: "secret: in-the-file", environment: ["AUTH_SECRET": second]).tessera.secrets
                == [second])
        #expect(try Settings.read(file: "secret: in-the-file", environment: [:]).tessera.secrets == ["in-the-file"])
    }

    @Test(
        "AUTH_TRUST_HOST is what it says: 'false' is false",
        arguments: [("true", true), ("1", true), ("false", false), ("0", false), ("FALSE", false), ("", false)])
    func trustHost(text: String, trusts: Bool) throws {
        let settings = try Settings.read(environment: ["NEXTAUTH_SECRET": Settings.secret, "AUTH_TRUST_HOST": text])
        #expect(settings.problems == [])
        #expect(settings.tessera.trustsProxy == trusts)
        #expect(settings.tessera.url == (trusts ? .forwarded(basePath: "/api/auth") : .localhost))
    }

    @Test("NEXTAUTH_URL counts even where the host is trusted")
    func urlBeforeHost() throws {
        let settings = try Settings.read(environment: [
            "NEXTAUTH_SECRET": Settings.secret, "AUTH_TRUST_HOST": "true", "NEXTAUTH_URL": "https://example.com",
        ])
        #expect(settings.tessera.url == .configured(try #require(PublicURL("https://example.com/api/auth"))))
    }

    @Test(
        "NEXTAUTH_URL is read as NextAuth.js reads it",
        arguments: [
            ("example.com", "https://example.com/api/auth"), ("https://e.com/x/", "https://e.com/x"),
            ("http://localhost:4000", "http://localhost:4000/api/auth"),
            ("https://e.com/?a=b", "https://e.com/api/auth"),
        ])
    func url(text: String, meaning: String) throws {
        let settings = try Settings.read(environment: ["NEXTAUTH_SECRET": Settings.secret, "NEXTAUTH_URL": text])
        guard case .configured(let url) = settings.tessera.url else {
            Issue.record("\(settings.tessera.url)")
            return
        }
        #expect("\(url)" == meaning)
    }

    @Test("Without any address it is localhost with the port that is listened on")
    func localhost() throws {
        let settings = try Settings.read(flags: [.port: "4567"])
        #expect(settings.tessera.url == .configured(PublicURL(origin: Origin(localhostPort: 4567))))
    }
}
