import HTTPTypes
import JOSE
import JSON
import Tessera
import TesseraCore
import Testing

@Suite("Contract 10: tokens")
struct TokenTests {
    private func text(ofHeaderIn token: String) -> String {
        let first = token.split(separator: ".", omittingEmptySubsequences: false)[0]
        return String(decoding: Base64URL.decode(String(first)) ?? [], as: UTF8.self)
    }

    /// The claims of a NextAuth.js token, issued an hour ago.
    private func claims(_ clock: ManualClock, lifetime: Int64 = 86_400, adding more: JSONObject = [:]) -> JSONObject {
        let issued = clock.now.seconds - 3600
        var claims: JSONObject = [
            "name": "Ada", "email": "ada@example.com", "sub": "user-ada", "iat": .integer(issued),
            "exp": .integer(issued + lifetime), "jti": "11111111-1111-4111-8111-111111111111",
        ]
        for (name, value) in more.members { claims[name] = value }
        return claims
    }

    @Test("54 The header names dir and A256GCM, and the key (deviation)")
    func header() async throws {
        try await withSite { site in
            var browser = site.browser()
            try await browser.signIn()
            let token = try #require(browser.token)
            let header = try JSONObject(parsing: Array(text(ofHeaderIn: token).utf8))
            #expect(header["alg"] == "dir")
            #expect(header["enc"] == "A256GCM")
            #expect(header["kid"]?.string?.isEmpty == false)
            #expect(header.count == 3)
            let parts = token.split(separator: ".", omittingEmptySubsequences: false)
            #expect(parts.count == 5)
            #expect(parts[1].isEmpty)
            // What opens it knows the contract only, not our code.
            #expect(try openedClaims(token)["sub"] == "user-alice")
        }
    }

    @Test("55 The contract's session token V1 is taken over with its claims")
    func vector() async throws {
        try await withSite { site in
            var browser = site.browser()
            browser.token = ContractTokens.session
            let session = try await browser.session()
            #expect(session["user"]?.object?["name"] == "Ada Lovelace")
            #expect(session["user"]?.object?["email"] == "ada@example.com")
            #expect(session["user"]?.object?["image"] == "https://example.com/ada.png")
            #expect(try browser.claims()["sub"] == "user-0001")
        }
    }

    @Test(
        "56 V4 and the negative cases are refused and their cookie cleared",
        arguments: [
            ContractTokens.expired, String(ContractTokens.session.dropLast(2)) + "AA", ContractTokens.state,
            "x" + ContractTokens.session.dropFirst(),
        ])
    func negativeVectors(token: String) async throws {
        try await withSite { site in
            var browser = site.browser()
            browser.token = token
            let reply = try await browser.get("session")
            #expect(reply.status == 200)
            #expect(reply.body == "{}")
            #expect(reply.setCookie(Site.sessionCookie)?.isDeletion == true)
        }
    }

    @Test("57 With the contract's derived keys both ways work: they read our tokens, and we read theirs")
    func derivedKeys() async throws {
        try await withSite { site in
            var browser = site.browser()
            browser.token = try nextAuthToken(claims(site.clock))
            #expect(try await browser.isSignedIn())
            #expect(try openedClaims(browser.token ?? "")["name"] == "Ada")
        }
    }

    @Test("58 A token sealed for a cookie's name is no session token")
    func saltedToken() async throws {
        try await withSite { site in
            var browser = site.browser()
            browser.token = try nextAuthToken(claims(site.clock), salt: "next-auth.state")
            #expect(try await !browser.isSignedIn())
        }
    }

    @Test("58 A token sealed as a session token is no check cookie, whatever it says")
    func unsaltedCheck() async throws {
        try await withSite({ $0.providers = [.redirecting(Elsewhere())] }) { site in
            var browser = site.browser()
            try await browser.post("signin/elsewhere", ["csrfToken": browser.csrf()])
            let name = try #require(browser.jar.names.first { $0.hasPrefix("next-auth.state.") })
            let sealed = try openedClaims(browser.jar[name] ?? "", salt: name)
            for salt in ["", "next-auth.state", name] {
                var visitor = browser
                visitor.jar[name] = try nextAuthToken(sealed, salt: salt)
                try await visitor.get("callback/elsewhere?state=\(Elsewhere.state)")
                #expect(try await visitor.isSignedIn() == (salt == name), "\(salt)")
            }
        }
    }

    @Test("59 iat, exp, jti and sid are ours, whatever the jwt callback says")
    func reservedClaims() async throws {
        try await withSite({
            $0.callbacks.jwt = { request in
                var claims = request.token
                for name in ["iat", "exp", "nbf"] { claims[name] = 5 }
                for name in ["jti", "sid", "gen", "epoch", "fresh", "auth_time"] { claims[name] = "mine" }
                claims["role"] = "admin"
                return claims
            }
        }) { site in
            var browser = site.browser()
            try await browser.signIn()
            let claims = try browser.claims()
            #expect(claims["iat"]?.integer == site.clock.now.seconds)
            #expect(claims["exp"]?.integer == site.clock.now.seconds + 14 * 86_400)
            #expect(claims["jti"]?.string != "mine")
            #expect(claims["sid"]?.string?.count == 22)
            #expect(claims["gen"]?.integer == 1)
            #expect(claims["auth_time"]?.integer == site.clock.now.seconds)
            #expect(claims["nbf"] == nil)
            #expect(claims["role"] == "admin")
            #expect(try await browser.isSignedIn())
        }
    }

    @Test("60 exp less iat is the idle timeout, and never beyond the absolute limit")
    func lifetime() async throws {
        try await withSite({
            $0.policy = SessionPolicy(absoluteTimeout: .hours(3), idleTimeout: .hours(2), freshWindow: .minutes(5))
        }) { site in
            var browser = site.browser()
            try await browser.signIn()
            let begin = site.clock.now.seconds
            #expect(try browser.claims()["exp"]?.integer == begin + 7200)
            site.clock.advance(.minutes(90))
            try await browser.session()
            #expect(try browser.claims()["iat"]?.integer == begin + 5400)
            #expect(try browser.claims()["exp"]?.integer == begin + 10_800)
        }
    }

    @Test("61 A token that expired 14 s ago is accepted, 16 s ago refused", arguments: [(14, true), (16, false)])
    func skew(seconds: Int64, isAccepted: Bool) async throws {
        try await withSite { site in
            var browser = site.browser()
            let exp = JSONValue.integer(site.clock.now.seconds - seconds)
            browser.token = try nextAuthToken(claims(site.clock, adding: ["exp": exp]))
            #expect(try await browser.isSignedIn() == isAccepted)
        }
    }

    @Test("62 nbf 60 s ahead is refused, 10 s ahead accepted", arguments: [(60, false), (10, true)])
    func notBefore(seconds: Int64, isAccepted: Bool) async throws {
        try await withSite { site in
            var browser = site.browser()
            let nbf = JSONValue.integer(site.clock.now.seconds + seconds)
            browser.token = try nextAuthToken(claims(site.clock, adding: ["nbf": nbf]))
            #expect(try await browser.isSignedIn() == isAccepted)
        }
    }

    @Test(
        "63 Times that are no numbers, and payloads that are no objects, are refused",
        arguments: [
            #"{"sub":"a","iat":"1","exp":4102444800}"#, #"{"sub":"a","iat":1,"exp":"4102444800"}"#,
            #"{"sub":"a","exp":null}"#, #"{"sub":"a","exp":4102444800,"nbf":"x"}"#, "[1]", "\"text\"", "", "{", "null",
            #"{"sub":"a","exp":1e300}"#, #"{"sub":"a","exp":4102444800,"exp":4102444801}"#,
        ])
    func malformedPayload(payload: String) async throws {
        try await withSite { site in
            var browser = site.browser()
            let info = "NextAuth.js Generated Encryption Key"
            let key = try JWK(secret: HKDF.derive(secret: Site.secret, salt: "", info: info, length: 32))
            browser.token = try JWE.seal(Array(payload.utf8), using: key, alg: .direct, enc: .a256GCM)
            let reply = try await browser.get("session")
            #expect(reply.body == "{}")
            #expect(browser.token == nil)
        }
    }

    @Test("64 An empty token is none: no error, nothing cleared")
    func emptyToken() async throws {
        try await withSite { site in
            var browser = site.browser()
            browser.token = ""
            let reply = try await browser.get("session")
            #expect(reply.status == 200)
            #expect(reply.body == "{}")
            #expect(!reply.touchesSessionCookie)
        }
    }

    @Test("65, 71 A token of another secret is refused and its cookie cleared")
    func otherSecret() async throws {
        try await withSite { site in
            var browser = site.browser()
            browser.token = try nextAuthToken(claims(site.clock), secret: "another secret of the same length..")
            let reply = try await browser.get("session")
            #expect(reply.body == "{}")
            #expect(reply.setCookie(Site.sessionCookie)?.isDeletion == true)
        }
    }

    @Test("66 Another enc, zip, and a missing exp are refused (deviation)")
    func otherAlgorithms() async throws {
        try await withSite { site in
            var claims = claims(site.clock)
            let info = "NextAuth.js Generated Encryption Key"
            let key = try JWK(secret: HKDF.derive(secret: Site.secret, salt: "", info: info, length: 32))
            var tokens = [
                try nextAuthToken(claims, enc: .a128CBCHS256),
                try JWE.seal(claims.serialized(), using: key, alg: .a256KW, enc: .a256GCM),
                try JWE.seal(claims.serialized(), using: key, alg: .a256GCMKW, enc: .a256GCM),
            ]
            let zip = Base64URL.encode(Array(#"{"alg":"dir","enc":"A256GCM","zip":"DEF"}"#.utf8))
            let genuine = try nextAuthToken(claims)
            tokens.append(zip + genuine.drop { $0 != "." })
            claims["exp"] = nil
            tokens.append(try nextAuthToken(claims))
            for token in tokens {
                var browser = site.browser()
                browser.token = token
                #expect(try await !browser.isSignedIn(), "\(text(ofHeaderIn: token))")
            }
            var browser = site.browser()
            browser.token = genuine
            #expect(try await browser.isSignedIn())
        }
    }

    @Test("67 The cookie counts before the bearer token, even a bad one")
    func cookieFirst() async throws {
        try await withSite { site in
            var alice = site.browser()
            try await alice.signIn()
            var bob = site.browser()
            try await bob.signIn("bob")
            var both = alice
            both.headers[.authorization] = "Bearer \(bob.token ?? "")"
            #expect(try await both.session()["user"]?.object?["name"] == "Alice")
            var program = site.browser()
            program.headers[.authorization] = "Bearer \(bob.token ?? "")"
            #expect(try await program.session()["user"]?.object?["name"] == "Bob")
            program.token = "bad"
            #expect(try await !program.isSignedIn())
        }
    }

    @Test("68, 69 The scheme is exactly Bearer, and percent-encoding that cannot be undone is no token")
    func bearer() async throws {
        try await withSite { site in
            var browser = site.browser()
            try await browser.signIn()
            let token = browser.token ?? ""
            let encoded = token.replacing(".", with: "%2E")
            for (value, isAccepted) in [
                ("Bearer \(token)", true), ("Bearer \(encoded)", true), ("Bearer \(token) more", true),
                ("bearer \(token)", false), ("BEARER \(token)", false), ("Bearer  \(token)", false),
                ("Bearer", false), ("Bearer ", false), ("Basic \(token)", false), ("Bearer %zz\(token)", false),
                ("Bearer \(token)%", false), (token, false),
            ] {
                var program = site.browser()
                program.headers[.authorization] = value
                let reply = try await program.get("session")
                #expect(reply.status == 200)
                #expect(try (reply.json["user"] != nil) == isAccepted, "\(value.prefix(12))")
                #expect(!reply.touchesSessionCookie)
            }
        }
    }

    @Test("72 The __Secure- cookie is read in secure mode only, the plain one otherwise", arguments: [true, false])
    func secureName(secure: Bool) async throws {
        try await withSite({ $0.useSecureCookies = secure }) { site in
            let token = try nextAuthToken(claims(site.clock))
            for name in ["__Secure-next-auth.session-token", "next-auth.session-token"] {
                var browser = site.browser()
                browser.jar[name] = token
                #expect(try await browser.isSignedIn() == (name.hasPrefix("__Secure-") == secure))
            }
        }
    }

    @Test(
        "74 Another format of session tokens leaves check cookies as they are",
        arguments: [
            TokenFormat.signed(alg: "HS256"), .sealed(alg: "A256KW", enc: "A128CBC-HS256"),
            .signedThenSealed(signing: "HS512", alg: "dir", enc: "A256GCM"), .reference,
        ])
    func otherFormat(format: TokenFormat) async throws {
        try await withSite({
            $0.tokenFormat = format
            $0.providers = [.redirecting(Elsewhere()), Site.credentials]
        }) { site in
            var browser = site.browser()
            let begin = try await browser.post("signin/elsewhere", ["csrfToken": browser.csrf()])
            let check = try #require(begin.setCookies.first { $0.name.hasPrefix("next-auth.state.") })
            #expect(try openedClaims(check.value, salt: check.name)["value"]?.string == Elsewhere.state)
            try await browser.get("callback/elsewhere?state=\(Elsewhere.state)")
            #expect(try await browser.isSignedIn())
            #expect(throws: (any Error).self) { try browser.claims() }
            site.clock.advance(.minutes(6))
            #expect(try await browser.isSignedIn())
        }
    }
}

/// Tokens of contract 3.5, sealed with `Site.secret`.
enum ContractTokens {
    static let session =
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAECAwQFBgcICQoL.fL2tLXcJlj_3uqP3HooBWn5615vARqDwhCOte8h9EsPc8s5BLSOP6dPz_3u9vdzCrdsseYdy410smCAS3MI_9MFRr6DnR-HssYGnAa-SA2KfIeE9exf7ih-u1v4MTI23hBT1fibjUrnng2acq-1V1c3ZuiRrMp5lzJ_vplSYNwo8tGG8-qmvW2fRvkStsloIouqVwXJs9Udzb83Lz8pSkUFzpg_be8HyXJLpo0PrdA6GLqVeFnscC_gG.N4FQX63l7YaviN3lkLi49Q"
    static let state =
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..oKGio6Slpqeoqaqr.xCAmu4rBURtiVlCL3xastCuoFHzuoA-YXMJQvGe_wwxr1_tDZPmC-nEQ562ucLsdsxIL5EkDWjAvqI-Ghmz-CiLGeN49qYwn7G5s69BbT3gvOnKLyVPygquBQXne9MI1PtBnKs6KovrWeZgXh3oTkjHiFwqGyR5Ofe-bu3Td7CJ0U0-M7izm19kLLG1gXtZxmX3vQFfeKvKEXQ.sv-3QfF0I9zGb6xxQDIQsQ"
    static let expired =
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..Dw4NDAsKCQgHBgUE.MjBb-KlWp8plqZsfEkJz6TqD-DvREMYqOryQQ3A7iXor9aqKmIBThDCwpFYPYbUCyg8C9x2UdvFM-7fTXk71tnie61Qi3T0FKMCgTuQ58jNLCsM-bZL72HGVNwW-upazLm8.4VUoo1IT9lhHPtlObyaz6w"
}
