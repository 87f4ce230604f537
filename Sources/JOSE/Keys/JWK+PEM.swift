internal import COpenSSL

extension JWK {
    /// Reads an RSA, EC or OKP key from PEM: `PUBLIC KEY` (SubjectPublicKeyInfo, RFC 5280) or unencrypted
    /// `PRIVATE KEY` (PKCS #8, RFC 5958). The same rules apply as for a JWK.
    package convenience init(pem: String, restrictions: Restrictions = Restrictions()) throws(JOSEError) {
        let isPrivate = pem.contains("-----BEGIN PRIVATE KEY-----")
        guard isPrivate != pem.contains("-----BEGIN PUBLIC KEY-----"), pem.utf8.count <= 1 << 16 else {
            throw JOSEError(.keyMalformed, "no PUBLIC KEY and no unencrypted PRIVATE KEY")
        }
        let key = try AsymmetricKey.read(pem, isPrivate: isPrivate)
        // Rebuilt from its numbers, so that the checks of a JWK hold for it.
        let named = JWK(try key.material(), Restrictions())
        let object = isPrivate ? try named.privateJSON() : try named.publicJSON()
        let checked = try JWK(object)
        self.init(checked.material, restrictions)
    }
}

extension AsymmetricKey {
    fileprivate static func read(_ pem: String, isPrivate: Bool) throws(JOSEError) -> AsymmetricKey {
        let text = SecretBytes(pem.utf8)
        let key = unsafe text.withBytes { bytes -> OpaquePointer? in
            guard let file = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)) else { return nil }
            defer { unsafe BIO_free(file) }
            return unsafe isPrivate ? tessera_read_private_pem(file) : tessera_read_public_pem(file)
        }
        guard let key = unsafe key else { throw openSSLFailure(.keyMalformed, "the PEM text holds no key") }
        return unsafe AsymmetricKey(owning: key, isPrivate: isPrivate)
    }

    fileprivate func material() throws(JOSEError) -> JWK.Material {
        if isOf("RSA") { return .rsa(self) }
        for curve in Curve.allCases {
            switch curve.keyType {
            case .octetKeyPair:
                if isOf(curve.openSSLName) { return .curve(curve, self) }
            case .ellipticCurve, .rsa, .octets:
                if isOf("EC"), groupName == curve.openSSLName { return .curve(curve, self) }
            }
        }
        throw JOSEError(.keyUnsuitable, "the key's type or curve is not supported")
    }

    private func isOf(_ type: String) -> Bool { unsafe withObject { key in unsafe EVP_PKEY_is_a(key, type) == 1 } }

    private var groupName: String {
        unsafe withObject { key in
            var name = [CChar](repeating: 0, count: 64)
            var count = 0
            guard unsafe EVP_PKEY_get_group_name(key, &name, name.count, &count) == 1 else { return "" }
            return String(decoding: name.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
    }
}
