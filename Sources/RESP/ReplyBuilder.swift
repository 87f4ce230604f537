internal import CHiredis

/// Makes Swift values of what hiredis' reader finds, without the reader's own reply objects in between.
///
/// The reader walks a reply depth first and tells each element once, so a stack of open arrays is all that is needed.
/// The reader wants an object for each element; it gets the builder's own address, which it hands back and never reads.
final class ReplyBuilder {
    private struct OpenArray {
        var elements: [RedisReply]
        var missing: Int
    }

    private let limits: ReplyLimits
    private var open: [OpenArray] = []
    private var finished: RedisReply?
    private var elementCount = 0
    private var byteCount = 0
    /// Why an element was refused. The reader only knows that it was.
    private(set) var violation: RESPError?

    init(limits: ReplyLimits) {
        self.limits = limits
    }

    /// The reply that the reader has just completed.
    func takeReply() -> RedisReply? {
        defer {
            finished = nil
            elementCount = 0
            byteCount = 0
        }
        return finished
    }

    /// How much more the present reply may bring.
    var remainingBytes: Int { limits.reply - byteCount }

    func add(line: UnsafeRawBufferPointer, isError: Bool) -> Bool {
        guard accept(bytes: line.count, limit: limits.line, "a line") else { return false }
        let text = unsafe String(decoding: line, as: UTF8.self)
        add(isError ? .error(RedisServerError(text)) : .status(text))
        return true
    }

    func add(bulkString: UnsafeRawBufferPointer) -> Bool {
        guard accept(bytes: bulkString.count, limit: limits.bulkString, "a bulk string") else { return false }
        add(.bytes(unsafe [UInt8](bulkString)))
        return true
    }

    func add(integer: Int64) {
        add(.integer(integer))
    }

    func addNull() {
        add(.null)
    }

    func openArray(count: Int) -> Bool {
        elementCount += count
        guard elementCount <= limits.elements else {
            return refuse(.tooLarge, "more than \(limits.elements) elements in a reply")
        }
        guard count > 0 else {
            add(.array([]))
            return true
        }
        var elements: [RedisReply] = []
        // What a server announces it has not sent yet: memory follows what arrives.
        elements.reserveCapacity(min(count, 1024))
        open.append(OpenArray(elements: elements, missing: count))
        return true
    }

    func refuse(_ code: RESPError.Code, _ message: String) -> Bool {
        violation = RESPError(code, message)
        return false
    }

    private func accept(bytes count: Int, limit: Int, _ what: String) -> Bool {
        byteCount += count
        guard count <= limit else { return refuse(.tooLarge, "\(what) of more than \(limit) bytes") }
        guard byteCount <= limits.reply else { return refuse(.tooLarge, "a reply of more than \(limits.reply) bytes") }
        return true
    }

    private func add(_ reply: RedisReply) {
        var reply = reply
        while let last = open.indices.last {
            open[last].elements.append(reply)
            open[last].missing -= 1
            guard open[last].missing == 0 else { return }
            reply = .array(open.removeLast().elements)
        }
        finished = reply
    }
}

/// The reader's way to the builder: `privdata` of the reader is the builder.
extension ReplyBuilder {
    /// What the reader calls.
    static func makeFunctions() -> redisReplyObjectFunctions {
        unsafe redisReplyObjectFunctions(
            createString: { task, text, count in
                unsafe ReplyBuilder.at(task) { builder, type in
                    guard let text = unsafe text else { return false }
                    let bytes = unsafe UnsafeRawBufferPointer(start: text, count: count)
                    guard type == REDIS_REPLY_STRING else {
                        return unsafe builder.add(line: bytes, isError: type == REDIS_REPLY_ERROR)
                    }
                    // The reader has seen to it that two more bytes are there, and does not look at them.
                    guard unsafe text[count] == 13, unsafe text[count + 1] == 10 else {
                        return builder.refuse(.malformed, "a bulk string that does not end with its line")
                    }
                    return unsafe builder.add(bulkString: bytes)
                }
            },
            createArray: { task, count in
                unsafe ReplyBuilder.at(task) { builder, _ in builder.openArray(count: Int(count)) }
            },
            createInteger: { task, number in
                unsafe ReplyBuilder.at(task) { builder, _ in
                    builder.add(integer: number)
                    return true
                }
            },
            createNil: { task in
                unsafe ReplyBuilder.at(task) { builder, _ in
                    builder.addNull()
                    return true
                }
            },
            freeObject: { _ in }
        )
    }

    /// Calls `body` with the builder that the task belongs to; its address, or nothing where `body` refuses.
    private static func at(
        _ task: UnsafePointer<redisReadTask>?, _ body: (ReplyBuilder, Int32) -> Bool
    ) -> UnsafeMutableRawPointer? {
        guard let task = unsafe task, let address = unsafe task.pointee.privdata else { return nil }
        let builder = unsafe Unmanaged<ReplyBuilder>.fromOpaque(address).takeUnretainedValue()
        return body(builder, unsafe task.pointee.type) ? unsafe address : nil
    }
}
