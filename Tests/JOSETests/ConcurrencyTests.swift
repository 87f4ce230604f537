import JOSE
import JSON
import Testing

@Suite("Many threads")
struct ConcurrencyTests {
    @Test("one key, policy and sealer serve many tasks at once, genuine and forged tokens mixed")
    func shared() async throws {
        let key = try secretKey(32)
        let keys: JWKSet = [key]
        let policy = JWEPolicy(algorithms: [.direct], encryptions: [.a256GCM], types: .any)
        let sealer = try JWESealer(key: key, alg: .direct, enc: .a256GCM)
        let wrong = try await withThrowingTaskGroup(of: Int.self) { group in
            for task in 0..<32 {
                group.addTask {
                    var wrong = 0
                    for round in 0..<200 {
                        let plaintext = [UInt8](repeating: UInt8(truncatingIfNeeded: task ^ round), count: 1 + round)
                        let token = try sealer.seal(plaintext)
                        if try JWE.open(token, accepting: policy, keys: keys).plaintext != plaintext { wrong += 1 }
                        var forged = utf8(token)
                        forged[forged.count - 2] ^= 1
                        if code({ try JWE.open(forged, accepting: policy, keys: keys) }) == nil { wrong += 1 }
                    }
                    return wrong
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(wrong == 0)
    }

    @Test("asymmetric keys and HMAC keys serve many tasks at once")
    func asymmetric() async throws {
        let rsa = try JWK.generateRSA()
        let curve = try JWK.generate(on: .p256)
        let secret = try secretKey(64)
        let keys = JWKSet([rsa, curve, secret])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<16 {
                group.addTask {
                    let payload = [UInt8](repeating: UInt8(task), count: 10)
                    for (key, alg) in [(rsa, SignatureAlgorithm.ps256), (curve, .es256), (secret, .hs512)] {
                        let token = try JWS.sign(payload, using: key, alg: alg)
                        #expect(try JWS.verify(token, accepting: Everything.signed, keys: keys).payload == payload)
                    }
                    let token = try JWE.seal(payload, using: curve, alg: .ecdhES, enc: .a256CBCHS512)
                    #expect(try JWE.open(token, accepting: Everything.sealed, keys: keys).plaintext == payload)
                    let wrapped = try JWE.seal(payload, using: secret, alg: .direct, enc: .a256CBCHS512)
                    #expect(try JWE.open(wrapped, accepting: Everything.sealed, keys: [secret]).plaintext == payload)
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("vectors do not repeat")
    func vectors() throws {
        let sealer = try JWESealer(key: secretKey(32), alg: .direct, enc: .a256GCM)
        let vectors = try Set(
            (0..<2000).map { _ in try sealer.seal([1]).split(separator: ".", omittingEmptySubsequences: false)[2] })
        #expect(vectors.count == 2000)
    }
}
