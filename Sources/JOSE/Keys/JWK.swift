/// A key with what it may be used for (RFC 7517), ready for use.
///
/// Make it once and keep it: it holds what is costly to set up. Any thread may use it. It prints as its
/// kind, never with key material.
package final class JWK: Sendable {
    /// The key itself.
    enum Material {
        case octets(SymmetricKey)
        case rsa(AsymmetricKey)
        case curve(Curve, AsymmetricKey)
    }

    /// What a key is meant for, besides its numbers (RFC 7517, sections 4.2 to 4.5). Absent means unrestricted.
    package struct Restrictions: Sendable, Equatable {
        /// `kid`, the name by which tokens refer to the key.
        package var kid: String?
        /// `use`: `sig`, `enc` or another value, which then allows neither.
        package var use: String?
        /// `key_ops`: the operations allowed.
        package var operations: [String]?
        /// `alg`: the one algorithm that the key is for.
        package var alg: String?

        /// Restrictions of a key; none by default.
        package init(kid: String? = nil, use: String? = nil, operations: [String]? = nil, alg: String? = nil) {
            self.kid = kid
            self.use = use
            self.operations = operations
            self.alg = alg
        }
    }

    let material: Material
    /// What the key is meant for.
    package let restrictions: Restrictions

    init(_ material: Material, _ restrictions: Restrictions) {
        self.material = material
        self.restrictions = restrictions
    }

    /// A symmetric key of these bytes, at least one.
    package convenience init(
        secret: SecretBytes, restrictions: Restrictions = Restrictions()
    ) throws(JOSEError) {
        guard secret.count > 0 else { throw JOSEError(.keyMalformed, "the key is empty") }
        self.init(.octets(SymmetricKey(secret)), restrictions)
    }

    /// `kid`, the name by which tokens refer to the key.
    package var kid: String? { restrictions.kid }

    /// `kty`.
    package var keyType: KeyType {
        switch material {
        case .octets: .octets
        case .rsa: .rsa
        case .curve(let curve, _): curve.keyType
        }
    }

    /// `crv`, if the key is on a curve.
    package var curve: Curve? {
        if case .curve(let curve, _) = material { curve } else { nil }
    }

    /// Whether the key can sign or open, not only verify or seal. Symmetric keys are private.
    package var isPrivate: Bool {
        switch material {
        case .octets: true
        case .rsa(let key), .curve(_, let key): key.isPrivate
        }
    }

    /// Length of a symmetric key, of an RSA modulus or of a curve's coordinate, in bits.
    package var bitCount: Int {
        switch material {
        case .octets(let key): key.secret.count * 8
        case .rsa(let key): key.bitCount
        case .curve(let curve, _): curve.coordinateCount * 8
        }
    }
}

extension JWK: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The kind of key, never its material.
    package var description: String {
        let kind =
            switch material {
            case .octets: "symmetric key of \(bitCount) bits"
            case .rsa: "\(isPrivate ? "private" : "public") RSA key of \(bitCount) bits"
            case .curve(let curve, _): "\(isPrivate ? "private" : "public") \(curve.rawValue) key"
            }
        return kid.map { "\(kind) named \($0)" } ?? kind
    }

    /// As `description`.
    package var debugDescription: String { description }
    /// Shows no children.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
