import Dispatch
import Synchronization
public import TesseraRuntime
public import TesseraTokens

/// Sends messages through an SMTP server: on a few threads of its own, each with a connection that it keeps, so that
/// nothing else waits for a slow server.
///
/// A message that finds all threads busy waits; one that finds too many waiting is refused. A call ends within twice the
/// time limit. The cancellation of a task does not shorten it: whether a message was sent must not be left open.
public final class SMTPSender: MailSender {
    private struct Job: Sendable {
        let message: MailMessage
        let deadline: ContinuousClock.Instant
        let caller: CheckedContinuation<Result<Void, MailError>, Never>
    }

    private struct State {
        var waiting: [Job] = []
        var idle: [Worker] = []
    }

    /// One thread's worth of sending.
    private struct Worker: Sendable {
        let queue: DispatchQueue
        let connection: SMTPConnection
    }

    private let server: SMTPServer
    private let timeLimit: Duration
    private let queueLimit: Int
    private let clock: WallClock
    private let random: RandomBytes
    private let state = Mutex(State())

    /// - Parameters:
    ///   - threads: how many messages are sent at once.
    ///   - queueLimit: how many may wait.
    ///   - timeLimit: how long the sending of one may take, and how long it may wait before.
    /// - Throws: `MailError` where libcurl cannot be used.
    public init(
        _ server: SMTPServer, threads: Int = 4, queueLimit: Int = 256, timeLimit: Duration = .seconds(20),
        clock: WallClock = .system, random: RandomBytes = .system
    ) throws(MailError) {
        self.server = server
        self.timeLimit = timeLimit
        self.queueLimit = queueLimit
        self.clock = clock
        self.random = random
        var workers: [Worker] = []
        for number in 0..<max(threads, 1) {
            workers.append(
                Worker(
                    queue: DispatchQueue(label: "tessera.smtp.\(number)"),
                    connection: try SMTPConnection(to: server)))
        }
        state.withLock { $0.idle = workers }
    }

    public func send(_ mail: Mail) async throws(MailError) {
        let message = try MailMessage(mail, at: clock.now(), random: random)
        try await withCheckedContinuation { caller in
            take(Job(message: message, deadline: .now + timeLimit, caller: caller))
        }.get()
    }

    private enum Placement {
        case start(Worker)
        case waits
        case refused
    }

    private func take(_ job: Job) {
        let placement = state.withLock { state -> Placement in
            if let worker = state.idle.popLast() { return .start(worker) }
            guard state.waiting.count < queueLimit else { return .refused }
            state.waiting.append(job)
            return .waits
        }
        switch placement {
        case .start(let worker): start(job, on: worker)
        case .waits: break
        case .refused:
            job.caller.resume(
                returning: .failure(MailError(.overloaded, "\(server): \(queueLimit) messages are waiting already")))
        }
    }

    private func start(_ job: Job, on worker: Worker) {
        worker.queue.async { [self] in
            job.caller.resume(returning: Result { () throws(MailError) in try run(job, on: worker) })
            let next = state.withLock { state -> Job? in
                guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
                state.idle.append(worker)
                return nil
            }
            if let next { start(next, on: worker) }
        }
    }

    private func run(_ job: Job, on worker: Worker) throws(MailError) {
        guard job.deadline > .now else {
            throw MailError(.timeout, "\(server): the message waited for \(timeLimit) and was not sent")
        }
        try worker.connection.send(job.message, timeLimit: timeLimit)
    }
}
