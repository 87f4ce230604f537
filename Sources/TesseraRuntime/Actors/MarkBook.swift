import Synchronization
package import TesseraCore

/// The signs of use that this node has seen and not yet written: one entry a session, however many requests.
///
/// A mark is taken on every authenticated request, so it costs one short lock of a fraction of the sessions, and no
/// hop to an actor. Entries are bounded; a mark that finds no place is dropped and counted, and the session's next
/// request makes it again.
package final class MarkBook: Sendable {
    private struct Entry {
        let user: UserID
        let adoptedUntil: Timestamp?
        var pending: SessionRecord.Use
        var written: SessionRecord.Use?
        /// When the entry was last written, by this node's clock; `nil` before.
        var writtenAt: Timestamp?

        /// Whether there is something to write that is worth it: the first use of a new generation always, since the
        /// rotation rules wait for it; otherwise once every interval.
        func isDue(at now: Timestamp, interval: Duration) -> Bool {
            guard pending != written else { return false }
            guard let written, let writtenAt else { return true }
            return pending.generation > written.generation || now - writtenAt >= interval
        }

        /// Whether it has been written, and not used for an interval since.
        func isIdle(at now: Timestamp, interval: Duration) -> Bool {
            guard pending == written, let writtenAt else { return false }
            return now - writtenAt >= interval
        }
    }

    private final class Stripe: Sendable {
        let entries = Mutex<[SessionID: Entry]>([:])
    }

    private let stripes: [Stripe]
    private let interval: Duration
    private let limitPerStripe: Int
    private let droppedMarks = Atomic<Int>(0)

    /// - Parameters:
    ///   - interval: how often a session is written at most (`touchInterval`).
    ///   - limit: how many sessions are kept at most.
    package init(interval: Duration, limit: Int = 1_000_000) {
        self.interval = interval
        self.stripes = (0..<64).map { _ in Stripe() }
        self.limitPerStripe = max(1, limit / 64)
    }

    /// How many marks found no place.
    package var droppedCount: Int { droppedMarks.load(ordering: .relaxed) }

    /// Notes that a session was used.
    ///
    /// - Parameter adoptedUntil: for an adopted session: when its NextAuth.js token expires.
    package func note(
        _ user: UserID, _ session: SessionID, _ use: SessionRecord.Use, adoptedUntil: Timestamp? = nil
    ) {
        stripe(session).entries.withLock { entries in
            if let index = entries.index(forKey: session) {
                entries.values[index].pending.at = max(entries.values[index].pending.at, use.at)
                entries.values[index].pending.generation = max(entries.values[index].pending.generation, use.generation)
            } else if entries.count < limitPerStripe {
                entries[session] = Entry(user: user, adoptedUntil: adoptedUntil, pending: use)
            } else {
                droppedMarks.wrappingAdd(1, ordering: .relaxed)
            }
        }
    }

    /// The latest use of a session that this node has seen and not forgotten.
    package func use(of session: SessionID) -> SessionRecord.Use? {
        stripe(session).entries.withLock { $0[session]?.pending }
    }

    /// When the NextAuth.js token expires that a session was adopted from, as far as that was noted.
    package func adoptedUntil(of session: SessionID) -> Timestamp? {
        stripe(session).entries.withLock { $0[session]?.adoptedUntil }
    }

    /// Forgets all sessions, because those of everybody have ended. One that began since is noted again with its next
    /// request.
    package func forgetAll() {
        for stripe in stripes { stripe.entries.withLock { $0.removeAll() } }
    }

    /// Forgets a session that has ended.
    package func forget(_ session: SessionID) {
        stripe(session).entries.withLock { _ = $0.removeValue(forKey: session) }
    }

    /// The marks that are to be written now; with `all`, everything that is unwritten (before the node stops).
    /// Forgets the sessions that have been idle.
    package func due(at now: Timestamp, all: Bool = false) -> [Mark] {
        var marks: [Mark] = []
        for stripe in stripes {
            stripe.entries.withLock { entries in
                var idle: [SessionID] = []
                for (session, entry) in entries {
                    if all ? entry.pending != entry.written : entry.isDue(at: now, interval: interval) {
                        marks.append(Mark(user: entry.user, session: session, use: entry.pending))
                    } else if entry.isIdle(at: now, interval: interval) {
                        idle.append(session)
                    }
                }
                for session in idle { entries.removeValue(forKey: session) }
            }
        }
        return marks
    }

    /// Notes that these marks have been written at `now`.
    package func written(_ marks: some Sequence<Mark>, at now: Timestamp) {
        for mark in marks {
            stripe(mark.session).entries.withLock { entries in
                entries[mark.session]?.written = mark.use
                entries[mark.session]?.writtenAt = now
            }
        }
    }

    private func stripe(_ session: SessionID) -> Stripe {
        stripes[Int(truncatingIfNeeded: UInt(bitPattern: session.hashValue) % UInt(stripes.count))]
    }
}
