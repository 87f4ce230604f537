import JOSE
import JSON
import TesseraCore
import TesseraTestKit
import Testing

@testable import TesseraTokens

@Suite("Minting session tokens")
struct MintingTests {
    @Test("Two nodes mint the same generation of a record with the same id and times, sealed differently")
    func determinism() throws {
        let session = Sample.session(9, generation: 4, rotatedAt: Timestamp(milliseconds: 1_800_000_123_456))
        let one = try SessionTokens.sample().mint(session, seed: 1)
        let other = try SessionTokens.sample().mint(session, seed: 2)
        #expect(one.token == other.token)
        #expect(one.text != other.text)
        #expect(try SessionTokens.sample().own(other.text, at: session.rotatedAt) == one.token)
    }

    @Test("Nodes whose rings begin with different secrets still mint the same id, times and fresh window")
    func determinismWhileSecretsChange() throws {
        let session = Sample.session(9, generation: 4)
        let before = try SessionTokens.sample(Sample.ring("old", "new")).mint(session)
        let after = try SessionTokens.sample(Sample.ring("new", "old")).mint(session)
        #expect(before.token == after.token)
    }

    @Test("Every generation and every session has an id of its own")
    func identifiers() throws {
        let tokens = try SessionTokens.sample()
        var ids: Set<TokenID> = []
        for number in 1...20 as ClosedRange<UInt64> {
            for generation in [1, 2, 3, 256, 65536, .max] as [UInt32] {
                ids.insert(try tokens.mint(Sample.session(number, generation: generation)).token.id)
            }
        }
        #expect(ids.count == 120)
    }

    @Test("Fresh windows are shortened by 0 to 5 %, and spread over all of that")
    func freshWindows() throws {
        let tokens = try SessionTokens.sample(freshWindow: .seconds(1000))
        var windows: [Int64] = []
        for number in 1...400 as ClosedRange<UInt64> {
            let token = try tokens.mint(Sample.session(number)).token
            windows.append((token.freshUntil - token.issuedAt).wholeSeconds)
        }
        #expect(windows.allSatisfy { (950...1000).contains($0) })
        // Every fifth of the range gets a fair part of 400.
        for start in stride(from: 950, to: 1000, by: 10) as StrideTo<Int64> {
            let count = windows.count { ($0 - start) >= 0 && ($0 - start) < 10 }
            #expect((40...130).contains(count), "\(count) windows from \(start) seconds")
        }
    }

    @Test("Lifetime: until idle, or the absolute limit where that comes first; whole seconds")
    func expiry() throws {
        let tokens = try SessionTokens.sample()
        let early = try tokens.mint(Sample.session(rotatedAt: Sample.now + .milliseconds(700))).token
        #expect(early.issuedAt == Sample.now)
        #expect(early.expires == Sample.now + .days(14))
        let late = try tokens.mint(Sample.session(rotatedAt: Sample.now + .days(20)))
        #expect(late.expires == Sample.now + .days(30) && late.token.expires == late.expires)
        #expect(early.authenticatedAt == Sample.now)
    }

    @Test("59, 60: iat, exp, jti and every other claim of ours are set by us, whatever a callback says")
    func reservedClaims() throws {
        let tokens = try SessionTokens.sample()
        let session = Sample.session(generation: 3)
        let honest = try tokens.mint(session)
        var claims = Sample.claims
        for name in ["iat", "exp", "nbf", "gen", "epoch", "depoch", "auth_time", "fresh", "adopted"] {
            claims[name] = 4_000_000_000
        }
        claims["jti"] = "mine"
        claims["sid"] = .string("\(SessionID(high: 1, low: 1))")
        claims["sub"] = "eve"
        let minted = try tokens.mint(session, of: try Sample.user(), claims: claims, random: .seeded(7))
        #expect(minted == honest)
        let opened = try #require(tokens.own(minted.text))
        #expect(opened == honest.token)
        #expect(opened.expires - opened.issuedAt == .days(14))
        #expect(opened.claims["sub"]?.string == "ada")
    }

    @Test("The callback sees the whole payload of the token")
    func payload() throws {
        let token = try SessionTokens.sample().mint().token
        let payload = token.payload(token.claims)
        #expect(payload["iat"]?.integer == token.issuedAt.seconds && payload["exp"]?.integer == token.expires.seconds)
        #expect(payload["jti"]?.string == token.id.text && payload["sid"]?.string == "\(token.session)")
        #expect(SessionToken.withoutReserved(payload) == token.claims)
    }

    @Test("Fresh: before the end of its window and of the policy's, and not from further ahead than clocks may differ")
    func freshness() throws {
        let session = Sample.session()
        let token = try SessionTokens.sample().mint(session).token
        let long = Duration.hours(1)
        #expect(token.isFresh(at: token.freshUntil - .milliseconds(1), window: long))
        #expect(!token.isFresh(at: token.freshUntil, window: long))
        #expect(token.isFresh(at: token.issuedAt + .milliseconds(59_999), window: .minutes(1)))
        #expect(!token.isFresh(at: token.issuedAt + .minutes(1), window: .minutes(1)))
        #expect(token.isFresh(at: token.issuedAt - .seconds(15), window: long))
        #expect(!token.isFresh(at: token.issuedAt - .milliseconds(15_001), window: long))
    }

    @Test("Claims go to the store sealed, and come back whole; a token is no claims and claims are no token")
    func claimsInTheStore() throws {
        let tokens = try SessionTokens.sample(Sample.ring("old"), format: .reference)
        let sealed = try tokens.sealClaims(Sample.claims, random: .seeded(3))
        #expect(!String(decoding: sealed, as: UTF8.self).contains("Ada"))
        #expect(try tokens.openClaims(sealed) == Sample.claims)
        let rotated = try SessionTokens.sample(Sample.ring("new", "old"), format: .reference)
        #expect(try rotated.openClaims(sealed) == Sample.claims)
        var changed = sealed
        changed[changed.count - 3] ^= 1
        #expect(throws: (any Error).self) { try tokens.openClaims(changed) }
        #expect(tokens.refusal(String(decoding: sealed, as: UTF8.self)) != nil)
        let standard = try SessionTokens.sample(Sample.ring("old"))
        #expect(standard.refusal(String(decoding: sealed, as: UTF8.self)) == "claims_malformed")
    }
}
