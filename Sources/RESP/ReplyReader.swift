internal import CHiredis

/// hiredis' reader with limits: bytes in, replies out, at whatever places the bytes are split.
///
/// Once it has failed it stays failed, for what comes after a violation cannot be told apart.
@safe
package struct ReplyReader: ~Copyable {
    /// The reader moves what is left over to the front after each kilobyte of replies, so it is fed in small parts.
    private static let partSize = 16 << 10
    /// Room for what stands around a bulk string.
    private static let framing = 64

    private let reader: UnsafeMutablePointer<redisReader>
    private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
    private let builder: ReplyBuilder
    private let limits: ReplyLimits
    private var failure: RESPError?

    /// A reader for the replies of one connection.
    package init(limits: ReplyLimits = ReplyLimits()) {
        builder = ReplyBuilder(limits: limits)
        self.limits = limits
        unsafe functions = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
        unsafe functions.initialize(to: ReplyBuilder.makeFunctions())
        guard let reader = unsafe redisReaderCreateWithFunctions(functions) else {
            preconditionFailure("no memory for a reader")
        }
        unsafe self.reader = unsafe reader
        unsafe reader.pointee.privdata = unsafe Unmanaged.passUnretained(builder).toOpaque()
    }

    deinit {
        unsafe redisReaderFree(reader)
        unsafe functions.deallocate()
    }

    /// Takes bytes and appends all replies that are complete with them. When it throws, those before the violation
    /// have been appended.
    package mutating func read(_ bytes: RawSpan, into replies: inout [RedisReply]) throws(RESPError) {
        var offset = 0
        while offset < bytes.byteCount {
            let end = min(bytes.byteCount, offset + Self.partSize)
            try feed(bytes.extracting(offset..<end))
            try takeReplies(into: &replies)
            offset = end
        }
    }

    /// How many bytes it holds of a reply that is not complete.
    package var heldBytes: Int {
        unsafe reader.pointee.len - reader.pointee.pos
    }

    private mutating func feed(_ part: RawSpan) throws(RESPError) {
        if let failure { throw failure }
        let status = unsafe part.withUnsafeBytes { buffer in
            unsafe redisReaderFeed(reader, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count)
        }
        guard status == REDIS_OK else { throw fail() }
    }

    private mutating func takeReplies(into replies: inout [RedisReply]) throws(RESPError) {
        while true {
            var object: UnsafeMutableRawPointer?
            guard unsafe redisReaderGetReply(reader, &object) == REDIS_OK else { throw fail() }
            guard unsafe object != nil, let reply = builder.takeReply() else { break }
            replies.append(reply)
        }
        let allowed = min(builder.remainingBytes, isInsideBulkString ? limits.bulkString : limits.line)
        guard heldBytes <= allowed + Self.framing else {
            throw fail(RESPError(.tooLarge, "a reply beyond the limits"))
        }
    }

    /// Whether what is held is the beginning of a bulk string.
    private var isInsideBulkString: Bool {
        let index = unsafe reader.pointee.ridx
        guard index >= 0 else { return false }
        return unsafe withUnsafePointer(to: &reader.pointee.rstack) { stack in
            unsafe stack.withMemoryRebound(to: redisReadTask.self, capacity: 9) { tasks in
                unsafe tasks[Int(index)].type == REDIS_REPLY_STRING
            }
        }
    }

    private mutating func fail(_ error: RESPError? = nil) -> RESPError {
        let error = error ?? builder.violation ?? RESPError(.malformed, "not RESP")
        failure = error
        return error
    }
}
