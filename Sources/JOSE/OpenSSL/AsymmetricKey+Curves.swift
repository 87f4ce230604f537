internal import COpenSSL

extension AsymmetricKey {
    /// A key on a NIST curve. The point is checked to be on the curve, and the private part to belong to it.
    static func ellipticCurve(
        _ curve: Curve, x: [UInt8], y: [UInt8], privatePart: SecretBytes?
    ) throws(JOSEError) -> AsymmetricKey {
        let count = curve.coordinateCount
        guard x.count == count, y.count == count, privatePart?.count ?? count == count else {
            throw JOSEError(.keyMalformed, "\(curve.rawValue) has numbers of \(count) bytes")
        }
        var parameters = OpenSSLParameters()
        parameters.add("group", text: curve.openSSLName)
        parameters.add("pub", bytes: SecretBytes([4] + x + y))
        if let privatePart { parameters.add("priv", integer: privatePart) }
        let key = try make("EC", isPrivate: privatePart != nil, from: parameters)
        guard try key.isPointValid() else { throw JOSEError(.keyMalformed, "the point is not on the curve") }
        if privatePart != nil {
            guard try key.isConsistent() else { throw JOSEError(.keyMalformed, "d does not belong to x and y") }
        }
        return key
    }

    /// The curves have cofactor 1, so a point other than infinity on the curve is in the right group.
    private func isPointValid() throws(JOSEError) -> Bool {
        try unsafe withContext { (context) throws(JOSEError) -> Bool in
            defer { ERR_clear_error() }
            return unsafe EVP_PKEY_public_check_quick(context) == 1
        }
    }

    /// The coordinates of a key on a NIST curve.
    func coordinates(_ curve: Curve) throws(JOSEError) -> (x: [UInt8], y: [UInt8]) {
        let count = curve.coordinateCount
        return (try integer("qx", count: count).revealed(), try integer("qy", count: count).revealed())
    }

    /// A key on an Edwards or Montgomery curve, from its public part.
    static func octetKeyPair(_ curve: Curve, publicPart: [UInt8]) throws(JOSEError) -> AsymmetricKey {
        guard publicPart.count == curve.coordinateCount,
            let key = unsafe EVP_PKEY_new_raw_public_key_ex(
                nil, curve.openSSLName, nil, publicPart, publicPart.count)
        else { throw openSSLFailure(.keyMalformed, "x is no key of \(curve.rawValue)") }
        return unsafe AsymmetricKey(owning: key, isPrivate: false)
    }

    /// A key on an Edwards or Montgomery curve, from its private part.
    static func octetKeyPair(_ curve: Curve, privatePart: SecretBytes) throws(JOSEError) -> AsymmetricKey {
        let made = unsafe privatePart.withBytes { bytes in
            unsafe EVP_PKEY_new_raw_private_key_ex(nil, curve.openSSLName, nil, bytes.baseAddress, bytes.count)
        }
        guard privatePart.count == curve.coordinateCount, let made = unsafe made else {
            throw openSSLFailure(.keyMalformed, "d is no key of \(curve.rawValue)")
        }
        return unsafe AsymmetricKey(owning: made, isPrivate: true)
    }

    /// The public part of a key on an Edwards or Montgomery curve.
    func rawPublicPart(_ curve: Curve) throws(JOSEError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: curve.coordinateCount)
        var count = bytes.count
        let status = unsafe withObject { key in unsafe EVP_PKEY_get_raw_public_key(key, &bytes, &count) }
        guard status == 1, count == bytes.count else { throw openSSLFailure(.keyUnsuitable, "no public part") }
        return bytes
    }

    /// The private part of a key on an Edwards or Montgomery curve.
    func rawPrivatePart(_ curve: Curve) throws(JOSEError) -> SecretBytes {
        let bytes = unsafe SecretBytes(
            count: curve.coordinateCount,
            filledIf: { target in
                var count = target.count
                let status = unsafe withObject { key in
                    unsafe EVP_PKEY_get_raw_private_key(key, target.baseAddress, &count)
                }
                return status == 1 && count == target.count
            })
        guard let bytes else { throw openSSLFailure(.keyUnsuitable, "no private part") }
        return bytes
    }
}

// MARK: - Agreement

extension AsymmetricKey {
    /// The shared secret of this private key and another's public one. OpenSSL checks the peer's point; an
    /// all-zero result, which a point of small order gives, is refused (RFC 8037, section 3.2).
    func agree(with peer: AsymmetricKey) throws(JOSEError) -> SecretBytes {
        try unsafe withContext { (context) throws(JOSEError) -> SecretBytes in
            try unsafe peer.withObject { (other) throws(JOSEError) -> SecretBytes in
                var count = 0
                guard unsafe EVP_PKEY_derive_init(context) == 1,
                    unsafe EVP_PKEY_derive_set_peer_ex(context, other, 1) == 1,
                    unsafe EVP_PKEY_derive(context, nil, &count) == 1
                else { throw openSSLFailure(.parameterNotAccepted, "the ephemeral key does not agree") }
                let secret = unsafe SecretBytes(
                    count: count,
                    filledIf: { target in
                        var written = target.count
                        return unsafe EVP_PKEY_derive(context, target.baseAddress, &written) == 1
                            && written == target.count
                    })
                guard let secret, secret != SecretBytes([UInt8](repeating: 0, count: count)) else {
                    throw openSSLFailure(.parameterNotAccepted, "the ephemeral key does not agree")
                }
                return secret
            }
        }
    }
}

// MARK: - Generation

extension AsymmetricKey {
    /// A new key on any curve.
    static func generate(_ curve: Curve, random: some RandomSource) throws(JOSEError) -> AsymmetricKey {
        switch curve.keyType {
        case .octetKeyPair:
            return try octetKeyPair(curve, privatePart: random.secret(curve.coordinateCount))
        case .ellipticCurve:
            return try generateOnNISTCurve(curve, random)
        case .rsa, .octets:
            throw JOSEError(.requestInvalid, "not a curve")
        }
    }

    /// FIPS 186-4, B.4.2: candidates until one is in range. The chance to need many is negligible, so a
    /// source that never gives one is broken.
    private static func generateOnNISTCurve(
        _ curve: Curve, _ random: some RandomSource
    ) throws(JOSEError) -> AsymmetricKey {
        for _ in 0..<64 {
            var candidate = try random.nonce(curve.coordinateCount)
            defer { candidate.cleanse() }
            // The order of P-521 has 521 bits in 66 bytes.
            if curve == .p521 { candidate[0] &= 1 }
            let secret = SecretBytes(candidate)
            if let point = try publicPoint(curve, secret) {
                return try ellipticCurve(curve, x: point.x, y: point.y, privatePart: secret)
            }
        }
        throw JOSEError(.randomUnavailable, "the generator's bytes make no key")
    }

    /// The point that belongs to a private number; `nil` if the number is not between 0 and the order.
    static func publicPoint(
        _ curve: Curve, _ secret: SecretBytes
    ) throws(JOSEError) -> (x: [UInt8], y: [UInt8])? {
        guard let group = unsafe EC_GROUP_new_by_curve_name(OBJ_sn2nid(curve.openSSLName)),
            let point = unsafe EC_POINT_new(group), let number = unsafe BN_secure_new()
        else { throw openSSLFailure(.cryptographyUnavailable, "this OpenSSL lacks \(curve.rawValue)") }
        defer {
            unsafe BN_clear_free(number)
            unsafe EC_POINT_clear_free(point)
            unsafe EC_GROUP_free(group)
        }
        unsafe BN_set_flags(number, BN_FLG_CONSTTIME)
        let isRead = unsafe secret.withBytes { bytes in
            unsafe BN_bin2bn(bytes.baseAddress, Int32(bytes.count), number) != nil
        }
        guard isRead, unsafe BN_is_zero(number) == 0, unsafe BN_cmp(number, EC_GROUP_get0_order(group)) < 0 else {
            return nil
        }
        let count = curve.coordinateCount
        var encoded = [UInt8](repeating: 0, count: 2 * count + 1)
        guard unsafe EC_POINT_mul(group, point, number, nil, nil, nil) == 1,
            unsafe EC_POINT_point2oct(
                group, point, POINT_CONVERSION_UNCOMPRESSED, &encoded, encoded.count, nil) == encoded.count
        else { throw openSSLFailure(.cryptographyUnavailable, "the curve's arithmetic failed") }
        return (Array(encoded[1...count]), Array(encoded[(count + 1)...]))
    }
}
