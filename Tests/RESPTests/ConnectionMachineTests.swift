import RESP
import Testing

@Suite("The rules of a connection")
struct ConnectionMachineTests {
    private static let info = RedisReply.bytes(Array("# Replication\r\nrole:master\r\nmaster_replid:abc\r\n".utf8))
    private static let facts = ServerFacts(role: .primary, replicationID: "abc")

    private func time(_ milliseconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: milliseconds * 1_000_000) }

    private func ready() -> ConnectionMachine {
        var machine = ConnectionMachine(handshake: HandshakeStep.steps())
        #expect(machine.receive(Self.info, now: time(0)) == .proceed)
        #expect(machine.receive(.status("PONG"), now: time(0)) == .becomeReady(Self.facts))
        return machine
    }

    private func submit(
        _ machine: inout ConnectionMachine, _ replies: Int = 1, at now: UInt64 = 0, deadline: UInt64 = 1000,
        allowance: Int = 1000
    ) -> Bool {
        machine.submit(
            replies: replies, now: time(now), deadline: time(deadline), allowance: .milliseconds(allowance))
    }

    @Test("a handshake asks for what is configured, in the order that the server needs")
    func handshake() {
        let steps = HandshakeStep.steps(user: "u", password: "p", clientName: "n", database: 3)
        #expect(steps.map(\.purpose) == [.authenticate, .setName, .selectDatabase, .identify, .check])
        #expect(steps[0].command == RedisCommand("AUTH", "u", "p"))
        #expect(HandshakeStep.steps(password: "p")[0].command == RedisCommand("AUTH", "p"))
        #expect(HandshakeStep.steps().map(\.purpose) == [.identify, .check])
    }

    @Test("a refused step of the handshake ends the connection and says which")
    func refusal() {
        let wrong = RedisServerError("WRONGPASS no")
        var machine = ConnectionMachine(handshake: HandshakeStep.steps(password: "p"))
        #expect(machine.receive(.error(wrong), now: time(0)) == .close(.refused(.authenticate, wrong)))
        #expect(machine.receive(.status("PONG"), now: time(0)) == .proceed)
        #expect(!submit(&machine))
    }

    @Test("a user who may not say a name or ask for information gets a connection all the same")
    func permissions() {
        let forbidden = RedisReply.error(RedisServerError("NOPERM no"))
        var machine = ConnectionMachine(handshake: HandshakeStep.steps(clientName: "n"))
        #expect(machine.receive(forbidden, now: time(0)) == .proceed)
        #expect(machine.receive(forbidden, now: time(0)) == .proceed)
        #expect(machine.receive(.status("PONG"), now: time(0)) == .becomeReady(ServerFacts()))
    }

    @Test("a server that is loading its data is not ready")
    func loading() {
        let loading = RedisServerError("LOADING Redis is loading the dataset in memory")
        var machine = ConnectionMachine(handshake: HandshakeStep.steps())
        #expect(machine.receive(Self.info, now: time(0)) == .proceed)
        #expect(machine.receive(.error(loading), now: time(0)) == .close(.refused(.check, loading)))
    }

    @Test("no command is taken before the handshake is over")
    func early() {
        var machine = ConnectionMachine(handshake: HandshakeStep.steps())
        #expect(!submit(&machine))
    }

    @Test("replies go to entries in order, a batch's until its last")
    func order() {
        var machine = ready()
        #expect(submit(&machine) && submit(&machine, 2) && submit(&machine))
        #expect(machine.receive(.integer(1), now: time(1)) == .deliver(isLast: true))
        #expect(machine.receive(.integer(2), now: time(1)) == .deliver(isLast: false))
        #expect(machine.receive(.error(RedisServerError("ERR")), now: time(1)) == .deliver(isLast: true))
        #expect(machine.receive(.integer(4), now: time(1)) == .deliver(isLast: true))
        #expect(machine.count == 0)
    }

    @Test("an abandoned entry takes its replies in, so that no other gets them")
    func tombstones() {
        var machine = ready()
        #expect(submit(&machine) && submit(&machine, 2) && submit(&machine))
        let first = machine.abandon(at: 1)
        let second = machine.abandon(at: 1)
        #expect(first && !second)
        #expect(machine.receive(.integer(1), now: time(1)) == .deliver(isLast: true))
        #expect(machine.receive(.integer(2), now: time(1)) == .discard(isLast: false))
        #expect(machine.receive(.integer(3), now: time(1)) == .discard(isLast: true))
        #expect(machine.receive(.integer(4), now: time(1)) == .deliver(isLast: true))
    }

    @Test("a reply that nobody asked for ends the connection")
    func unsolicited() {
        var machine = ready()
        #expect(submit(&machine))
        #expect(machine.receive(.integer(1), now: time(1)) == .deliver(isLast: true))
        let violation = RESPError(.unexpected, "a reply that no command waits for")
        #expect(machine.receive(.integer(2), now: time(1)) == .close(.violation(violation)))
        #expect(!submit(&machine))
    }

    @Test("entries are abandoned at their deadline, in any order, and the next look is due at the next deadline")
    func deadlines() {
        var machine = ready()
        #expect(submit(&machine, deadline: 500) && submit(&machine, deadline: 100) && submit(&machine, deadline: 300))
        var expiry = machine.expire(now: time(99))
        #expect(expiry.expired.isEmpty && expiry.next == time(100))
        expiry = machine.expire(now: time(300))
        #expect(expiry.expired == [1, 2] && expiry.next == time(500) && !expiry.isStalled)
        #expect(machine.expire(now: time(301)).expired.isEmpty)
        #expect(machine.receive(.integer(1), now: time(310)) == .deliver(isLast: true))
        #expect(machine.receive(.integer(2), now: time(310)) == .discard(isLast: true))
    }

    @Test("a server that answers nothing for longer than the next command may take has stalled")
    func stalling() {
        var machine = ready()
        #expect(submit(&machine, deadline: 100, allowance: 1000))
        #expect(machine.expire(now: time(100)).next == time(1000))
        #expect(!machine.expire(now: time(999)).isStalled)
        #expect(machine.expire(now: time(1000)).isStalled)
    }

    @Test("a server that answers others before is not stalled, and one that answers a long command has its time")
    func slow() {
        var machine = ready()
        #expect(submit(&machine, deadline: 5000, allowance: 5000) && submit(&machine, deadline: 1000))
        let expiry = machine.expire(now: time(1000))
        #expect(expiry.expired == [1] && !expiry.isStalled && expiry.next == time(5000))
        #expect(machine.receive(.integer(1), now: time(4500)) == .deliver(isLast: true))
        #expect(!machine.expire(now: time(5499)).isStalled)
        #expect(machine.expire(now: time(5500)).isStalled)
    }

    @Test("with nothing to wait for there is nothing to look at")
    func idle() {
        var machine = ready()
        #expect(machine.expire(now: time(9999)) == ConnectionMachine.Expiry())
    }

    @Test("a draining connection takes no command and is drained after the last answer")
    func draining() {
        var machine = ready()
        #expect(submit(&machine) && !machine.isDrained)
        machine.drain()
        #expect(!submit(&machine) && !machine.isDrained)
        #expect(machine.receive(.integer(1), now: time(1)) == .deliver(isLast: true))
        #expect(machine.isDrained)
    }

    @Test("a lost connection says which entries somebody waited for")
    func disconnection() {
        var machine = ready()
        for _ in 0..<3 { #expect(submit(&machine)) }
        let abandoned = machine.abandon(at: 1)
        let waiting = machine.disconnect()
        #expect(abandoned && waiting == [0, 2])
        #expect(machine.count == 0 && !submit(&machine))
    }

    @Test("whatever is done in whatever order, each reply goes to the entry of its place", arguments: 1...40)
    func random(_ seed: Int) {
        var random = Samples.Random(seed: UInt64(seed))
        var machine = ready()
        var model: [(id: Int, missing: Int, isAbandoned: Bool)] = []
        for id in 0..<400 {
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                let replies = Int.random(in: 1...3, using: &random)
                #expect(submit(&machine, replies, deadline: 100_000))
                model.append((id, replies, false))
            case 2 where !model.isEmpty:
                let position = Int.random(in: 0..<model.count, using: &random)
                let isNew = machine.abandon(at: position)
                #expect(isNew == !model[position].isAbandoned)
                model[position].isAbandoned = true
            default:
                guard !model.isEmpty else { continue }
                model[0].missing -= 1
                let (isLast, isAbandoned) = (model[0].missing == 0, model[0].isAbandoned)
                #expect(
                    machine.receive(.null, now: time(1))
                        == (isAbandoned ? .discard(isLast: isLast) : .deliver(isLast: isLast)), "seed \(seed)")
                if isLast { model.removeFirst() }
            }
            #expect(machine.count == model.count, "seed \(seed)")
        }
    }
}
