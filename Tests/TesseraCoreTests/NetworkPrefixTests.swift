import TesseraCore
import Testing

@Suite("The network of an address")
struct NetworkPrefixTests {
    @Test(
        "is /24 of IPv4 and /48 of IPv6",
        arguments: [
            ("192.0.2.77", "192.0.2.0/24"), ("0.0.0.0", "0.0.0.0/24"), ("255.255.255.255", "255.255.255.0/24"),
            ("127.0.0.1", "127.0.0.0/24"), ("::ffff:192.0.2.77", "192.0.2.0/24"),
            ("::FFFF:192.0.2.77", "192.0.2.0/24"), ("2001:db8:7:1::5", "2001:db8:7::/48"),
            ("2001:DB8:7:1:2:3:4:5", "2001:db8:7::/48"), ("2001:0db8:0007::", "2001:db8:7::/48"),
            ("::1", "0:0:0::/48"), ("::", "0:0:0::/48"), ("1::", "1:0:0::/48"), ("1:2::3", "1:2:0::/48"),
            ("1:2:3:4:5:6:7::", "1:2:3::/48"), ("::2:3:4:5:6:7:8", "0:2:3::/48"),
            ("fe80::1%eth0", "fe80:0:0::/48"), ("fe80::a%25en1", "fe80:0:0::/48"),
        ])
    func prefix(address: String, expected: String) {
        #expect(NetworkPrefix(address)?.description == expected)
    }

    @Test(
        "is not made from anything else",
        arguments: [
            "", " ", "localhost", "192.0.2", "192.0.2.", ".192.0.2.1", "192.0.2.256", "192.0.2.1.1", "192..2.1",
            "192.0.2.-1", "+192.0.2.1", "192.0.2.-0", "192.0.2.1 ", "192.0.2.1:80", "0x7f.0.0.1", "1e1.0.0.1", ":",
            ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:",
            "12345::", "g::", "::+1", "::-0", "[::1]", "1:2:3:4::5:6:7:8", "::192.0.2.300", "%eth0", "٣.٠.٠.١",
            String(repeating: "1", count: 65), String(repeating: ":", count: 100_000),
        ])
    func refused(address: String) {
        #expect(NetworkPrefix(address) == nil)
    }

    @Test("does not crash on any text")
    func randomText() {
        var random = SeededGenerator(seed: 3)
        let alphabet = Array("0123456789abcdefFG:.%+- ")
        for _ in 0..<5000 {
            let text = String((0..<random.below(24)).map { _ in alphabet[random.below(alphabet.count)] })
            guard let prefix = NetworkPrefix(text) else { continue }
            #expect(prefix.description.hasSuffix("/24") || prefix.description.hasSuffix("::/48"), "\(text)")
            #expect(prefix.description.utf8.count <= 48)
        }
    }

    @Test("is the same for all addresses of the network")
    func sameNetwork() {
        #expect(NetworkPrefix("192.0.2.1") == NetworkPrefix("192.0.2.254"))
        #expect(NetworkPrefix("192.0.2.1") != NetworkPrefix("192.0.3.1"))
        #expect(NetworkPrefix("2001:db8:7:1::1") == NetworkPrefix("2001:db8:7:ffff::2"))
        #expect(NetworkPrefix("2001:db8:7::1") != NetworkPrefix("2001:db8:8::1"))
    }
}
