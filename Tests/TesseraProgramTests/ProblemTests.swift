import Foundation
import Tessera
import Testing

@testable import TesseraProgram

@Suite("What is wrong with settings")
struct ProblemTests {
    @Test("Everything that is wrong is told in one run, with where it is from")
    func everything() throws {
        let file = """
            port: 70000
            prot: 3000
            store: redis
            logLevel: loud
            adoption: sometimes
            session: {preset: aal4, idleTimeout: soon, perUser: 0, idleTimout: 3d}
            tokens: {format: sealed, enc: A256XYZ}
            theme: {colorScheme: pink, brandColor: blue, logo: "javascript:alert(1)"}
            pages: {signIn: "foo"}
            cookies:
              sessionToken: {name: "a b", sameSite: maybe}
              csrfToken: {name: __Host-csrf, secure: false}
            """
        let settings = try Settings.read(
            file: file,
            environment: ["AUTH_TRUST_HOST": "perhaps", "TESSERA_OPERATOR_KEY": "short", "TESSERA_ACTOR_LIMIT": "1"],
            flags: [.url: "http://"])
        let expected = [
            "port: \"70000\" is not a number from 0 to 65535",
            "there is no setting prot; port is meant?",
            "store: this is not sqlite:PATH, memory, or the URL of a Redis such as redis://localhost",
            "logLevel: \"loud\" is not one of trace, debug, info, notice, warning, error, critical",
            "adoption: \"sometimes\" is not always, never, or a date such as 2026-12-31",
            "session.preset: \"aal4\" is not consumer, aal2 or aal3",
            "session.idleTimeout: \"soon\" is not a duration such as 30s, 5m, 12h or 14d (a number alone is seconds)",
            "session.perUser: \"0\" is not a number from 1 to 1000",
            "there is no setting session.idleTimout; session.idleTimeout is meant?",
            "A256XYZ is no content encryption",
            "theme.colorScheme must be auto, dark or light",
            "theme.brandColor must be a colour like #1a2b3c or #abc",
            "theme.logo must be an absolute http or https URL",
            "pages.signIn must be a path or an http(s) URL, not \"foo\"",
            "cookies.sessionToken: the name \"a b\" is not a cookie name",
            "cookies.sessionToken.sameSite: \"maybe\" is not strict, lax or none",
            "cookies.csrfToken: a __Host- name needs the secure attribute, the path / and no domain",
            "AUTH_TRUST_HOST (trustHost): \"perhaps\" is not true or false",
            "operatorKey: fewer than 16 bytes could be guessed; `tessera secret` makes one",
            "TESSERA_ACTOR_LIMIT (actorLimit): \"1\" is not a number from 2 to 10000000",
            "--url (url): \"http://\" is not an http(s) URL",
            "there is no secret: make one with `tessera secret` and set it as NEXTAUTH_SECRET",
        ]
        for problem in expected {
            #expect(settings.problems.contains { $0.contains(problem) }, "\(problem) in \(settings.problems)")
        }
        #expect(settings.problems.count == expected.count, "\(settings.problems)")
    }

    @Test(
        "A name that is none is told, with the one that may be meant",
        arguments: [
            ("Port: 1", "there is no setting Port; port is meant?"),
            ("idleTimeout: 1d", "there is no setting idleTimeout; session.idleTimeout is meant?"),
            ("sessions: {grace: 1s}", "there is no setting sessions.grace; session.grace is meant?"),
            ("themes.logo: x", "there is no setting themes.logo; theme.logo is meant?"),
            ("entirely: {other: things}", "there is no setting entirely.other"),
            ("cookies: {session: {name: x}}", "there is no setting cookies.session.name"),
            ("port: {of: 1}", "there is no setting port.of"),
        ])
    func unknownName(file: String, problem: String) throws {
        let problems = try Settings.read(file: file).problems
        #expect(problems.count == 1)
        #expect(problems.first?.contains(problem) == true, "\(problems)")
    }

    @Test("A variable that looks like a setting and is none is warned of; a platform may have set it")
    func strangeVariable() throws {
        let settings = try Settings.read(environment: [
            "NEXTAUTH_SECRET": Settings.secret, "TESSERA_IDLE_TIMEOUT": "5m", "TESSERA_SERVICE_HOST": "10.0.0.1",
        ])
        #expect(settings.problems == [])
        #expect(
            settings.warnings.contains(
                "the variable TESSERA_IDLE_TIMEOUT is no setting; TESSERA_SESSION_IDLE_TIMEOUT is meant?"),
            "\(settings.warnings)")
        #expect(settings.warnings.contains { $0.contains("TESSERA_SERVICE_HOST is no setting") })
    }

    @Test(
        "A file that cannot be read is told by its place, never by what stands in it",
        arguments: [
            ("port: 1\nsecret: hunter2: x\n", ":2:"), ("secret: 'hunter2\nport: 1\n", ":"),
            ("{\"secret\": \"hunter2\"", ":"), ("secret hunter2", "written as `name: value`"),
            ("- secret\n- hunter2\n", "written as `name: value`"), ("secret: \"hunter2\\q\"\n", ":1:"),
            ("secret: hunter2\nsecret: hunter2\n", "secret is there twice"),
            ("session: {grace: 1s, grace: hunter2}\n", "grace is there twice"),
            (#"{"secret": "hunter2", "secret": "hunter2"}"#, "secret is there twice"),
        ])
    func brokenFile(file: String, place: String) throws {
        let problems = try Settings.read(file: file, environment: [:]).problems
        #expect(problems.count == 1, "\(problems)")
        #expect(problems.first?.contains("tessera.yaml") == true)
        #expect(problems.first?.contains(place) == true, "\(problems)")
        #expect(problems.first?.contains("hunter2") == false)
    }

    @Test(
        "Lists are lists, and single values are not",
        arguments: [("port: [1, 2]", "port is one value"), ("secrets: [[a], b]", "secrets is a list")])
    func shape(file: String, problem: String) throws {
        let problems = try Settings.read(file: file, environment: [:]).problems
        #expect(problems.contains { $0.contains(problem) }, "\(problems)")
    }

    @Test("A file that is not there, and one that is no text, are named")
    func noFile() throws {
        let folder = try TemporaryFolder()
        let missing = ServeSettings(flags: [:], environment: [:], configPath: folder.path("none.yaml"), isDemo: false)
        #expect(missing.problems == ["\(folder.path("none.yaml")): there is no such file, or it may not be read"])
        try Data([0xFF, 0xFE, 0x00]).write(to: folder.url.appending(path: "binary"))
        let binary = ServeSettings(flags: [:], environment: [:], configPath: folder.path("binary"), isDemo: false)
        #expect(binary.problems == ["\(folder.path("binary")): is not a text in UTF-8"])
    }

    @Test(
        "An algorithm with key pairs needs key files, and says so",
        arguments: [
            "{format: signed, signing: RS256}", "{format: sealed, alg: RSA-OAEP-256}",
            "{format: signed-then-sealed, alg: ECDH-ES}",
        ])
    func keyPairs(tokens: String) throws {
        let problems = try Settings.read(file: "tokens: \(tokens)").problems
        #expect(problems.count == 1)
        #expect(problems.first?.contains("takes a key pair of its own, and none is given") == true, "\(problems)")
    }

    @Test("The operator's port needs a key and a port of its own")
    func operatorPort() throws {
        #expect(
            try Settings.read(flags: [.operatorPort: "3001"]).problems.contains { $0.contains("TESSERA_OPERATOR_KEY") })
        let environment = ["NEXTAUTH_SECRET": Settings.secret, "TESSERA_OPERATOR_KEY": "an-operator-key-of-tests"]
        let same = try Settings.read(environment: environment, flags: [.port: "3001", .operatorPort: "3001"])
        #expect(same.problems == ["port and operatorPort are the same"])
        let open = try Settings.read(file: "operatorHost: 0.0.0.0", environment: environment)
        #expect(open.problems == [])
        #expect(open.warnings.contains { $0.contains("without TLS") })
    }

    @Test("Secrets in two places are refused, unless they agree")
    func secretsTwice() throws {
        let ring = "secrets: [the-newest-secret-0123456789abcdef, the-one-before-it-0123456789abcdef]"
        #expect(try Settings.read(file: ring).problems.contains { $0.contains("both set") })
        let same = try Settings.read(file: ring, environment: ["NEXTAUTH_SECRET": "the-newest-secret-0123456789abcdef"])
        #expect(same.problems == [])
        #expect(same.tessera.secrets.count == 2)
        let listed = try Settings.read(environment: ["TESSERA_SECRETS": "first-0123456789abcdef0123456789ab, second"])
        #expect(listed.tessera.secrets == ["first-0123456789abcdef0123456789ab", "second"])
        #expect(listed.tessera.warnings.contains { $0.contains("shorter than 32 bytes") })
    }

    @Test("The demo makes a secret of its own, another one each time; nothing else does")
    func demoSecret() throws {
        let first = try Settings.read(environment: [:], isDemo: true)
        let second = try Settings.read(environment: [:], isDemo: true)
        #expect(first.problems == [])
        #expect(first.tessera.secrets != second.tessera.secrets)
        #expect(try Settings.read(environment: [:]).problems.count == 1)
        #expect(try Settings.read(isDemo: true).tessera.secrets == [Settings.secret])
    }
}

@Suite("Values of settings")
struct ValueTests {
    @Test(
        "Durations",
        arguments: [
            ("0", Duration.zero), ("30", .seconds(30)), ("30s", .seconds(30)), ("5m", .seconds(300)),
            ("12h", .seconds(43_200)), ("14d", .seconds(1_209_600)),
        ])
    func durations(text: String, duration: Duration) {
        #expect(SettingsReader.duration(text) == duration)
    }

    @Test("What is no duration", arguments: ["", "s", "-1s", "1.5h", "5 m", "1w", "5M", "99999999999d", "1h30m"])
    func noDurations(text: String) { #expect(SettingsReader.duration(text) == nil) }

    @Test(
        "Adoption",
        arguments: [
            ("always", Adoption.always), ("never", .never), ("2026-12-31", .until(Timestamp(seconds: 1_798_675_200))),
        ])
    func adoption(text: String, adoption: Adoption) throws {
        #expect(try Settings.read(file: "adoption: \(text)").tessera.adoption == adoption)
    }

    @Test("A preset is where the other session settings start from")
    func preset() throws {
        let policy = try Settings.read(file: "session: {preset: aal2, freshWindow: 60s}").tessera.policy
        var expected = SessionPolicy.aal2
        expected.freshWindow = .seconds(60)
        #expect(policy == expected)
    }

    @Test("A cookie's attributes that are not set are the default's")
    func cookies() throws {
        let file = """
            url: https://app.example.com
            cookies:
              sessionToken: {name: __Secure-sso, domain: .example.com}
              nonce: {sameSite: None}
            """
        let settings = try Settings.read(file: file)
        #expect(settings.problems == [])
        let cookie = CookieSettings.Cookie(
            name: "__Secure-sso", httpOnly: true, sameSite: .lax, path: "/", domain: ".example.com", secure: true)
        #expect(settings.tessera.cookies.sessionToken == cookie)
        #expect(settings.tessera.cookies.nonce?.sameSite == CookieSettings.SameSite.none)
        #expect(settings.tessera.cookies.nonce?.secure == true)
        #expect(settings.tessera.cookies.csrfToken == nil)
    }

    @Test("Key files: a key, a set of keys, and what is neither")
    func keyFiles() throws {
        let folder = try TemporaryFolder()
        let key =
            #"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"one"}"#
        let one = try folder.write(key, to: "one.jwk")
        let set = try folder.write("{\"keys\": [\(key)]}", to: "set.json")
        func read(_ path: String) throws -> ServeSettings {
            try Settings.read(file: "tokens: {format: signed, signing: EdDSA, signingKeyFiles: ['\(path)']}")
        }
        #expect(try read(one).problems == [])
        #expect(try read(set).tessera.signingKeys.count == 1)
        #expect(try read(folder.path("none")).problems.first?.contains("there is no such file") == true)
        let broken = try read(try folder.write("{\"d\": \"hunter2\"", to: "broken"))
        #expect(broken.problems.first?.contains("is not a key") == true)
        #expect(broken.problems.first?.contains("hunter2") == false)
        let rsa = try Settings.read(file: "tokens: {format: signed, signing: RS256, signingKeyFiles: ['\(one)']}")
        #expect(rsa.problems.count == 1, "an Ed25519 key is none for RS256")
        let publicOnly = try folder.write(
            #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#, to: "public.jwk")
        #expect(try read(publicOnly).problems.first?.contains("private") == true)
    }
}
