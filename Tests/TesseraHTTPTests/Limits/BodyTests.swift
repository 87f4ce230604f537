import HTTPTypes
import JSON
import Logging
import Tessera
import Testing

@Suite("Bodies and their limits")
struct BodyTests {
    private static let form = "application/x-www-form-urlencoded"

    @Test(
        "A body of 256 KiB is read, one byte more is 413",
        arguments: ["_log", "session", "signout", "callback/credentials", "keepalive"])
    func size(path: String) async throws {
        try await withSite { site in
            var browser = site.browser()
            let body = Array("x=".utf8) + [UInt8](repeating: 0x61, count: (1 << 18) - 2)
            #expect(try await browser.send(.post, path, type: Self.form, body: body).status != 413)
            let reply = try await browser.send(.post, path, type: Self.form, body: body + [0x61])
            #expect(reply.status == 413)
            #expect(reply.errorCode == "body_too_large")
            #expect(reply.setCookies.isEmpty)
        }
    }

    @Test(
        "JSON that is none is 400, and says so stably",
        arguments: [
            "{", "[]", "null", "1", "{\"a\":1,\"a\":2}", "{\"a\":01}", "{\"a\":\"\u{1}\"}", "{} x", "{'a':1}",
            String(repeating: "{\"a\":", count: 40) + "1" + String(repeating: "}", count: 40),
        ])
    func malformedJSON(text: String) async throws {
        try await withSite { site in
            var browser = site.browser()
            for path in ["session", "signout", "_log", "sessions/revoke-others"] {
                let reply = try await browser.send(.post, path, type: "application/json", body: Array(text.utf8))
                #expect(reply.status == 400)
                #expect(reply.errorCode == "body_malformed")
            }
        }
    }

    @Test("A form, or JSON, that is not UTF-8 is 400")
    func notUTF8() async throws {
        try await withSite { site in
            var browser = site.browser()
            for (type, body) in [
                (Self.form, [0x61, 0x3D, 0xFF]),
                ("application/json", Array("{\"a\":\"".utf8) + [0xC3, 0x28] + Array("\"}".utf8)),
            ] as [(String, [UInt8])] {
                let reply = try await browser.send(.post, "signout", type: type, body: body)
                #expect(reply.status == 400)
                #expect(reply.errorCode == "body_malformed")
            }
        }
    }

    @Test("A form has at most 1000 fields", arguments: [(1000, false), (1001, true), (20_000, true)])
    func fields(count: Int, isRefused: Bool) async throws {
        try await withSite { site in
            var browser = site.browser()
            let body = (0..<count).map { "f\($0)=1" }.joined(separator: "&")
            let reply = try await browser.send(.post, "signout", type: Self.form, body: Array(body.utf8))
            #expect((reply.status == 400) == isRefused)
            if isRefused { #expect(reply.errorCode == "body_malformed") }
        }
    }

    @Test("Of two fields with one name the last counts; what cannot be decoded is taken as written")
    func duplicates() async throws {
        let seen = Recorder<JSONObject>()
        try await withSite({
            $0.providers = [
                .credentials { credentials, _ in
                    seen.add(credentials.body)
                    return nil
                }
            ]
        }) { site in
            var browser = site.browser()
            let token = try await browser.csrf()
            let body = "csrfToken=\(token)&a=1&a=2&b=%zz&c=x+y%2B&d&=e&f=g=h"
            try await browser.send(
                .post, "callback/credentials", type: Self.form + "; charset=utf-8", body: Array(body.utf8))
            let fields = try #require(seen.values.first)
            #expect(fields["a"] == "2")
            #expect(fields["b"] == "%zz")
            #expect(fields["c"] == "x y+")
            #expect(fields["d"] == "")
            #expect(fields["f"] == "g=h")
        }
    }

    @Test(
        "Another content type is no body: nothing is verified by it",
        arguments: ["text/plain", "multipart/form-data; boundary=x", "", "application/xml"])
    func otherTypes(type: String) async throws {
        try await withSite { site in
            var browser = site.browser()
            try await browser.signIn()
            let token = try await browser.csrf()
            let reply = try await browser.send(.post, "signout", type: type, body: Array("csrfToken=\(token)".utf8))
            #expect(reply.location == "\(Site.base)/signout?csrf=true")
            #expect(try await browser.isSignedIn())
        }
    }

    @Test("POST _log is 200 whatever it says; only harmless codes reach the log")
    func log() async throws {
        try await withSite { site in
            var browser = site.browser()
            for (level, code) in [
                ("error", "CLIENT_FETCH_ERROR"), ("error", "evil\nline"), ("fatal", "CODE"),
                ("debug", String(repeating: "A", count: 65)),
                ("warn", "<script>"), ("error", ""),
            ] {
                let reply = try await browser.post("_log", ["level": level, "code": code, "message": "secret text"])
                #expect(reply.status == 200)
                #expect(reply.body.isEmpty)
                #expect(reply.setCookies.isEmpty)
            }
            let lines = site.log.values.filter { $0.contains("browser client reports") }
            #expect(lines == ["warning: browser client reports code=CLIENT_FETCH_ERROR"])
            #expect(!site.log.values.contains { $0.contains("secret text") })
        }
    }

    @Test(
        "178 What is for debugging is logged where the logger's level says so, and nowhere else (deviation)",
        arguments: [(Logger.Level.debug, true), (.info, false)])
    func debugLevel(level: Logger.Level, isLogged: Bool) async throws {
        try await withSite(logLevel: level) { site in
            var browser = site.browser()
            try await browser.post("_log", ["level": "debug", "code": "CALLED"])
            try await browser.post("_log", ["level": "warn", "code": "WARNED"])
            #expect(site.log.values.contains { $0.contains("CALLED") } == isLogged)
            #expect(site.log.values.contains { $0.contains("WARNED") })
        }
    }
}
