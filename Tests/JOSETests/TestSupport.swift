import Foundation
import JSON
import Synchronization

@testable import JOSE

/// Random bytes from a list, each request taking the next entry whole.
final class ListedBytes: RandomSource {
    private let remaining: Mutex<[[UInt8]]>

    init(_ entries: [[UInt8]]) { remaining = Mutex(entries) }

    func bytes(_ count: Int) throws(JOSEError) -> [UInt8] {
        let next = remaining.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        guard let next, next.count == count else {
            throw JOSEError(.randomUnavailable, "the list has \(next?.count ?? 0) bytes where \(count) were asked")
        }
        return next
    }

    /// Whether everything was taken.
    var isUsedUp: Bool { remaining.withLock { $0.isEmpty } }
}

/// Pseudo-random numbers with a fixed seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in .random(in: 0...255, using: &self) } }
}

/// The code of the error that `body` throws; `nil` if it throws none, or another kind.
func code(_ body: () throws -> some Any) -> JOSEError.Code? {
    do {
        _ = try body()
        return nil
    } catch {
        return (error as? JOSEError)?.code
    }
}

func utf8(_ text: String) -> [UInt8] { Array(text.utf8) }

/// A fixed symmetric key: byte `seed`, repeated.
func secretKey(
    _ count: Int, seed: UInt8 = 7, restrictions: JWK.Restrictions = JWK.Restrictions()
) throws -> JWK {
    try JWK(secret: SecretBytes([UInt8](repeating: seed, count: count)), restrictions: restrictions)
}

/// Tokens that are genuine but for their header, which the ordinary way to make tokens does not allow.
enum Crafted {
    /// `dir` with `A256GCM`, whatever the header says.
    static func sealed(_ header: String, key: JWK, plaintext: [UInt8] = utf8("{}")) throws -> String {
        guard case .octets(let symmetric) = key.material else { throw JOSEError(.keyUnsuitable, "not symmetric") }
        let encodedHeader = utf8(Base64URL.encode(utf8(header)))
        let vector = [UInt8](repeating: 9, count: 12)
        let sealed = try ContentEncryption.a256GCM.seal(
            plaintext, with: symmetric, vector: vector, additionalData: encodedHeader[...])
        return [
            String(decoding: encodedHeader, as: UTF8.self), "", Base64URL.encode(vector),
            Base64URL.encode(sealed.ciphertext), Base64URL.encode(sealed.tag),
        ].joined(separator: ".")
    }

    /// Signed with `alg`, whatever the header says.
    static func signed(
        _ header: String, alg: SignatureAlgorithm, key: JWK, payload: [UInt8] = utf8("{}")
    ) throws -> String {
        let message = "\(Base64URL.encode(utf8(header))).\(Base64URL.encode(payload))"
        return "\(message).\(Base64URL.encode(try alg.sign(utf8(message)[...], with: key)))"
    }
}

/// Policies that accept everything that is implemented.
enum Everything {
    static let sealed = JWEPolicy(
        algorithms: Set(KeyManagementAlgorithm.allCases), encryptions: Set(ContentEncryption.allCases), types: .any)
    static let signed = JWSPolicy(algorithms: Set(SignatureAlgorithm.allCases), types: .any)
}
