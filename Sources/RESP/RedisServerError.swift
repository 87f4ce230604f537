/// An error that the server answered with: "WRONGTYPE Operation against a key holding the wrong kind of value".
///
/// The text is the server's and may quote a command's arguments; whatever prints or dumps it shows the kind only.
package struct RedisServerError: Error, Sendable, Hashable {
    /// The whole line.
    package let message: String

    package init(_ message: String) {
        self.message = message
    }

    /// The first word, by which errors are told apart: "ERR", "NOSCRIPT", "MOVED". It is the empty text where the
    /// line does not begin with a word in capitals.
    package var kind: String {
        let word = message.utf8.prefix { $0 != UInt8(ascii: " ") }
        let isKind = word.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
        return isKind ? String(message[..<word.endIndex]) : ""
    }

    /// What follows the kind, by words: slot and address of "MOVED 3999 127.0.0.1:6381".
    package var details: [Substring] {
        Array(message.split(separator: " ").dropFirst())
    }
}

extension RedisServerError: CustomStringConvertible, CustomReflectable {
    /// The kind only.
    package var description: String { kind.isEmpty ? "server error" : kind }
    /// Nothing: whoever dumps an error sees its kind.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
