import TesseraCore
import TesseraTestKit
import Testing

@testable import TesseraRuntime

@Suite("The rules of keeping a mirror")
struct KeeperMachineTests {
    private typealias Action = KeeperMachine.Action
    static let history = ReplicationID("history")
    static let link = BusLink(number: 1, primary: "a", replication: history, shards: [0, 1])

    private var now: ClockReading { at(.zero) }

    private func at(_ steady: Duration) -> ClockReading {
        ClockReading(wall: Timestamp(seconds: 1_800_000_000) + steady, steady: steady)
    }

    private func makeMachine() throws -> KeeperMachine {
        KeeperMachine(settings: KeeperSettings(node: try #require(NodeID("me"))))
    }

    private func lease(_ name: String, unitedIn: ReplicationID?) throws -> NodeLease {
        NodeLease(
            node: try #require(NodeID(name)), address: "", version: "", startedAt: now.wall, beat: 1,
            watermarkAge: nil, unitedIn: unitedIn, bound: .seconds(2), revocations: 0, actors: 0)
    }

    /// A machine that follows a link, and has beaten twice.
    private func following(
        _ link: BusLink = KeeperMachineTests.link, others: [String] = []
    ) throws -> KeeperMachine {
        var machine = try makeMachine()
        _ = machine.handle(.opened(link), at: now)
        _ = machine.handle(.united(link, settledIn: [link.replication]), at: now)
        let leases = try others.map { try lease($0, unitedIn: link.replication) }
        _ = machine.handle(.members(Membership(leases: leases, settledIn: [link.replication]), link), at: now)
        return machine
    }

    private func beat(_ number: UInt64, unitedIn: ReplicationID?, age: Duration? = nil) -> Action {
        .beat(Self.link, KeeperMachine.Beat(number: number, watermarkAge: age, unitedIn: unitedIn))
    }

    @Test("On a settled store: subscribe, unite, and from then on every own beat is a watermark")
    func settledStore() throws {
        var machine = try makeMachine()
        #expect(machine.handle(.opened(Self.link), at: now) == [.unite(Self.link), beat(1, unitedIn: nil)])
        #expect(machine.handle(.beatArrived(1, acceptedAt: now.wall, Self.link), at: now).isEmpty, "not united yet")
        let later = at(.milliseconds(10))
        #expect(
            machine.handle(.united(Self.link, settledIn: [Self.history]), at: later)
                == [beat(2, unitedIn: Self.history), .listMembers(Self.link)])
        #expect(
            machine.handle(.beatArrived(2, acceptedAt: now.wall, Self.link), at: at(.milliseconds(900)))
                == [.trust([0, 1], asOf: later)])
        #expect(machine.handle(.beatArrived(2, acceptedAt: now.wall, Self.link), at: later).isEmpty, "a duplicate")
        #expect(machine.handle(.tick, at: at(.milliseconds(500))).isEmpty)
        #expect(
            machine.handle(.tick, at: at(.milliseconds(510)))
                == [beat(3, unitedIn: Self.history, age: .milliseconds(500))])
    }

    @Test("A beat that was sent before the node followed makes no watermark, however late it comes")
    func earlyBeat() throws {
        var machine = try makeMachine()
        _ = machine.handle(.opened(Self.link), at: now)
        _ = machine.handle(.united(Self.link, settledIn: [Self.history]), at: now)
        #expect(machine.handle(.beatArrived(1, acceptedAt: now.wall, Self.link), at: now).isEmpty)
        #expect(
            machine.handle(.beatArrived(2, acceptedAt: now.wall, Self.link), at: now)
                == [.trust([0, 1], asOf: now)])
    }

    @Test("A store without a history begins one at once, and is settled only when older nodes have had their time")
    func newStore() throws {
        var machine = try makeMachine()
        _ = machine.handle(.opened(Self.link), at: now)
        #expect(
            machine.handle(.united(Self.link, settledIn: [nil]), at: now)
                == [beat(2, unitedIn: Self.history), .listMembers(Self.link)])
        let alone = Membership(leases: [try lease("me", unitedIn: Self.history)], settledIn: [nil])
        #expect(machine.handle(.members(alone, Self.link), at: now) == [.begin(Self.link)])
        #expect(machine.handle(.members(alone, Self.link), at: now).isEmpty, "while it is told to begin")
        #expect(machine.handle(.begun(Self.link), at: now) == [.leaveToStore([0, 1])])
        #expect(machine.handle(.beatArrived(2, acceptedAt: now.wall, Self.link), at: now).isEmpty, "nobody vouches")
        #expect(machine.handle(.members(alone, Self.link), at: at(.milliseconds(4999))).isEmpty)
        let later = at(.seconds(5))
        #expect(machine.handle(.members(alone, Self.link), at: later) == [.settle(Self.link)])
        #expect(machine.handle(.members(alone, Self.link), at: later).isEmpty, "while it is being declared")
        #expect(
            machine.handle(.settled(Self.link), at: later)
                == [beat(3, unitedIn: Self.history), .listMembers(Self.link)])
        #expect(
            machine.handle(.beatArrived(3, acceptedAt: now.wall, Self.link), at: later)
                == [.trust([0, 1], asOf: later)])
    }

    @Test("A node that has followed before lets nothing begin: it knows whom to wait for")
    func olderNodeAtEmptiedStore() throws {
        var machine = try following(others: ["b"])
        _ = machine.handle(.lost(Self.link), at: now)
        let link = BusLink(number: 2, primary: "a", replication: ReplicationID("new"), shards: [0, 1])
        _ = machine.handle(.opened(link), at: now)
        _ = machine.handle(.united(link, settledIn: [nil]), at: now)
        let fresh = [try lease("fresh", unitedIn: link.replication)]
        #expect(machine.handle(.members(Membership(leases: fresh, settledIn: [nil]), link), at: now).isEmpty)
        let all = fresh + [try lease("b", unitedIn: link.replication)]
        #expect(machine.handle(.members(Membership(leases: all, settledIn: [nil]), link), at: now) == [.settle(link)])
    }

    @Test("Who follows, but has not listed the others yet, does not know whom to wait for")
    func followedWithoutListing() throws {
        var machine = try makeMachine()
        _ = machine.handle(.opened(Self.link), at: now)
        _ = machine.handle(.united(Self.link, settledIn: [Self.history]), at: now)
        let link = BusLink(number: 2, primary: "b", replication: Self.history, shards: [2])
        _ = machine.handle(.opened(link), at: now)
        _ = machine.handle(.united(link, settledIn: [Self.old]), at: now)
        let nobody = Membership(leases: [], settledIn: [Self.old])
        #expect(machine.handle(.members(nobody, link), at: now).isEmpty)
    }

    @Test("Two nodes that start on a new store let it begin, and wait for each other before they vouch")
    func twoStart() throws {
        var machine = try makeMachine()
        _ = machine.handle(.opened(Self.link), at: now)
        _ = machine.handle(.united(Self.link, settledIn: [nil]), at: now)
        let other = Membership(leases: [try lease("other", unitedIn: nil)], settledIn: [nil])
        #expect(machine.handle(.members(other, Self.link), at: now) == [.begin(Self.link)])
        #expect(machine.handle(.begun(Self.link), at: now).isEmpty, "it is not ready before it vouches")
        #expect(machine.handle(.members(other, Self.link), at: at(.seconds(5))).isEmpty)
        let united = Membership(leases: [try lease("other", unitedIn: Self.history)], settledIn: [nil])
        #expect(machine.handle(.members(united, Self.link), at: at(.seconds(5))) == [.settle(Self.link)])
    }

    private static let old = ReplicationID("old")

    /// After a failover, as a node that knew two others.
    private func failedOver() throws -> (KeeperMachine, BusLink) {
        var machine = try following(others: ["b", "c"])
        _ = machine.handle(.lost(Self.link), at: now)
        let link = BusLink(number: 2, primary: "b", replication: ReplicationID("new"), shards: [0, 1])
        _ = machine.handle(.opened(link), at: now)
        _ = machine.handle(.united(link, settledIn: [Self.history]), at: now)
        return (machine, link)
    }

    @Test("After a failover everybody remembered is waited for, as long as a lease counts, also who has none there yet")
    func failover() throws {
        var (machine, link) = try failedOver()
        let settledIn: Set<ReplicationID?> = [Self.history]
        let nobody = Membership(leases: [], settledIn: settledIn)
        #expect(machine.handle(.members(nobody, link), at: now).isEmpty)
        let one = Membership(leases: [try lease("b", unitedIn: link.replication)], settledIn: settledIn)
        #expect(machine.handle(.members(one, link), at: at(.milliseconds(4999))).isEmpty)
        var other = machine
        #expect(other.handle(.members(one, link), at: at(.seconds(5))) == [.settle(link)], "c can be taken for dead")
        let both = Membership(
            leases: [try lease("b", unitedIn: link.replication), try lease("c", unitedIn: link.replication)],
            settledIn: settledIn)
        #expect(machine.handle(.members(both, link), at: now) == [.settle(link)])
    }

    @Test("Who has a lease there, and has not united in this history, is waited for until it runs out")
    func leaseholder() throws {
        var (machine, link) = try failedOver()
        let late = Membership(
            leases: [try lease("b", unitedIn: Self.history), try lease("c", unitedIn: link.replication)],
            settledIn: [Self.history])
        #expect(machine.handle(.members(late, link), at: at(.seconds(60))).isEmpty)
        let gone = Membership(leases: [try lease("c", unitedIn: link.replication)], settledIn: [Self.history])
        #expect(machine.handle(.members(gone, link), at: at(.seconds(60))) == [.settle(link)])
    }

    @Test("What another node has settled is settled")
    func settledByAnother() throws {
        var (machine, link) = try failedOver()
        let settled = Membership(leases: [], settledIn: [link.replication])
        let actions = machine.handle(.members(settled, link), at: now)
        #expect(actions.last == .listMembers(link) && actions.count == 2)
        #expect(machine.openLinks.first?.isFollowing == true)
    }

    @Test("A node that has just started remembers nobody: on a store that was in use it gives everybody his time")
    func noMemory() throws {
        var machine = try makeMachine()
        _ = machine.handle(.opened(Self.link), at: now)
        _ = machine.handle(.united(Self.link, settledIn: [Self.old]), at: now)
        let nobody = Membership(leases: [], settledIn: [Self.old])
        #expect(machine.handle(.members(nobody, Self.link), at: at(.milliseconds(4999))).isEmpty)
        _ = machine.handle(.membersFailed(Self.link), at: now)
        #expect(machine.handle(.members(nobody, Self.link), at: at(.seconds(5))) == [.settle(Self.link)])
    }

    @Test("Shards of which only some are settled are not settled")
    func partlySettled() throws {
        var (machine, link) = try failedOver()
        let some = Membership(leases: [], settledIn: [link.replication, Self.history])
        #expect(machine.handle(.members(some, link), at: now).isEmpty)
        #expect(machine.openLinks.first?.isFollowing == false)
    }

    @Test("A store that turns out not to be settled any more is united with again")
    func emptied() throws {
        var machine = try following()
        let emptied = Membership(leases: [], settledIn: [nil])
        #expect(machine.handle(.members(emptied, Self.link), at: now) == [.unite(Self.link)])
        #expect(machine.handle(.beatArrived(2, acceptedAt: now.wall, Self.link), at: now).isEmpty)
    }

    @Test("What failed is tried again, not before a heartbeat has passed")
    func retries() throws {
        var machine = try makeMachine()
        _ = machine.handle(.opened(Self.link), at: now)
        #expect(machine.handle(.unionFailed(Self.link), at: now).isEmpty)
        #expect(!machine.handle(.tick, at: at(.milliseconds(499))).contains(.unite(Self.link)))
        #expect(machine.handle(.tick, at: at(.milliseconds(500))).contains(.unite(Self.link)))
        _ = machine.handle(.united(Self.link, settledIn: [nil]), at: now)
        let alone = Membership(leases: [], settledIn: [nil])
        #expect(machine.handle(.members(alone, Self.link), at: now) == [.begin(Self.link)])
        #expect(machine.handle(.beginningFailed(Self.link), at: now).isEmpty)
        #expect(machine.handle(.members(alone, Self.link), at: now) == [.begin(Self.link)])
        let later = at(.seconds(5))
        #expect(machine.handle(.members(alone, Self.link), at: later) == [.settle(Self.link)])
        #expect(machine.handle(.settlingFailed(Self.link), at: later).isEmpty)
        #expect(machine.handle(.members(alone, Self.link), at: later) == [.settle(Self.link)])
    }

    @Test("A subscription through which accepted beats do not come back is opened anew")
    func silence() throws {
        var machine = try following()
        _ = machine.handle(.beatAccepted(2, Self.link), at: now)
        #expect(!machine.handle(.tick, at: at(.seconds(2))).contains(.reopen(Self.link)))
        #expect(machine.handle(.tick, at: at(.milliseconds(2001))).contains(.reopen(Self.link)))
        #expect(!machine.handle(.tick, at: at(.milliseconds(2002))).contains(.reopen(Self.link)), "once")
    }

    @Test("Beats under way are bounded, and those that failed make room")
    func beatLimit() throws {
        var machine = try following()
        func beats(_ machine: inout KeeperMachine, _ range: Range<Int>) -> [UInt64] {
            range.flatMap { machine.handle(.tick, at: at(.milliseconds($0 * 500))) }.compactMap { action in
                if case .beat(_, let beat) = action { beat.number } else { nil }
            }
        }
        let sent = beats(&machine, 1..<40)
        #expect(sent.count == 14, "two are under way from before")
        _ = machine.handle(.beatFailed(try #require(sent.first), Self.link), at: now)
        #expect(beats(&machine, 40..<50).count == 1)
    }

    @Test("A shard that moves is vouched for by its newest link only")
    func movedShard() throws {
        var machine = try following()
        let new = BusLink(number: 2, primary: "b", replication: Self.history, shards: [1])
        _ = machine.handle(.opened(new), at: now)
        #expect(
            machine.handle(.beatArrived(2, acceptedAt: now.wall, Self.link), at: now) == [.trust([0], asOf: now)])
        #expect(machine.link(covering: 1) == new)
        _ = machine.handle(.united(new, settledIn: [Self.history]), at: now)
        #expect(machine.handle(.beatArrived(4, acceptedAt: now.wall, new), at: now) == [.trust([1], asOf: now)])
        _ = machine.handle(.lost(new), at: now)
        #expect(machine.link(covering: 1) == nil, "the older link does not take it back")
    }

    @Test("A request is confirmed by who follows all of its shards; by who unites, once it follows")
    func confirming() throws {
        let asker = try #require(NodeID("asker"))
        let request = ConfirmationRequest(number: 7, node: asker, shards: [0])
        var machine = try following()
        #expect(machine.handle(.asked(request, Self.link), at: now) == [.confirm(request, Self.link)])
        let foreign = ConfirmationRequest(number: 8, node: asker, shards: [0, 2])
        #expect(machine.handle(.asked(foreign, Self.link), at: now).isEmpty)
        var young = try makeMachine()
        _ = young.handle(.opened(Self.link), at: now)
        #expect(young.handle(.asked(request, Self.link), at: now).isEmpty)
        let actions = young.handle(.united(Self.link, settledIn: [Self.history]), at: now)
        #expect(actions.first == .confirm(request, Self.link))
        var vouchesForNothing = try makeMachine()
        _ = vouchesForNothing.handle(.opened(Self.link), at: now)
        _ = vouchesForNothing.handle(.united(Self.link, settledIn: [nil]), at: now)
        #expect(vouchesForNothing.handle(.asked(request, Self.link), at: now) == [.confirm(request, Self.link)])
        var hasVouched = try following()
        _ = hasVouched.handle(.beatArrived(2, acceptedAt: now.wall, Self.link), at: now)
        _ = hasVouched.handle(.lost(Self.link), at: now)
        let next = BusLink(number: 2, primary: "b", replication: Self.history, shards: [0, 1])
        _ = hasVouched.handle(.opened(next), at: now)
        _ = hasVouched.handle(.united(next, settledIn: [Self.old]), at: now)
        #expect(hasVouched.handle(.asked(request, next), at: now).isEmpty, "it may still trust what it knew")
    }

    @Test("Events of links that are not open do nothing")
    func strangeLinks() throws {
        var machine = try makeMachine()
        let events: [KeeperMachine.Event] = [
            .lost(Self.link), .united(Self.link, settledIn: [Self.history]), .unionFailed(Self.link),
            .beatAccepted(1, Self.link), .beatFailed(1, Self.link),
            .beatArrived(1, acceptedAt: now.wall, Self.link), .settled(Self.link), .settlingFailed(Self.link),
            .begun(Self.link), .beginningFailed(Self.link),
            .members(Membership(leases: [], settledIn: [Self.history]), Self.link), .membersFailed(Self.link),
            .asked(ConfirmationRequest(number: 1, node: try #require(NodeID("a")), shards: [0]), Self.link),
        ]
        for event in events { #expect(machine.handle(event, at: now).isEmpty, "\(event)") }
        #expect(machine.handle(.tick, at: at(.seconds(60))).isEmpty)
    }

    // MARK: Every order

    /// What has to have happened before a mirror may be trusted, written down a second time, without states.
    private struct Evidence {
        var isOpen = false
        var isUnited = false
        var isSettled = false
        /// Beats that were sent when all of that held, and have not come back.
        var counting: Set<UInt64> = []
    }

    /// Runs a sequence of events, and checks each trust against the evidence. Returns how often it was given.
    private func run(_ steps: [Int], in alphabet: [KeeperMachine.Event]) throws -> Int {
        var machine = try makeMachine()
        var evidence = Evidence()
        var trusts = 0
        for (index, step) in steps.enumerated() {
            let event = alphabet[step]
            // What an edge cannot report because it was not asked for is not reported.
            if case .united = event, evidence.isUnited || !evidence.isOpen { continue }
            if case .settled = event, machine.openLinks.first?.phase != .settling(isDeclaring: true) { continue }
            note(event, in: &evidence)
            for action in machine.handle(event, at: at(.milliseconds(300 * index))) {
                switch action {
                case .beat(_, let beat):
                    if evidence.isOpen, evidence.isUnited, evidence.isSettled { evidence.counting.insert(beat.number) }
                case .trust:
                    guard case .beatArrived(let number, _, _) = event else { throw Unexpected() }
                    #expect(evidence.counting.contains(number), "\(steps)")
                    trusts += 1
                case .unite: evidence.isUnited = false
                case .listMembers, .settle, .begin, .leaveToStore, .confirm, .reopen: break
                }
            }
        }
        return trusts
    }

    private func note(_ event: KeeperMachine.Event, in evidence: inout Evidence) {
        switch event {
        case .opened where !evidence.isOpen: evidence = Evidence(isOpen: true)
        case .lost: evidence = Evidence()
        case .united(_, let settledIn):
            evidence.isUnited = true
            evidence.isSettled = settledIn == [Self.history]
        case .members(let membership, _):
            evidence.isSettled = membership.settledIn == [Self.history]
            if !evidence.isSettled { evidence.counting = [] }
        case .settled: evidence.isSettled = true
        default: break
        }
    }

    private func alphabet() throws -> [KeeperMachine.Event] {
        let link = Self.link
        return [
            .opened(link), .lost(link), .united(link, settledIn: [Self.history]), .united(link, settledIn: [nil]),
            .unionFailed(link), .members(Membership(leases: [], settledIn: [Self.history]), link),
            .members(Membership(leases: [], settledIn: [nil]), link), .settled(link), .begun(link),
            .beatArrived(1, acceptedAt: now.wall, link), .beatArrived(2, acceptedAt: now.wall, link),
            .beatArrived(3, acceptedAt: now.wall, link), .tick,
        ]
    }

    @Test("In every order of up to five events, only a beat that was sent when all was complete makes a watermark")
    func everyOrder() throws {
        let alphabet = try alphabet()
        var trusts = 0
        // The first event that does anything is the opening.
        let count = alphabet.count
        for code in 0..<(count * count * count * count) {
            let steps =
                [0, code % count, code / count % count, code / count / count % count, code / count / count / count]
            trusts += try run(steps, in: alphabet)
        }
        #expect(trusts > 100, "and some do")
    }

    @Test("The same in long random orders", arguments: 1...20)
    func longOrders(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let alphabet = try alphabet()
        var trusts = 0
        for _ in 0..<50 {
            let more = (4...40).map { KeeperMachine.Event.beatArrived(UInt64($0), acceptedAt: now.wall, Self.link) }
            let steps = (0..<80).map { _ in Int.random(in: 0..<(alphabet.count + more.count), using: &random) }
            trusts += try run([0] + steps, in: alphabet + more)
        }
        #expect(trusts > 0)
    }
}
