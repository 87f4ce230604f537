import RESP
import Testing

@Suite("The rules of a subscribed connection")
struct SubscriptionMachineTests {
    private func time(_ milliseconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: milliseconds * 1_000_000) }

    private func text(_ words: String...) -> [RedisReply] { words.map { .bytes(Array($0.utf8)) } }

    private func subscribed(_ channels: [String], _ kind: SubscriptionMachine.Kind = .plain) -> SubscriptionMachine {
        let steps = [HandshakeStep(.check, RedisCommand("PING"))]
        var machine = SubscriptionMachine(handshake: steps, channels: channels, kind: kind, now: time(0))
        #expect(machine.receive(.status("PONG"), now: time(0)) == .subscribe(ServerFacts()))
        return machine
    }

    @Test("plain channels are asked for together, sharded ones one by one")
    func commands() {
        #expect(subscribed(["a", "b"]).subscribeCommands == [RedisCommand("SUBSCRIBE", "a", "b")])
        #expect(
            subscribed(["a", "b"], .sharded).subscribeCommands
                == [RedisCommand("SSUBSCRIBE", "a"), RedisCommand("SSUBSCRIBE", "b")])
    }

    @Test("channels are subscribed in order, with messages between")
    func subscribing() {
        var machine = subscribed(["a", "b"])
        #expect(machine.receive(.array(text("subscribe", "a") + [.integer(1)]), now: time(1)) == .subscribed("a"))
        #expect(
            machine.receive(.array(text("message", "a", "x")), now: time(1)) == .message(channel: "a", payload: [120]))
        #expect(machine.receive(.array(text("subscribe", "b") + [.integer(2)]), now: time(1)) == .subscribed("b"))
    }

    @Test("a sharded channel that the server gives up, or does not have, is told")
    func moving() {
        var machine = subscribed(["a", "b"], .sharded)
        let moved = RedisServerError("MOVED 1 127.0.0.1:7001")
        #expect(machine.receive(.array(text("ssubscribe", "a") + [.integer(1)]), now: time(1)) == .subscribed("a"))
        #expect(machine.receive(.error(moved), now: time(1)) == .refused(["b"], moved))
        #expect(machine.receive(.array(text("sunsubscribe", "a") + [.integer(0)]), now: time(1)) == .unsubscribed("a"))
    }

    @Test("what a subscribed connection is not told by a server ends it")
    func unexpected() {
        let surprises: [RedisReply] = [
            .status("OK"), .integer(1), .null, .array([]), .array(text("pmessage", "a", "b", "c")),
            .array(text("smessage", "a", "x")), .array(text("subscribe", "z") + [.integer(1)]), .status("PONG"),
            .array(text("pong", "")),
        ]
        let violation = RESPError(.unexpected, "not what a subscribed connection is told")
        for surprise in surprises {
            var machine = subscribed(["a"])
            #expect(machine.receive(surprise, now: time(1)) == .close(.violation(violation)), "\(surprise)")
        }
        var machine = subscribed(["a"])
        #expect(machine.receive(.array(text("subscribe", "a") + [.integer(1)]), now: time(1)) == .subscribed("a"))
        #expect(machine.receive(.error(RedisServerError("ERR")), now: time(1)) == .close(.violation(violation)))
    }

    @Test("an error in answer to the question is a sign of life: the user may not PING")
    func refusedPing() {
        var machine = subscribed(["a"])
        func watch(_ now: UInt64) -> SubscriptionMachine.Attention {
            machine.watch(now: time(now), interval: .milliseconds(100), allowance: .milliseconds(50))
        }
        let refusal = RedisReply.error(RedisServerError("NOPERM no permissions to run the 'ping' command"))
        // As long as a channel is asked for, an error is about that.
        #expect(watch(100) == .ping(until: time(150)))
        #expect(machine.receive(.array(text("subscribe", "a") + [.integer(1)]), now: time(101)) == .subscribed("a"))
        #expect(machine.receive(refusal, now: time(102)) == .proceed)
        #expect(watch(150) == .wait(until: time(202)))
        #expect(watch(202) == .ping(until: time(252)))
        #expect(machine.receive(refusal, now: time(203)) == .proceed)
        guard case .close = machine.receive(refusal, now: time(204)) else {
            Issue.record("an error that nobody asked for was taken")
            return
        }
    }

    @Test("a silent server is asked for a sign of life, and given up without one")
    func watching() {
        var machine = subscribed(["a"])
        func watch(_ now: UInt64) -> SubscriptionMachine.Attention {
            machine.watch(now: time(now), interval: .milliseconds(100), allowance: .milliseconds(50))
        }
        #expect(watch(0) == .wait(until: time(100)))
        #expect(watch(100) == .ping(until: time(150)))
        #expect(watch(120) == .wait(until: time(150)))
        #expect(machine.receive(.array(text("pong", "")), now: time(130)) == .proceed)
        #expect(watch(150) == .wait(until: time(230)))
        #expect(watch(230) == .ping(until: time(280)))
        #expect(watch(280) == .close(.stalled))
    }
}
