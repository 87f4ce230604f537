/// base64url as RFC 7515, section 2, defines it: the alphabet of RFC 4648, section 5, without padding.
///
/// Reading is strict: no other character, no padding, no length of 4n+1, and the unused bits of the last
/// character are zero. So every byte string has exactly one text.
package enum Base64URL {
    /// The text of `bytes`.
    package static func encode(_ bytes: [UInt8]) -> String {
        let count = encodedCount(bytes.count)
        return unsafe String(unsafeUninitializedCapacity: count) { target in
            unsafe bytes.withUnsafeBufferPointer { source in unsafe encode(source, into: target) }
            return count
        }
    }

    /// The bytes of `text`, or `nil` if it is not strict base64url.
    package static func decode(_ text: String) -> [UInt8]? { decode(Array(text.utf8)) }

    /// The bytes of `text`, or `nil` if it is not strict base64url.
    package static func decode(_ text: [UInt8]) -> [UInt8]? { decode(text[...]) }

    /// The bytes of a part of a text, or `nil` if it is not strict base64url.
    static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        let count = decodedCount(text.count)
        var isStrict = false
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { target, initialised in
            isStrict = unsafe text.withUnsafeBufferPointer { source in unsafe decode(source, into: target) }
            initialised = isStrict ? count : 0
        }
        return isStrict ? bytes : nil
    }

    /// Appends the text of `bytes`.
    static func append(_ bytes: [UInt8], to text: inout [UInt8]) {
        let count = encodedCount(bytes.count)
        text.append(
            contentsOf: unsafe [UInt8](unsafeUninitializedCapacity: count) { target, initialised in
                unsafe bytes.withUnsafeBufferPointer { source in unsafe encode(source, into: target) }
                initialised = count
            })
    }

    /// How many characters that many bytes take.
    static func encodedCount(_ count: Int) -> Int { (count * 4 + 2) / 3 }

    /// How many bytes that many characters hold.
    static func decodedCount(_ count: Int) -> Int { count * 3 / 4 }
}

// MARK: - In memory that is there already

extension Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// The value of every character; the highest bit marks those outside the alphabet.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0x80, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    /// Writes the bytes of `source` to the start of `target`, which has room for at least
    /// `decodedCount(source.count)`; false if the text is not strict, and then something may have been written.
    static func decode(_ source: UnsafeBufferPointer<UInt8>, into target: UnsafeMutableBufferPointer<UInt8>) -> Bool {
        guard source.count % 4 != 1 else { return false }
        precondition(target.count >= decodedCount(source.count))
        return unsafe values.withUnsafeBufferPointer { values in
            guard let from = source.baseAddress, let to = target.baseAddress, let value = values.baseAddress else {
                return source.isEmpty
            }
            var read = 0
            var written = 0
            var seen: UInt32 = 0
            while read + 4 <= source.count {
                let first = unsafe UInt32(value[Int(from[read])])
                let second = unsafe UInt32(value[Int(from[read + 1])])
                let third = unsafe UInt32(value[Int(from[read + 2])])
                let fourth = unsafe UInt32(value[Int(from[read + 3])])
                seen |= first | second | third | fourth
                let group = first << 18 | second << 12 | third << 6 | fourth
                unsafe to[written] = UInt8(truncatingIfNeeded: group >> 16)
                unsafe to[written + 1] = UInt8(truncatingIfNeeded: group >> 8)
                unsafe to[written + 2] = UInt8(truncatingIfNeeded: group)
                read += 4
                written += 3
            }
            guard read < source.count else { return seen < 0x80 }
            // Two characters for one byte more, or three for two.
            var group = unsafe UInt32(value[Int(from[read])]) << 12 | UInt32(value[Int(from[read + 1])]) << 6
            seen |= unsafe UInt32(value[Int(from[read])] | value[Int(from[read + 1])])
            unsafe to[written] = UInt8(truncatingIfNeeded: group >> 10)
            guard read + 3 == source.count else { return seen < 0x80 && group & 0x3FF == 0 }
            group |= unsafe UInt32(value[Int(from[read + 2])])
            seen |= unsafe UInt32(value[Int(from[read + 2])])
            unsafe to[written + 1] = UInt8(truncatingIfNeeded: group >> 2)
            return seen < 0x80 && group & 3 == 0
        }
    }

    /// Writes the text of `source` to the start of `target`, which has room for `encodedCount(source.count)`.
    static func encode(_ source: UnsafeBufferPointer<UInt8>, into target: UnsafeMutableBufferPointer<UInt8>) {
        precondition(target.count >= encodedCount(source.count))
        unsafe alphabet.withUnsafeBufferPointer { alphabet in
            guard let from = source.baseAddress, let to = target.baseAddress, let character = alphabet.baseAddress
            else { return }
            var read = 0
            var written = 0
            while read + 3 <= source.count {
                let group = unsafe UInt32(from[read]) << 16 | UInt32(from[read + 1]) << 8 | UInt32(from[read + 2])
                unsafe to[written] = character[Int(group >> 18)]
                unsafe to[written + 1] = character[Int(group >> 12 & 63)]
                unsafe to[written + 2] = character[Int(group >> 6 & 63)]
                unsafe to[written + 3] = character[Int(group & 63)]
                read += 3
                written += 4
            }
            guard read < source.count else { return }
            let isPair = read + 2 == source.count
            let group = unsafe UInt32(from[read]) << 16 | (isPair ? UInt32(from[read + 1]) << 8 : 0)
            unsafe to[written] = character[Int(group >> 18)]
            unsafe to[written + 1] = character[Int(group >> 12 & 63)]
            if isPair { unsafe to[written + 2] = character[Int(group >> 6 & 63)] }
        }
    }
}
