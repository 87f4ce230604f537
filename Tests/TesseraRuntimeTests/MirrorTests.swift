import TesseraCore
import TesseraRuntime
import Testing

@Suite("The mirror")
struct MirrorTests {
    @Test("A mirror that nobody vouches for is not trusted")
    func untrusted() {
        let mirror = Mirror()
        let now = Timestamp(seconds: 1_000)
        #expect(!mirror.isTrusted(at: now))
        mirror.trust(until: now + .seconds(2))
        #expect(mirror.isTrusted(at: now + .milliseconds(1_999)))
        #expect(!mirror.isTrusted(at: now + .seconds(2)))
    }
}
