/// Takes commands, as a client sends them, from bytes.
struct CommandParser {
    private var bytes: [UInt8] = []

    mutating func append(_ more: some Sequence<UInt8>) { bytes += more }

    /// The next whole command; `nil` when more bytes are needed.
    mutating func next() -> [String]? {
        var position = 0
        guard let count = number(after: "*", &position) else { return nil }
        var words: [String] = []
        for _ in 0..<count {
            guard let length = number(after: "$", &position), position + length + 2 <= bytes.count else { return nil }
            words.append(String(decoding: bytes[position..<position + length], as: UTF8.self))
            position += length + 2
        }
        bytes.removeFirst(position)
        return words
    }

    private func number(after sign: Character, _ position: inout Int) -> Int? {
        guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let line = String(decoding: bytes[position..<end], as: UTF8.self)
        guard line.first == sign, let number = Int(line.dropFirst().dropLast()) else { return nil }
        position = end + 1
        return number
    }
}
