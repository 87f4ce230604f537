import Synchronization
import TesseraCore
import TesseraRuntime
import Testing

@testable import TesseraProviders

@Suite("Requests to providers", .timeLimit(.minutes(1)))
struct OutboundTests {
    @Test(
        "Addresses that are not of the public Internet, in whatever form",
        arguments: [
            "127.0.0.1", "127.8.9.1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
            "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::",
            "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:7f00:1",
            "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2001:db8::1", "2001::1", "fec0::1",
            "100::1", "3fff::1",
        ])
    func closed(address: String) throws {
        // Some are no address in the form that the resolver gives; those are refused as well.
        #expect(NetworkAddress(address)?.isPublic != true)
    }

    @Test(
        "Addresses that are",
        arguments: [
            "1.1.1.1", "140.82.121.4", "172.32.0.1", "100.128.0.1", "2606:50c0:8000::153",
            "64:ff9b::101:101", "::ffff:1.1.1.1", "2a00:1450:4001::200e",
        ])
    func open(address: String) throws {
        #expect(try #require(NetworkAddress(address)).isPublic)
    }

    private func code(_ http: GuardedHTTP, _ request: OutboundRequest) async -> ProvidersError.Code? {
        do throws(ProvidersError) {
            _ = try await http.send(request)
            return nil
        } catch {
            #expect(!error.message.contains("very-secret"), "an error holds no part of a URL")
            return error.code
        }
    }

    @Test(
        "Private addresses are refused by number and by name, and nothing is connected to",
        arguments: ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "169.254.169.254"])
    func refused(host: String) async throws {
        let seen = Shared(0)
        try await withServer({ _ in
            seen.change { $0 += 1 }
            return .text("")
        }) { port in
            let request = OutboundRequest(url: "https://\(host):\(port)/very-secret", timeout: .seconds(3))
            #expect(await code(.publicInternet, request) == .addressRefused)
            let plain = OutboundRequest(url: "http://\(host):\(port)/very-secret", timeout: .seconds(3))
            #expect(await code(.publicInternet, plain) == .addressRefused)
            #expect(seen.value == 0)
        }
    }

    private static let withoutNames = GuardedHTTP(allowsPrivate: false, checksNames: false)

    @Test("A connection to a private address is given up before anything is sent, whatever its name stood for before")
    func rebinding() async throws {
        let seen = Shared(0)
        try await withServer({ _ in
            seen.change { $0 += 1 }
            return .text("")
        }) { port in
            let request = OutboundRequest(url: "http://127.0.0.1:\(port)/very-secret", timeout: .seconds(3))
            #expect(await code(Self.withoutNames, request) == .addressRefused)
            #expect(seen.value == 0)
        }
    }

    @Test("A redirect is refused, and not followed, whatever its status", arguments: [301, 302, 303, 307, 308])
    func redirects(status: Int) async throws {
        let paths = Shared<[String]>([])
        try await withServer({ request in
            paths.change { $0.append(request.path) }
            return .redirect("/stolen", status: status)
        }) { port in
            let request = OutboundRequest(
                method: "POST", url: "http://127.0.0.1:\(port)/token", body: Array("code=1".utf8), timeout: .seconds(3))
            #expect(await code(.anyNetwork, request) == .redirected)
            #expect(paths.value == ["/token"])
        }
    }

    @Test("An answer that is too long is given up, one that is just as long as allowed is read")
    func limits() async throws {
        try await withServer({ request in
            Canned(body: [UInt8](repeating: 0x20, count: Int(request.query("n") ?? "0") ?? 0))
        }) { port in
            func request(_ count: Int) -> OutboundRequest {
                OutboundRequest(url: "http://127.0.0.1:\(port)/?n=\(count)", limit: 1000, timeout: .seconds(3))
            }
            #expect(await code(.anyNetwork, request(1001)) == .tooLarge)
            let answer = try await GuardedHTTP.anyNetwork.send(request(1000))
            #expect(answer.body.count == 1000)
        }
    }

    @Test("A provider that does not answer in time is given up")
    func slow() async throws {
        let gate = Shared(false)
        try await withServer({ _ in
            while !gate.value, !Task.isCancelled { await Task.yield() }
            return .text("")
        }) { port in
            let request = OutboundRequest(url: "http://127.0.0.1:\(port)/very-secret", timeout: .milliseconds(200))
            #expect(await code(.anyNetwork, request) == .timedOut)
            gate.change { $0 = true }
        }
    }

    @Test("Nobody there, and a name that nobody has, are unreachable")
    func unreachable() async throws {
        let gone = OutboundRequest(url: "http://127.0.0.1:1/very-secret", timeout: .seconds(3))
        #expect(await code(.anyNetwork, gone) == .unreachable)
    }
}
