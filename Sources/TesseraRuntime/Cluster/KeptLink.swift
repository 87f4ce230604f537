import DequeModule
import TesseraCore

/// What a node knows of one of its links. A part of `KeeperMachine`.
package struct KeptLink: Sendable {
    /// How far a link has come. See `KeeperMachine`.
    package enum Phase: Sendable, Hashable {
        /// The blocklist is being read and written back. Becomes `settling`, or `waiting`.
        case uniting
        /// That has failed; it is tried again. Becomes `uniting`.
        case waiting(since: ClockReading)
        /// This node's part is done; `isDeclaring` while it tells the store that everybody's is. Becomes `following`.
        case settling(isDeclaring: Bool)
        /// Beats from this number on make watermarks. Becomes `uniting` where the store turns out not to be settled.
        case following(from: UInt64)
    }

    /// How far a store that has no history has begun one.
    enum Beginning: Sendable, Hashable {
        /// It has not. Becomes `asked`.
        case none
        /// It is being told to. Becomes `done`, or `none` where that fails.
        case asked
        case done
    }

    /// A beat that has not come back yet.
    private struct SentBeat {
        let number: UInt64
        let sentAt: ClockReading
        var acceptedAt: ClockReading?
    }

    /// The most requests that wait for an answer; further ones get none, and their asker waits for the bound.
    static let unansweredLimit = 256
    /// The most beats under way; no further one is sent until one comes back, fails, or is given up.
    private static let beatLimit = 16

    package let link: BusLink
    let openedAt: ClockReading
    package var phase = Phase.uniting
    /// The other nodes that had a lease here when they were last listed.
    var listed: Set<NodeID> = []
    /// Whether that was since it is followed.
    var hasListed = false
    var listedAt: ClockReading?
    var isListing = false
    var unanswered: [ConfirmationRequest] = []
    /// Whether the store has begun anew here: it answers, and nobody vouches yet.
    var beginning = Beginning.none
    /// Whether others had a lease when they were last listed.
    var hasCompany = false
    /// Until when this link is known to be complete here.
    package private(set) var watermark: ClockReading?
    /// How far the primary's clock is ahead of this node's, by the last beat.
    private(set) var clockOffset: Duration?
    private var sent: Deque<SentBeat> = []
    private var lastBeatAt: ClockReading?

    init(link: BusLink, openedAt: ClockReading) {
        self.link = link
        self.openedAt = openedAt
    }

    package var isFollowing: Bool {
        switch phase {
        case .following: true
        case .uniting, .waiting, .settling: false
        }
    }

    /// Whether all that the primary has accepted has been applied here, or will be before what comes after it.
    var hasUnited: Bool {
        switch phase {
        case .settling, .following: true
        case .uniting, .waiting: false
        }
    }

    /// In which replication this node has done its union on this link.
    var unitedIn: ReplicationID? {
        switch phase {
        case .settling, .following: link.replication
        case .uniting, .waiting: nil
        }
    }

    /// How far the watermark lies back.
    package func age(at now: ClockReading) -> Duration? { watermark.map { now.elapsed(since: $0) } }

    mutating func unionFailed(at now: ClockReading) {
        if phase == .uniting { phase = .waiting(since: now) }
    }

    mutating func settlingFailed() {
        if phase == .settling(isDeclaring: true) { phase = .settling(isDeclaring: false) }
    }

    // MARK: Beats

    /// Notes that a beat is sent; `false` where too many are under way.
    mutating func noteBeat(_ number: UInt64, at now: ClockReading) -> Bool {
        guard sent.count < Self.beatLimit else { return false }
        sent.append(SentBeat(number: number, sentAt: now))
        lastBeatAt = now
        return true
    }

    func isBeatDue(at now: ClockReading, every heartbeat: Duration) -> Bool {
        lastBeatAt.map { now.steady - $0.steady >= heartbeat } ?? true
    }

    func isListDue(at now: ClockReading, every interval: Duration) -> Bool {
        guard !isListing else { return false }
        return listedAt.map { now.steady - $0.steady >= interval } ?? true
    }

    mutating func accepted(_ number: UInt64, at now: ClockReading) {
        guard let index = sent.firstIndex(where: { $0.number == number }) else { return }
        sent[index].acceptedAt = now
    }

    mutating func forget(_ number: UInt64) { sent.removeAll { $0.number == number } }

    /// Takes note of a beat that has come back. Returns the watermark that it makes; `nil` for one that is not known,
    /// or that was sent before this link was followed.
    mutating func arrived(_ number: UInt64, acceptedAt: Timestamp?, at now: ClockReading) -> ClockReading? {
        guard let beat = sent.first(where: { $0.number == number }) else { return nil }
        sent.removeAll { $0.number <= number }
        if let acceptedAt {
            // It was accepted about half-way between sending and arriving.
            clockOffset = acceptedAt - (beat.sentAt.wall + (now.wall - beat.sentAt.wall) / 2)
        }
        guard case .following(let first) = phase, number >= first else { return nil }
        watermark = beat.sentAt
        return beat.sentAt
    }

    /// Whether the primary has taken a beat so long ago that the subscription must be dead.
    func isSilent(at now: ClockReading, for limit: Duration) -> Bool {
        sent.contains { beat in beat.acceptedAt.map { now.steady - $0.steady > limit } ?? false }
    }

    mutating func startBeatsAnew() { sent = [] }
}
