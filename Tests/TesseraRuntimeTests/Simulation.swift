import JSON
import Synchronization
import TesseraCore
import TesseraTestKit
import TesseraTokens
import Testing

@testable import TesseraRuntime

/// Browsers with cookie jars, thieves and operators against two nodes over one store, at random; and what is to be
/// expected of every answer.
struct Simulation {
    /// What is known of a session from outside.
    enum Fate: Equatable {
        case alive
        /// Something was asked that may or may not have ended it.
        case unsure
        /// Since when, and through which node.
        case ended(Timestamp, node: Int)
    }

    /// A browser: what it holds, and what it had.
    struct Browser {
        let user: String
        var jar: String?
        var session: Int?
        /// Answers that are under way.
        var arriving: (at: Timestamp, text: String)?
        var past: [String] = []
    }

    struct KnownSession {
        let user: String
        var fate: Fate
        var texts: [String] = []
        /// When its last token expires.
        var expires: Timestamp
    }

    struct Counts { var (accepted, refused, failed, ended) = (0, 0, 0, 0) }

    /// Revocations on their way to a node.
    final class Wire: Sendable {
        let waiting = Mutex<[(at: Timestamp, revocation: Revocation)]>([])
    }

    static let bound = Duration.seconds(2)
    static let users = ["ada", "bob"]

    var random: SeededRandom
    let clock = ManualClock()
    let start: Timestamp
    let stores: [NodeStore]
    let nodes: [World]
    let wires: [Wire]
    var browsers: [Browser]
    var sessions: [KnownSession] = []
    var counts = Counts()
    var violations: [String] = []
    var log: [String] = []
    /// What happened before the first violation.
    var trail: ArraySlice<String> = []
    var nextAuthNumber = 0

    init(seed: UInt64) async throws {
        random = SeededRandom(seed: seed)
        start = clock.now
        let base = InMemoryStore()
        let wires = [Wire(), Wire()]
        let shared = SharedDelays(random.fork())
        let clock = clock
        stores = (0..<2).map { _ in
            NodeStore(base) { revocations in
                let delay = shared.next()
                // Everybody hears it, who published it as well.
                for wire in wires {
                    wire.waiting.withLock { waiting in waiting += revocations.map { (clock.now + delay, $0) } }
                }
            }
        }
        self.wires = wires
        var policy = SessionPolicy.consumer
        if seed.isMultiple(of: 4) { policy.grace = .seconds(60) }
        let format: TokenFormat = seed.isMultiple(of: 3) ? .reference : .standard
        nodes = [
            try await World(stores[0], clock: clock, policy: policy, format: format, actorLimit: 2, seed: seed),
            try await World(stores[1], clock: clock, policy: policy, format: format, seed: seed + 1000),
        ]
        browsers = (0..<5).map { Browser(user: Self.users[$0 % 2]) }
    }

    // MARK: What happens

    mutating func step() async throws {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<40: try await request(browser())
        case 40..<52: try await signIn(browser())
        case 52..<56: try await legacy(browser())
        case 56..<60: try await signOut(browser())
        case 60..<63: try await update(browser())
        case 63..<66: try await revoke()
        case 66..<70: try await steal()
        case 70..<76: try await digUp()
        case 76..<82: fault()
        case 82..<88: try await housekeeping()
        default: pass()
        }
    }

    /// Ends all faults, and lets everybody come once more.
    mutating func finish() async throws {
        for store in stores { store.faults.recover() }
        advance(by: .seconds(10))
        for index in browsers.indices { try await request(index) }
        for _ in 0..<60 { try await digUp() }
    }

    private mutating func request(_ index: Int) async throws {
        guard let jar = browsers[index].jar, let session = browsers[index].session else { return }
        let count = Int.random(in: 1...4, using: &random)
        let nodes = nodes
        let first = node()
        let answers = try await parallel(count) { number in
            let node = (first + number) % 2
            return (node, try await Self.answer { try await nodes[node].authenticate(jar) })
        }
        note("browser \(index) presents session \(session) \(count) times")
        var successors: Set<String> = []
        for (node, answer) in answers {
            judge(answer, session: session, node: node)
            guard case .active(let active) = answer, let replacement = active.replacement else { continue }
            successors.insert("\(active.token.id)")
            receive(replacement, session: session, browser: index)
        }
        if successors.count > 1 { violate("the chain forked: \(successors)") }
    }

    private mutating func receive(_ token: MintedToken, session: Int, browser index: Int) {
        sessions[session].texts.append(token.text)
        sessions[session].expires = max(sessions[session].expires, token.expires)
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<6: store(token.text, browser: index)
        case 6..<8: break  // Lost on the way.
        default:
            if browsers[index].arriving == nil {
                let wait = Duration.seconds(Int.random(in: 0...10, using: &random))
                browsers[index].arriving = (clock.now + wait, token.text)
            }
        }
    }

    private mutating func store(_ text: String, browser index: Int) {
        if let jar = browsers[index].jar, jar != text { browsers[index].past.append(jar) }
        browsers[index].jar = text
        browsers[index].arriving = nil
    }

    private mutating func signIn(_ index: Int) async throws {
        let user =
            Bool.random(using: &random) ? browsers[index].user : Self.users[Int.random(in: 0..<2, using: &random)]
        let previous = browsers[index].session
        let (node, jar) = (node(), browsers[index].jar)
        let nodes = nodes
        let result = try await Self.answer { try await nodes[node].signIn(user, previous: jar) }
        note("browser \(index) signs in as \(user) over \(previous.map { "\($0)" } ?? "nothing"): \(result != nil)")
        guard let token = result else {
            counts.failed += 1
            if let previous { doubt(previous) }
            return
        }
        if let previous { end(previous, node: node) }
        begin(user, token.text, expires: token.expires, browser: index)
    }

    /// The application still signs in with NextAuth.js elsewhere, and this browser comes with what that gave it.
    private mutating func legacy(_ index: Int) async throws {
        guard browsers[index].session.map({ isEnded($0) }) ?? true else { return }
        advance(by: .seconds(3))
        nextAuthNumber += 1
        let user = browsers[index].user
        let text = try nodes[0].nextAuth(user, number: nextAuthNumber, lifetime: .days(40))
        begin(user, text, expires: clock.now + .days(40), browser: index)
        note("browser \(index) brings a NextAuth.js token, session \(sessions.count - 1)")
    }

    private mutating func begin(_ user: String, _ text: String, expires: Timestamp, browser index: Int) {
        sessions.append(KnownSession(user: user, fate: .alive, texts: [text], expires: expires))
        browsers[index].jar = text
        browsers[index].session = sessions.count - 1
        browsers[index].arriving = nil
        browsers[index].past = []
    }

    private mutating func signOut(_ index: Int) async throws {
        guard let jar = browsers[index].jar, let session = browsers[index].session else { return }
        let (node, nodes) = (node(), nodes)
        let done = try await Self.answer {
            try await nodes[node].flow.signOut(jar, scope: .thisSession, from: World.firefox)
        }
        note("browser \(index) signs out of session \(session): \(done.map { "\($0)" } ?? "failed")")
        if done != nil { end(session, node: node) } else { failed(session) }
    }

    private mutating func update(_ index: Int) async throws {
        guard let jar = browsers[index].jar, let session = browsers[index].session else { return }
        guard browsers[index].arriving == nil else { return }
        let (node, nodes) = (node(), nodes)
        let answer = try await Self.answer {
            try await nodes[node].flow.update(jar, data: ["n": 1], from: World.firefox)
        }
        note("browser \(index) updates session \(session)")
        judge(answer, session: session, node: node)
        guard case .active(let active) = answer, let replacement = active.replacement else { return }
        sessions[session].texts.append(replacement.text)
        if Bool.random(using: &random) { store(replacement.text, browser: index) }
    }

    private mutating func revoke() async throws {
        let (node, nodes) = (node(), nodes)
        let user = Self.users[Int.random(in: 0..<2, using: &random)]
        guard let id = UserID(user) else { return }
        switch Int.random(in: 0..<8, using: &random) {
        case 0:
            let done = try await Self.answer { try await nodes[node].flow.endEverybody(reason: .revokedByOperator) }
            note("everybody ends: \(done != nil)")
            settle(sessions.indices.map { $0 }, isDone: done != nil, node: node)
        case 1, 2, 3:
            let done = try await Self.answer { try await nodes[node].flow.endAll(of: id, reason: .revokedByOperator) }
            note("\(user) ends: \(done != nil)")
            settle(sessions.indices.filter { sessions[$0].user == user }, isDone: done != nil, node: node)
        default:
            let kept = SessionID(high: 1, low: 1)
            let done = try await Self.answer { try await nodes[node].flow.endOthers(of: id, keeping: kept) }
            note("all others of \(user) end: \(done != nil)")
            settle(sessions.indices.filter { sessions[$0].user == user }, isDone: done != nil, node: node)
        }
    }

    private mutating func settle(_ indices: [Int], isDone: Bool, node: Int) {
        for index in indices { if isDone { end(index, node: node) } else { doubt(index) } }
        if !isDone { counts.failed += 1 }
    }

    /// Somebody presents a token that a browser had before.
    private mutating func steal() async throws {
        let index = browser()
        guard let session = browsers[index].session, let text = browsers[index].past.randomElement(using: &random)
        else {
            return
        }
        let (node, nodes) = (node(), nodes)
        let answer = try await Self.answer { try await nodes[node].authenticate(text, from: World.phone) }
        note("a thief presents an old token of session \(session)")
        switch answer {
        case .active: if isCertainlyEnded(session, node: node) { violate("a thief is let in") }
        case .ended(.invalidToken), .anonymous: break
        case .ended(.refused(.reuse)): end(session, node: node)
        case .ended(let ending):
            if sessions[session].fate == .alive { violate("session \(session) is alive: \(ending)") }
            end(session, node: node)
        case nil: doubt(session)
        }
    }

    /// Somebody presents a token of a session that has ended.
    private mutating func digUp() async throws {
        let dead = sessions.indices.filter { isEnded($0) }
        guard let session = dead.randomElement(using: &random),
            let text = sessions[session].texts.randomElement(using: &random)
        else { return }
        let (node, nodes) = (node(), nodes)
        let answer = try await Self.answer { try await nodes[node].authenticate(text) }
        note("session \(session) is dug up")
        judge(answer, session: session, node: node)
    }

    // MARK: The world around

    private mutating func fault() {
        let faults = stores[node()].faults
        if Int.random(in: 0..<3, using: &random) == 0 { return faults.recover() }
        let kind = [StoreCallKind.commit, .load, .mark, .owner, .revokeEverybody].randomElement(using: &random)
        guard let kind else { return }
        let moment: StoreFaults.Moment = Bool.random(using: &random) ? .before : .after
        faults.fail(kind, moment: moment, times: Int.random(in: 1...3, using: &random))
        note("\(kind) will fail \(moment)")
    }

    private mutating func housekeeping() async throws {
        let world = nodes[node()]
        switch Int.random(in: 0..<5, using: &random) {
        case 0: await world.node.sweep()
        case 2: await world.node.settleDoubts()
        case 1: world.flow.actors[try #require(UserID(Self.users[node()]))].invalidate()
        default: await world.node.writeMarks(all: Bool.random(using: &random))
        }
    }

    private mutating func pass() {
        guard clock.now - start < .days(11) else { return advance(by: .seconds(1)) }
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<10: advance(by: .milliseconds(Int.random(in: 1...5000, using: &random)))
        case 10..<13: advance(by: .seconds(Int.random(in: 5...40, using: &random)))
        case 13..<19: advance(by: .seconds(Int.random(in: 290...400, using: &random)))
        default: advance(by: .hours(Int.random(in: 1...20, using: &random)))
        }
    }

    private mutating func advance(by duration: Duration) {
        clock.advance(by: duration)
        for (node, wire) in wires.enumerated() {
            let arrived = wire.waiting.withLock { waiting in
                let arrived = waiting.filter { $0.at <= clock.now }
                waiting.removeAll { $0.at <= clock.now }
                return arrived.map(\.revocation)
            }
            nodes[node].flow.mirror.insert(arrived)
        }
        for index in browsers.indices {
            guard let arriving = browsers[index].arriving, arriving.at <= clock.now else { continue }
            store(arriving.text, browser: index)
        }
    }

    // MARK: What is to be expected

    private mutating func judge(_ answer: Authentication?, session: Int, node: Int) {
        switch answer {
        case .active:
            counts.accepted += 1
            if isCertainlyEnded(session, node: node) {
                violate("session \(session) has ended and was accepted on node \(node) after step \(log.count)")
            }
        case .ended(let ending):
            counts.refused += 1
            if sessions[session].fate == .alive {
                violate("session \(session) is alive and was refused: \(ending) after step \(log.count)")
            }
            if sessions[session].fate == .unsure { end(session, node: node) }
        case .anonymous: violate("a token is no credential")
        case nil: counts.failed += 1
        }
    }

    private mutating func violate(_ what: String) {
        if violations.isEmpty { trail = log.suffix(40) }
        violations.append(what)
    }

    private func isEnded(_ session: Int) -> Bool { if case .ended = sessions[session].fate { true } else { false } }

    private func isCertainlyEnded(_ session: Int, node: Int) -> Bool {
        guard case .ended(let moment, let through) = sessions[session].fate else { return false }
        return through == node || clock.now - moment > Self.bound
    }

    private mutating func end(_ session: Int, node: Int) {
        if isEnded(session) { return }
        counts.ended += 1
        sessions[session].fate = .ended(clock.now, node: node)
    }

    private mutating func doubt(_ session: Int) { if !isEnded(session) { sessions[session].fate = .unsure } }

    private mutating func failed(_ session: Int) {
        counts.failed += 1
        doubt(session)
    }

    private mutating func note(_ event: String) { log.append("\((clock.now - start).wholeSeconds) s: \(event)") }

    private mutating func browser() -> Int { Int.random(in: 0..<browsers.count, using: &random) }
    private mutating func node() -> Int { Int.random(in: 0..<2, using: &random) }

    /// The answer, or `nil` where the store could not be asked; anything else is a failure of the test.
    private static func answer<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value? {
        do {
            return try await body()
        } catch let error as FlowError where error.code == .unavailable {
            return nil
        }
    }
}

/// Random delays within the bound, for closures.
private final class SharedDelays: Sendable {
    private let random: Mutex<SeededRandom>

    init(_ random: SeededRandom) { self.random = Mutex(random) }

    func next() -> Duration {
        let most = Simulation.bound.milliseconds
        return .milliseconds(random.withLock { Int64.random(in: 0...most, using: &$0) })
    }
}
