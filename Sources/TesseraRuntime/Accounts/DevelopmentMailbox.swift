import Synchronization
public import TesseraCore

/// Keeps messages in memory instead of sending them, for trying things out. Whoever sees it can sign in as anybody:
/// never outside a demo.
public final class DevelopmentMailbox: MailSender {
    /// A message that was not sent.
    public struct Message: Sendable {
        public let mail: Mail
        public let sent: Timestamp
    }

    private let kept = Mutex<[Message]>([])
    private let clock: WallClock
    private let limit: Int

    /// - Parameter limit: how many messages are kept; the oldest go first.
    public init(clock: WallClock = .system, limit: Int = 50) {
        self.clock = clock
        self.limit = limit
    }

    /// The messages, the newest first.
    public var messages: [Message] { kept.withLock { $0.reversed() } }

    public func send(_ mail: Mail) async throws(MailError) {
        let message = Message(mail: mail, sent: clock.now())
        kept.withLock { kept in
            kept.append(message)
            if kept.count > limit { kept.removeFirst(kept.count - limit) }
        }
    }
}
