import TesseraCore
import Testing

@Suite("A device")
struct DeviceTests {
    /// User agents as their makers document or send them, and what their owner should read.
    static let agents: [(agent: String, name: String)] = [
        // Desktop browsers.
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox 128, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0", "Firefox 115, Linux"),
        ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox 133, Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox 127, macOS"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
            "Chrome 126, Windows"
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Safari/537.36",
            "Chrome 125, macOS"
        ),
        (
            "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36",
            "Chrome 124, ChromeOS"
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/119.0.6045.105 Safari/537.36",
            "Chrome 119, Linux"
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
            "Safari 17, macOS"
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.68",
            "Edge 126, Windows"
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Safari/537.36 Edg/125.0.0.0",
            "Edge 125, Linux"
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36 OPR/110.0.0.0",
            "Opera 110, Windows"
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Vivaldi/6.8.3381.46",
            "Vivaldi 6, Linux"
        ),
        // Telephones and tablets.
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
            "Safari 17, iPhone"
        ),
        (
            "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1",
            "Safari 16, iPad"
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1",
            "Chrome 126, iPhone"
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/127.0 Mobile/15E148 Safari/605.1.15",
            "Firefox 127, iPhone"
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 EdgiOS/125.0.2535.60 Mobile/15E148 Safari/604.1",
            "Edge 125, iPhone"
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
            "Chrome 126, Android"
        ),
        ("Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0", "Firefox 128, Android"),
        (
            "Mozilla/5.0 (Linux; Android 13; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
            "Samsung Internet 25, Android"
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; HD1913) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.6422.165 Mobile Safari/537.36 EdgA/125.0.2535.51",
            "Edge 125, Android"
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UD1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0.6478.71 Mobile Safari/537.36",
            "Chrome 126, Android"
        ),
        ("Dalvik/2.1.0 (Linux; U; Android 14; Pixel 7 Build/UQ1A.240105.004)", "Android"),
        ("Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", "Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
            "iPhone"
        ),
        // Programs.
        ("curl/8.5.0", "curl 8"),
        ("curl/7.88.1", "curl 7"),
        ("Wget/1.21.3", "Wget 1"),
        ("AsyncHTTPClient/1.24.0", "AsyncHTTPClient 1"),
        ("python-requests/2.32.3", "python-requests 2"),
        ("Python-urllib/3.12", "Python-urllib 3"),
        ("Go-http-client/2.0", "Go-http-client 2"),
        ("okhttp/4.12.0", "okhttp 4"),
        ("PostmanRuntime/7.39.0", "PostmanRuntime 7"),
        ("node", "node"),
        ("axios/1.7.2", "axios 1"),
        ("Java/17.0.11", "Java 17"),
        ("Dart/3.4 (dart:io)", "Dart 3"),
        ("MyApp/1 CFNetwork/1496.0.7 Darwin/23.5.0", "MyApp 1"),
        // Bots.
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Mozilla 5"),
        ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "Mozilla 5"),
        ("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", "facebookexternalhit 1"),
        ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "Slackbot-LinkExpanding"),
        // Hardly anything.
        ("", ""), (" ", ""), ("-", "-"), ("/", ""), ("Firefox/", "Firefox"), ("\u{0}\u{1}", ""), ("Ünïcødé/1", ""),
        ("Chrome/123456789", "Chrome 1234"),
    ]

    @Test("is named after its browser and system", arguments: agents)
    func name(agent: String, name: String) {
        #expect(Device(userAgent: agent, address: nil) == Device(name: name, network: ""))
    }

    @Test("without a user agent or a readable address has no name or network")
    func nothingKnown() {
        #expect(Device(userAgent: nil, address: nil) == .unknown)
        #expect(Device(userAgent: nil, address: "not an address") == .unknown)
        #expect(Device(userAgent: "curl/8", address: "192.0.2.9") == Device(name: "curl 8", network: "192.0.2.0/24"))
    }

    @Test(
        "is condensed from any garbage, in 48 printable bytes at most",
        arguments: [
            String(repeating: "x", count: 100_000), String(repeating: "Firefox/", count: 12_500),
            "e" + String(repeating: "\u{301}", count: 50_000), String(repeating: "👨‍👩‍👧‍👦", count: 4000),
            String(repeating: "/", count: 100_000), String(repeating: "\r\n", count: 50_000), "a\u{7F}b", "a\u{1B}[31m",
            "Chrome/" + String(repeating: "9", count: 100_000), String(repeating: "Mac OS ", count: 14_000),
        ])
    func garbage(agent: String) {
        let name = Device(userAgent: agent, address: agent).name
        #expect(name.utf8.count <= 48)
        #expect(name.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "\(Array(name.utf8))")
    }

    @Test("is condensed from random bytes without a crash")
    func randomBytes() {
        var random = SeededGenerator(seed: 4)
        let pieces = Self.agents.map(\.agent)
        for _ in 0..<300 {
            var bytes = Array(pieces[random.below(pieces.count)].utf8)
            for _ in 0..<random.below(8) where !bytes.isEmpty {
                bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
            }
            let device = Device(userAgent: String(decoding: bytes, as: UTF8.self), address: nil)
            #expect(device.name.utf8.count <= 48)
        }
    }

    @Test("is read from the first 512 bytes only, whatever characters these are")
    func boundedReading() {
        let token = "Firefox/128.0"
        #expect(
            Device(userAgent: String(repeating: " ", count: 512 - token.utf8.count) + token, address: nil).name
                == "Firefox 128")
        #expect(Device(userAgent: String(repeating: " ", count: 512) + token, address: nil).name == "")
        #expect(Device(userAgent: String(repeating: "é", count: 256) + token, address: nil).name == "")
    }

    @Test("keeps 48 bytes of what it is given, in whole characters")
    func shortened() {
        let fits = String(repeating: "n", count: 48)
        #expect(Device(name: fits, network: fits) == Device(name: fits + "more", network: fits + "é"))
        #expect(Device(name: fits, network: "").name == fits)
        #expect(Device(name: String(repeating: "é", count: 30), network: "").name == String(repeating: "é", count: 24))
        #expect(Device(name: "x" + String(repeating: "é", count: 30), network: "").name.utf8.count == 47)
        #expect(Device(name: "e" + String(repeating: "\u{301}", count: 50_000), network: "").name == "")
    }

    @Test(
        "is of the same kind in another version, or when one of both is unknown",
        arguments: [
            ("Firefox 128, Linux", "Firefox 129, Linux", true), ("Firefox 99, Linux", "Firefox 100, Linux", true),
            ("Firefox 128, Linux", "Firefox 128, Windows", false), ("Firefox 128, Linux", "Chrome 128, Linux", false),
            ("", "Firefox 128, Linux", true), ("Firefox 128, Linux", "", true), ("", "", true),
            ("curl 8", "curl 7", true), ("curl 8", "Wget 1", false),
        ])
    func sameKind(left: String, right: String, same: Bool) {
        // Networks differ whenever somebody leaves the house.
        let (left, right) = (
            Device(name: left, network: "192.0.2.0/24"), Device(name: right, network: "2001:db8:0::/48")
        )
        #expect(left.isSameKind(as: right) == same)
        #expect(right.isSameKind(as: left) == same)
    }
}
