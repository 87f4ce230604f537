internal import NIOCore
internal import RESP

/// A connection for commands, shared by any number of tasks: their commands go out in the order in which they were
/// given, and answers come back in that order.
final class Connection: Sendable {
    let address: RedisAddress
    /// What the server said of itself when the connection was made.
    let facts: ServerFacts
    private let channel: any Channel
    private let end: EventLoopFuture<RedisError>
    private let intake: Intake
    private let handler: NIOLoopBound<CommandHandler>

    init(_ parts: ConnectionParts<CommandHandler>, intake: Intake, address: RedisAddress, facts: ServerFacts) {
        self.address = address
        self.facts = facts
        channel = parts.channel
        end = parts.end
        handler = parts.handler
        self.intake = intake
    }

    /// Sends a command and waits for its answer, until its deadline or the task's cancellation.
    ///
    /// A failure that is `connection_lost` and certainly not executed may be tried on another connection.
    func send(_ command: RedisCommand, _ timing: Timing) async -> Result<RedisReply, RedisError> {
        switch await send(.one(command), timing) {
        case .reply(let reply): .success(reply)
        case .failure(let error): .failure(error)
        case .replies: preconditionFailure("a command has one reply")
        }
    }

    /// Sends commands in one piece and waits for all answers, which are in the same order.
    func send(batch commands: [RedisCommand], _ timing: Timing) async -> Result<[RedisReply], RedisError> {
        if commands.isEmpty { return .success([]) }
        return switch await send(.batch(commands), timing) {
        case .replies(let replies): .success(replies)
        case .failure(let error): .failure(error)
        case .reply: preconditionFailure("a batch has a list of replies")
        }
    }

    private func send(_ content: Request.Content, _ timing: Timing) async -> Answer {
        let id = intake.makeID()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { caller in
                submit(Request(id: id, content: content, timing: timing, caller: caller))
            }
        } onCancel: {
            cancel(id)
        }
    }

    private func submit(_ request: Request) {
        switch intake.add(request) {
        case .admitted(let wakes): if wakes { wake() }
        case .refused(let error): request.answer(.failure(error))
        }
    }

    private func cancel(_ id: UInt64) {
        switch intake.cancel(id) {
        case .withdrawn(let request):
            intake.release(request)
            request.answer(.failure(.cancelled(written: false)))
        case .passedOn(let wakes): if wakes { wake() }
        }
    }

    private func wake() {
        channel.eventLoop.execute { [handler] in handler.value.takeRequests() }
    }

    /// How many commands are under way.
    var commandCount: Int { intake.commandCount }

    /// Takes no more commands, and closes after the last answer.
    func drain() {
        channel.eventLoop.execute { [handler] in handler.value.drain() }
    }

    /// Closes at once; commands under way fail with `error`.
    func close(_ error: RedisError) {
        channel.eventLoop.execute { [handler] in handler.value.close(error) }
    }

    /// Returns when the connection has ended. A cancelled task closes it.
    func closed() async {
        await withTaskCancellationHandler {
            // This future never fails.
            _ = try? await end.get()
        } onCancel: {
            close(.closedClient)
        }
    }
}
