/// Writes a command as RESP.
///
/// hiredis' formatter would need pointers to all arguments at once, and memory of its own, and so two more copies; that
/// this one writes the same bytes is tested against it. How long a command will be is known before it is written, so
/// its memory is made once: to append byte after byte to an array took a tenth of all that a command costs.
@safe
struct CommandWriter: ~Copyable {
    private let memory: UnsafeMutableBufferPointer<UInt8>
    private let length: Int
    private var count = 0

    private init(_ memory: UnsafeMutableBufferPointer<UInt8>) {
        unsafe self.memory = memory
        length = memory.count
    }

    /// The bytes that `body` writes, which are `length`.
    static func write(length: Int, _ body: (inout CommandWriter) -> Void) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: length)
        unsafe bytes.withUnsafeMutableBufferPointer { memory in
            var writer = unsafe CommandWriter(memory)
            body(&writer)
            precondition(writer.count == length, "the length is what is written")
        }
        return bytes
    }

    // MARK: Lengths

    /// How long the beginning is: see `begin`.
    static func length(_ name: String, argumentCount: Int) -> Int {
        lineLength(argumentCount + 1) + bulkLength(name.utf8.count)
    }

    /// How long an argument is.
    static func length(_ argument: RedisArgument) -> Int {
        switch argument {
        case .string(let text): bulkLength(text.utf8.count)
        case .bytes(let bytes): bulkLength(bytes.count)
        case .integer(let number): bulkLength(decimalLength(number))
        }
    }

    private static func lineLength(_ number: Int) -> Int { 1 + digitCount(UInt64(number)) + 2 }
    private static func bulkLength(_ count: Int) -> Int { lineLength(count) + count + 2 }

    private static func decimalLength(_ number: Int64) -> Int {
        digitCount(number.magnitude) + (number < 0 ? 1 : 0)
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

    // MARK: Writing

    /// The number of parts, and the first, which is the name.
    mutating func begin(_ name: String, argumentCount: Int) {
        appendLine(UInt8(ascii: "*"), argumentCount + 1)
        append(.string(name))
    }

    mutating func append(_ argument: RedisArgument) {
        switch argument {
        case .string(var text):
            text.withUTF8 { bytes in unsafe append(UnsafeRawBufferPointer(bytes)) }
        case .bytes(let bytes):
            unsafe bytes.withUnsafeBytes { bytes in unsafe append(bytes) }
        case .integer(let number):
            appendLine(UInt8(ascii: "$"), Self.decimalLength(number))
            if number < 0 { append(UInt8(ascii: "-")) }
            appendDecimal(number.magnitude)
            endLine()
        }
    }

    private mutating func append(_ bytes: UnsafeRawBufferPointer) {
        appendLine(UInt8(ascii: "$"), bytes.count)
        demand(bytes.count)
        unsafe UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(memory)[count...]).copyMemory(
            from: bytes)
        count += bytes.count
        endLine()
    }

    private func demand(_ room: Int) {
        precondition(length - count >= room, "the length is what is written")
    }

    private mutating func appendLine(_ sign: UInt8, _ number: Int) {
        append(sign)
        appendDecimal(UInt64(number))
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

    private mutating func appendDecimal(_ number: UInt64) {
        let digits = Self.digitCount(number)
        demand(digits)
        var rest = number
        for position in (count..<count + digits).reversed() {
            unsafe memory[position] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        count += digits
    }
}
