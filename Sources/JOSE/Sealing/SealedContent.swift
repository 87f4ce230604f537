/// The parts of a sealed token after its header, decoded, in one array.
struct SealedContent: Sendable {
    let bytes: [UInt8]
    let ciphertext: Range<Int>
    let tag: Range<Int>
    let vector: Range<Int>
    let encryptedKey: Range<Int>

    /// Decodes the parts of a token; `nil` if one is not strict base64url.
    init?(decoding token: [UInt8], _ parts: CompactParts) {
        encryptedKey = 0..<Base64URL.decodedCount(parts.second.count)
        vector = Self.next(encryptedKey, parts.third)
        ciphertext = Self.next(vector, parts.fourth)
        tag = Self.next(ciphertext, parts.fifth)
        var isStrict = true
        let count = tag.upperBound
        let places = (encryptedKey, vector, ciphertext, tag)
        bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { target, initialised in
            unsafe token.withUnsafeBufferPointer { source in
                isStrict =
                    unsafe Self.decode(source, parts.second, target, places.0)
                    && Self.decode(source, parts.third, target, places.1)
                    && Self.decode(source, parts.fourth, target, places.2)
                    && Self.decode(source, parts.fifth, target, places.3)
            }
            initialised = isStrict ? count : 0
        }
        if !isStrict { return nil }
    }

    private static func decode(
        _ source: UnsafeBufferPointer<UInt8>, _ part: Range<Int>, _ target: UnsafeMutableBufferPointer<UInt8>,
        _ place: Range<Int>
    ) -> Bool {
        unsafe Base64URL.decode(
            UnsafeBufferPointer(rebasing: source[part]), into: UnsafeMutableBufferPointer(rebasing: target[place]))
    }

    private static func next(_ place: Range<Int>, _ part: Range<Int>) -> Range<Int> {
        place.upperBound..<place.upperBound + Base64URL.decodedCount(part.count)
    }

    /// The parts as they are.
    init(ciphertext: [UInt8], tag: [UInt8], vector: [UInt8]) {
        bytes = ciphertext + tag + vector
        self.ciphertext = 0..<ciphertext.count
        self.tag = ciphertext.count..<ciphertext.count + tag.count
        self.vector = self.tag.upperBound..<bytes.count
        encryptedKey = bytes.count..<bytes.count
    }
}
