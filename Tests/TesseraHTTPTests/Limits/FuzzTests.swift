import HTTPTypes
import HummingbirdTesting
import JSON
import NIOCore
import Tessera
import TesseraTestKit
import Testing

@Suite("No request makes a 500")
struct FuzzTests {
    /// Makes requests that are nearly right: valid parts, some of them changed.
    private struct Maker {
        var random: SeededRandom
        let cookies: [String]
        let csrfToken: String
        let session: String

        mutating func number(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }
        mutating func pick<Element>(_ elements: [Element]) -> Element { elements[number(elements.count)] }
        mutating func chance(_ percent: Int) -> Bool { number(100) < percent }

        mutating func noise(_ length: Int) -> [UInt8] { random.bytes(number(length + 1)) }

        /// A text with some of its bytes changed, dropped, doubled or cut off.
        mutating func mutated(_ text: String) -> String {
            var bytes = Array(text.utf8)
            for _ in 0..<number(4) {
                guard !bytes.isEmpty else { break }
                let place = number(bytes.count)
                switch number(6) {
                case 0: bytes[place] = UInt8(number(256))
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(UInt8(number(256)), at: place)
                case 3: bytes.removeLast(number(bytes.count))
                case 4: bytes.append(contentsOf: bytes.prefix(number(bytes.count + 1)))
                default: bytes[place] = pick(Array("%.|;=,\"\\ \0\r\n/?#&+".utf8))
                }
            }
            return String(decoding: bytes, as: UTF8.self)
        }

        mutating func path() -> String {
            let actions = [
                "providers", "csrf", "session", "signin", "signout", "callback", "verify-request", "error", "_log",
                "account", "sessions", "keepalive", "",
            ]
            var path = "/api/auth/" + pick(actions)
            let seconds = ["credentials", "elsewhere", session, "revoke-others", "unknown", "%", "%00", "..", "%2F%ff"]
            if chance(60) { path += "/" + pick(seconds) }
            if chance(20) { path += "/" + pick(["end", "x", "", "%zz"]) }
            if chance(15) { path = mutated(path) }
            if chance(50) { path += "?" + query() }
            // What no server would hand on as a path: it reads up to the first space.
            return path.hasPrefix("/") ? String(path.prefix { $0 != " " && $0 != "\r" && $0 != "\n" }) : "/" + path
        }

        /// A path of the operator's API, or nearly one.
        mutating func operatorPath() -> String {
            let users = ["user-alice", "nobody", "a%2Fb", "%00", "%ff", "%", "", String(repeating: "x", count: 257)]
            let ids = [session, "AAAAAAAAAAAAAAAAAAAAAA", "x", "%zz", ""]
            var path = pick([
                "/v1/users/\(pick(users))/sessions", "/v1/users/\(pick(users))/sessions/\(pick(ids))",
                "/v1/users/\(pick(users))/revoke", "/v1/everybody/revoke", "/v1/blocklist", "/health/ready", "/v1",
            ])
            if chance(25) { path = mutated(path) }
            if chance(20) { path += "?" + query() }
            return "/" + path.drop { $0 == "/" }.prefix { $0 != " " && $0 != "\r" && $0 != "\n" }
        }

        /// A body for the operator's API.
        ///
        /// - Parameter now: seconds since 1970.
        mutating func operatorBody(now: Int64) -> [UInt8] {
            let texts = [
                #"{"reason":"lost"}"#, #"{"confirm":"everybody"}"#, #"{"confirm":["everybody"]}"#,
                #"{"jti":"x","expires":\#(now + 60)}"#, #"{"jti":"x","expires":\#(now)}"#,
                #"{"jti":"x","expires":9223372036854775807}"#, #"{"jti":"x","expires":-1e300}"#,
                #"{"jti":"\#(session)","expires":\#(now + 60),"reason":5}"#, "", "[]",
            ]
            switch number(10) {
            case 0: return noise(2000)
            case 1: return Array(String(repeating: "[", count: number(3000)).utf8)
            case 2: return [UInt8](repeating: 0x20, count: (1 << 16) - 5 + number(10))
            case 3...5: return Array(mutated(pick(texts)).utf8)
            default: return Array(pick(texts).utf8)
            }
        }

        mutating func query() -> String {
            let pairs = [
                "callbackUrl=/x", "callbackUrl=http://localhost:3000/", "callbackUrl=%", "callbackUrl=javascript:1",
                "error=AccessDenied", "error=Signin", "error=%ff%00", "email=a@b", "state=x", "code=1",
                "done=others-ended",
                "csrfToken=\(csrfToken)", "&&&", "=", "a=b=c", "json=true",
            ]
            return (0..<number(4)).map { _ in chance(20) ? mutated(pick(pairs)) : pick(pairs) }.joined(separator: "&")
        }

        mutating func headers() -> HTTPFields {
            var headers: HTTPFields = [:]
            var values = cookies.filter { _ in chance(80) }
            for index in values.indices where chance(25) { values[index] = mutated(values[index]) }
            if chance(10) { values.append("next-auth.session-token.\(number(200))=\(mutated("chunk"))") }
            if !values.isEmpty { headers[.cookie] = values.joined(separator: "; ") }
            if chance(10) { headers[.authorization] = mutated("Bearer \(session)") }
            if chance(20) { headers[.accept] = pick(["text/html", "*/*", "application/json", ""]) }
            if chance(20) { headers[.origin] = pick(["http://localhost:3000", "null", "https://evil.com", ""]) }
            if chance(10) { headers[.userAgent] = String(decoding: noise(300), as: UTF8.self) }
            if chance(70) {
                headers[.contentType] = pick([
                    "application/json", "application/x-www-form-urlencoded", "application/json; charset=x",
                    "multipart/form-data; boundary=x", "text/plain", "",
                    "application/x-www-form-urlencodedapplication/json",
                ])
            }
            return headers
        }

        mutating func body() -> [UInt8] {
            let forms = [
                "csrfToken=\(csrfToken)&username=alice&password=wonderland&json=true",
                "csrfToken=\(csrfToken)&scope=everywhere", "csrfToken=\(csrfToken)&data=x", "level=error&code=X",
                #"{"csrfToken":"\#(csrfToken)","data":{"a":[1,2,{"b":null}]},"json":"true"}"#,
                #"{"csrfToken":"\#(csrfToken)","callbackUrl":5}"#, "[]", "{", "",
                "csrfToken=\(csrfToken)&callbackUrl=/x",
            ]
            switch number(10) {
            case 0: return noise(2000)
            case 1: return Array(String(repeating: "[", count: number(3000)).utf8)
            case 2: return Array((0..<number(1500)).map { "f\($0)=1" }.joined(separator: "&").utf8)
            case 3...5: return Array(mutated(pick(forms)).utf8)
            default: return Array(pick(forms).utf8)
            }
        }
    }

    @Test(
        "Thousands of odd requests get answers below 500, with a store that works", arguments: [1, 2, 3, 4] as [UInt64])
    func oddRequests(seed: UInt64) async throws {
        let formats = [TokenFormat.standard, .reference, .signed(alg: "HS256"), .standard]
        try await withSite({
            $0.providers = [Site.credentials, .redirecting(Elsewhere())]
            $0.tokenFormat = formats[Int(seed - 1)]
            if seed == 4 { $0.url = .forwarded(basePath: "/api/auth") }
        }) { site in
            var random = SeededRandom(seed: seed)
            var answers: [Int: Int] = [:]
            for round in 0..<25 {
                var browser = site.browser()
                if seed == 4 { browser.headers[try #require(HTTPField.Name("X-Forwarded-Host"))] = "a.example.com" }
                try await browser.signIn()
                let token = try await browser.csrf()
                var maker = Maker(
                    random: random.fork(), cookies: browser.jar.names.map { "\($0)=\(browser.jar[$0] ?? "")" },
                    csrfToken: token, session: browser.token ?? "")
                for number in 0..<50 {
                    let methods: [HTTPRequest.Method] = [
                        .get, .get, .get, .post, .post, .post, .delete, .put, .head, .options,
                    ]
                    let method = maker.pick(methods)
                    let (path, headers) = (maker.path(), maker.headers())
                    let body = method == .get || method == .head ? nil : maker.body()
                    let response = try await site.client.executeRequest(
                        uri: path, method: method, headers: headers, body: body.map { ByteBuffer(bytes: $0) })
                    let status = response.status.code
                    answers[status, default: 0] += 1
                    let isTheConfigurationPage = status == 500 && path.lowercased().contains("configuration")
                    #expect(
                        status < 500 || isTheConfigurationPage,
                        "seed \(seed), round \(round), request \(number): \(method) \(path) \(headers)")
                }
                site.clock.advance(.minutes(3))
            }
            // The requests were not all refused alike.
            for status in [200, 302, 400, 401, 403, 404] { #expect(answers[status] != nil, "\(status): \(answers)") }
        }
    }

    @Test("Nor do odd requests at the operator's API, with the key or without", arguments: [1, 2] as [UInt64])
    func oddOperatorRequests(seed: UInt64) async throws {
        try await withOperator { desk in
            var random = SeededRandom(seed: seed)
            var answers: [Int: Int] = [:]
            for round in 0..<20 {
                var browser = desk.site.browser()
                try await browser.signIn()
                let session = try browser.claims()["sid"]?.string ?? ""
                var maker = Maker(random: random.fork(), cookies: [], csrfToken: "", session: session)
                for number in 0..<50 {
                    let method = maker.pick([.get, .post, .post, .delete, .put] as [HTTPRequest.Method])
                    let path = maker.operatorPath()
                    let key =
                        maker.chance(95) ? "Bearer \(OperatorDesk.key)" : maker.mutated("Bearer \(OperatorDesk.key)")
                    let body = maker.operatorBody(now: desk.site.clock.now.seconds)
                    let reply = try await desk.send(method, path, key: key, raw: method == .get ? nil : body)
                    answers[reply.status, default: 0] += 1
                    #expect(reply.status < 500, "seed \(seed), round \(round), request \(number): \(method) \(path)")
                    #expect(reply.contentType == "application/json")
                }
                desk.site.clock.advance(.minutes(3))
            }
            // The requests were not all refused alike.
            for status in [200, 400, 401, 404, 413] { #expect(answers[status] != nil, "\(status): \(answers)") }
        }
    }
}
