import HTTPTypes
import JSON
import Tessera
import TesseraCore
import Testing

@Suite("Limits on attempts to sign in")
struct AttemptTests {
    @Test(
        "An identifier can be tried ten times, then once a minute; whether it exists makes no difference",
        arguments: ["alice", "nobody"])
    func identifier(name: String) async throws {
        let clock = ManualClock()
        try await withSite(clock: clock) { site in
            var browser = site.browser()
            for _ in 0..<10 {
                let wrong = try await browser.signIn(name, "wrong")
                #expect(wrong.status == 401)
            }
            let refused = try await browser.signIn(name, "wrong")
            #expect(refused.status == 429)
            #expect(refused.jsonURL == "\(Site.base)/error?error=TooManyAttempts")
            #expect(refused.header("Retry-After") == "61")
            // Also with the right password, and from elsewhere.
            var other = site.browser()
            #expect(try await other.signIn(name.uppercased(), "wonderland").status == 429)
            clock.advance(.seconds(60))
            #expect(try await browser.signIn(name, "wrong").status == 401)
            #expect(try await browser.signIn(name, "wrong").status == 429)
        }
    }

    @Test(
        "An identifier is counted whatever it is sent as; what is no text, or missing, is counted as one",
        arguments: [
            ["12345678", 12_345_678, " 12345678", "12345678\t"], [["a"], ["b"], .null, ["c": 1]],
            ["", " ", nil, ["x"]],
        ] as [[JSONValue?]])
    func anyType(values: [JSONValue?]) async throws {
        try await withSite { site in
            var browser = site.browser()
            for number in 0..<11 {
                var body: JSONObject = [
                    "csrfToken": .string(try await browser.csrf()), "json": "true", "password": "wrong",
                ]
                body["username"] = values[number % values.count]
                let reply = try await browser.post("callback/credentials", json: body)
                #expect(reply.status == (number < 10 ? 401 : 429), "\(number)")
            }
        }
    }

    @Test("A success starts the identifier again from nothing")
    func success() async throws {
        try await withSite { site in
            var browser = site.browser()
            for _ in 0..<3 {
                for _ in 0..<9 {
                    let wrong = try await browser.signIn("alice", "wrong")
                    #expect(wrong.status == 401)
                }
                #expect(try await browser.signIn("alice").status == 200)
            }
        }
    }

    @Test("An address can try many identifiers only so often")
    func address() async throws {
        try await withSite({
            $0.trustsProxy = true
            $0.attemptLimits.perAddress = AttemptLimit(burst: 5, interval: .seconds(60))
        }) { site in
            func attempt(_ number: Int, from address: String) async throws -> Int {
                var browser = site.browser()
                browser.headers[.xForwardedFor] = address
                return try await browser.signIn("user-\(number)", "wrong").status
            }
            for number in 0..<5 {
                let status = try await attempt(number, from: "192.0.2.1")
                #expect(status == 401)
            }
            #expect(try await attempt(6, from: "192.0.2.1") == 429)
            #expect(try await attempt(7, from: "192.0.2.2") == 401)
            for number in 10..<15 {
                let status = try await attempt(number, from: "2001:db8:0:1::\(number)")
                #expect(status == 401)
            }
            #expect(try await attempt(15, from: "2001:db8:0:1:ffff::1") == 429)
            #expect(try await attempt(16, from: "2001:db8:0:2::1") == 401)
        }
    }

    @Test("The sign-in page says that there were too many")
    func page() async throws {
        try await withSite { site in
            var browser = site.browser()
            let error = try await browser.get("error?error=TooManyAttempts")
            #expect(error.location == "\(Site.base)/signin?error=TooManyAttempts")
            #expect(try await browser.get("signin?error=TooManyAttempts").body.contains("too many attempts"))
        }
    }
}

extension HTTPField.Name {
    fileprivate static let xForwardedFor = HTTPField.Name("X-Forwarded-For") ?? .from
}
