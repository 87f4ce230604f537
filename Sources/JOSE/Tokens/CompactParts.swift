internal import COpenSSL

/// Where the parts of a compact serialisation are, without the dots. A part that a serialisation does not
/// have is empty.
struct CompactParts {
    let first: Range<Int>
    let second: Range<Int>
    let third: Range<Int>
    var fourth = 0..<0
    var fifth = 0..<0

    /// Finds the five parts of a JWE (RFC 7516, section 3.1) or the three of a JWS (RFC 7515, section 3.1);
    /// `nil` if there are more or fewer.
    init?(_ token: [UInt8], count: Int) {
        var dots: (Int, Int, Int, Int) = (0, 0, 0, 0)
        var found = 0
        var next = Self.dot(in: token, from: 0)
        while let index = next {
            switch found {
            case 0: dots.0 = index
            case 1: dots.1 = index
            case 2: dots.2 = index
            case 3: dots.3 = index
            default: return nil
            }
            found += 1
            next = Self.dot(in: token, from: index + 1)
        }
        guard found == count - 1, found == 2 || found == 4 else { return nil }
        first = 0..<dots.0
        second = dots.0 + 1..<dots.1
        if found == 2 {
            third = dots.1 + 1..<token.count
        } else {
            third = dots.1 + 1..<dots.2
            fourth = dots.2 + 1..<dots.3
            fifth = dots.3 + 1..<token.count
        }
    }

    private static func dot(in token: [UInt8], from start: Int) -> Int? {
        unsafe token.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress, start < bytes.count,
                let found = unsafe memchr(base + start, Int32(UInt8(ascii: ".")), bytes.count - start)
            else { return nil }
            return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base)
        }
    }
}
