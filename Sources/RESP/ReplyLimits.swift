/// What a server may make a reader hold in memory.
package struct ReplyLimits: Sendable, Hashable {
    /// The longest bulk string, in bytes. Beyond it the reader fails as soon as that much has come.
    package var bulkString: Int
    /// How many elements all arrays of one reply may have together.
    package var elements: Int
    /// The longest status, error, number or length, in bytes.
    package var line: Int
    /// All bytes of one reply together.
    package var reply: Int

    /// Limits for ordinary use: 64 MiB a reply, a million elements, lines of 64 KiB.
    package init(bulkString: Int = 64 << 20, elements: Int = 1 << 20, line: Int = 64 << 10, reply: Int = 64 << 20) {
        self.bulkString = bulkString
        self.elements = elements
        self.line = line
        self.reply = reply
    }
}
