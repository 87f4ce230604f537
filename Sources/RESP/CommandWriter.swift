/// Writes a command as RESP.
///
/// hiredis' formatter would need pointers to all arguments at once, and memory of its own, and so two more copies; that
/// this one writes the same bytes is tested against it. It writes into memory that has not been initialised, of which
/// it checks that there is enough: to append byte after byte to an array took a tenth of all that a command costs.
@safe
struct CommandWriter: ~Copyable {
    /// What stands around an argument's bytes is at most so long: a sign, a length and two ends of lines.
    private static let framing = 25
    private static let longestNumber = 20

    private let memory: UnsafeMutableBufferPointer<UInt8>
    private let capacity: Int
    private var count = 0

    private init(_ memory: UnsafeMutableBufferPointer<UInt8>) {
        unsafe self.memory = memory
        capacity = memory.count
    }

    /// The bytes that `body` writes, which are at most `capacity`.
    static func write(capacity: Int, _ body: (inout CommandWriter) -> Void) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: capacity) { memory, count in
            var writer = unsafe CommandWriter(memory)
            body(&writer)
            count = writer.count
        }
    }

    /// An upper limit of how long the beginning is.
    static func capacity(_ name: String) -> Int { name.utf8.count + 2 * framing }

    /// An upper limit of how long an argument is.
    static func capacity(_ argument: RedisArgument) -> Int {
        switch argument {
        case .string(let text): text.utf8.count + framing
        case .bytes(let bytes): bytes.count + framing
        case .integer: longestNumber + framing
        }
    }

    /// The number of parts, and the first, which is the name.
    mutating func begin(_ name: String, argumentCount: Int) {
        appendHead(UInt8(ascii: "*"), argumentCount + 1)
        append(.string(name))
    }

    mutating func append(_ argument: RedisArgument) {
        switch argument {
        case .string(var text):
            text.withUTF8 { bytes in unsafe append(UnsafeRawBufferPointer(bytes)) }
        case .bytes(let bytes):
            unsafe bytes.withUnsafeBytes { bytes in unsafe append(bytes) }
        case .integer(let number):
            let digits = Self.digitCount(number.magnitude)
            appendHead(UInt8(ascii: "$"), number < 0 ? digits + 1 : digits)
            if number < 0 { append(UInt8(ascii: "-")) }
            appendDecimal(number.magnitude, digits: digits)
            endLine()
        }
    }

    private mutating func append(_ bytes: UnsafeRawBufferPointer) {
        appendHead(UInt8(ascii: "$"), bytes.count)
        demand(bytes.count)
        unsafe UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(memory)[count...]).copyMemory(
            from: bytes)
        count += bytes.count
        endLine()
    }

    private func demand(_ room: Int) {
        precondition(capacity - count >= room, "the capacity is an upper limit")
    }

    private mutating func appendHead(_ sign: UInt8, _ number: Int) {
        append(sign)
        appendDecimal(UInt64(number), digits: Self.digitCount(UInt64(number)))
        endLine()
    }

    private mutating func endLine() {
        append(UInt8(ascii: "\r"))
        append(UInt8(ascii: "\n"))
    }

    private mutating func append(_ byte: UInt8) {
        demand(1)
        unsafe memory[count] = byte
        count += 1
    }

    private mutating func appendDecimal(_ number: UInt64, digits: Int) {
        demand(digits)
        var rest = number
        for position in (count..<count + digits).reversed() {
            unsafe memory[position] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        count += digits
    }

    private static func digitCount(_ number: UInt64) -> Int {
        var count = 1
        var rest = number / 10
        while rest > 0 {
            count += 1
            rest /= 10
        }
        return count
    }
}
