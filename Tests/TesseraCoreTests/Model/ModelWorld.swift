import TesseraCore

/// A user with several browsers, several nodes before one store, and everything that can go wrong between them.
///
/// Requests are cut into steps (read, decide, commit, answer), and the steps of all requests under way are done in a
/// random order. Answers get lost; marks come late, in any order, more than once; nodes decide on old copies; the store
/// forgets its last writes. After every step the invariants are checked that the design promises.
struct ModelWorld {
    /// What may happen in a world, besides use.
    struct Setting: Sendable {
        var updates = false
        var failovers = false
        var endings = true
        var adoptions = true
        var weakness: ModelStore.Weakness?
    }

    /// What a client holds.
    enum Credential: Hashable {
        case own(Token)
        case nextAuth(SessionID)

        var session: SessionID {
            switch self {
            case .own(let token): token.session
            case .nextAuth(let id): id
            }
        }
    }

    /// A session token, as far as the rules know it.
    struct Token: Hashable {
        let session: SessionID
        let generation: Generation
        let rotatedAt: Timestamp
        let userEpoch: Epoch
        let deploymentEpoch: Epoch
    }

    /// A browser with one cookie jar and any number of tabs.
    struct Client {
        var jar: Credential?
        var lastUse = Timestamp.start
        /// An update that is under way, so that the next waits for its answer.
        var updating = false
    }

    enum Intent: Hashable { case signIn(SessionID), use, update, signOut, endOthers, endAll, end(SessionID) }

    struct Request {
        let client: Int
        let node: Int
        let intent: Intent
        let presented: Credential?
        let startedAt: Timestamp
        var stage = Stage.arriving(mayUseCopy: true)
        /// How often it found the record changed.
        var retries = 0
    }

    enum Stage {
        case arriving(mayUseCopy: Bool)
        case read(UserRecord, version: Int, isCopy: Bool)
        case decided(Decision, version: Int, at: Timestamp)
        case answered(Reply)
    }

    /// What the world knows of a session, whatever the rules say.
    struct Life {
        let userEpoch: Epoch
        let deploymentEpoch: Epoch
        var endedAt: Int?
        var creationLost = false
    }

    static let nextAuthIssuedAt = Timestamp.start - .days(1)
    static let nextAuthExpiry = Timestamp.start + .days(20)

    let setting: Setting
    let policy = SessionPolicy.sample
    var random: SeededGenerator
    var now = Timestamp.start
    var store: ModelStore
    var clients: [Client]
    var requests: [Request] = []
    var marks: [Mark] = []
    var copies: [(record: UserRecord, version: Int)?] = [nil, nil, nil]
    /// How far each node's clock is off.
    var skews: [Duration]
    var lives: [SessionID: Life] = [:]
    var minted: [SessionID: [Generation: SessionRecord]] = [:]
    var published: [Revocation] = []
    var creations: [Int] = []
    var sessionCount = 100
    var epochWasRaised = false
    var violation: Violation?

    init(seed: UInt64, setting: Setting) {
        self.setting = setting
        random = SeededGenerator(seed: seed)
        store = ModelStore(weakness: setting.weakness)
        clients = (0..<3).map { Client(jar: setting.adoptions && $0 > 0 ? .nextAuth(.numbered($0)) : nil) }
        skews = [.zero, .seconds(2), .zero - .seconds(2)]
    }

    /// Lets so many things happen; the first violation of an invariant, or `nil`.
    static func run(seed: UInt64, steps: Int, setting: Setting) -> Violation? {
        var world = ModelWorld(seed: seed, setting: setting)
        for step in 0..<steps {
            world.step()
            if var violation = world.violation {
                violation.place = "seed \(seed), step \(step)"
                return violation
            }
        }
        return nil
    }

    mutating func step() {
        switch random.below(100) {
        case 0..<55 where !requests.isEmpty: advanceRequest(at: random.below(requests.count))
        case 0..<75: begin()
        case 75..<85: deliverMark()
        case 85..<97: passTime()
        case 97 where setting.failovers: failOver()
        case 98 where setting.endings && random.chance(15): revokeEverybody()
        default: copies[random.below(3)] = nil
        }
    }

    func nodeTime(_ node: Int) -> Timestamp { now + skews[node] }

    // MARK: Clients

    private mutating func begin() {
        guard requests.count < 8 else { return advanceRequest(at: random.below(requests.count)) }
        let client = random.below(clients.count)
        let node = random.below(3)
        guard let credential = clients[client].jar else { return send(signIn(), by: client, to: node) }
        switch random.below(100) {
        case 0..<4: send(signIn(), by: client, to: node)
        case 4..<8 where setting.endings: send(.signOut, by: client, to: node)
        case 8..<10 where setting.endings: send(.endOthers, by: client, to: node)
        case 10 where setting.endings: send(.endAll, by: client, to: node)
        case 11..<13 where setting.endings:
            guard let id = lives.keys.sorted().randomElement(using: &random) else { return }
            send(.end(id), by: client, to: node)
        case 13..<25 where setting.updates: update(by: client, to: node)
        default: use(credential, by: client, at: node)
        }
    }

    private mutating func signIn() -> Intent {
        sessionCount += 1
        return .signIn(.numbered(sessionCount))
    }

    /// A browser changes its session only when none of its requests is under way with an older token.
    private mutating func update(by client: Int, to node: Int) {
        guard case .own = clients[client].jar, !requests.contains(where: { $0.client == client }) else { return }
        send(.update, by: client, to: node)
    }

    private mutating func use(_ credential: Credential, by client: Int, at node: Int) {
        guard case .own(let token) = credential, nodeTime(node) < token.rotatedAt + policy.freshWindow else {
            return send(.use, by: client, to: node)
        }
        var mirror = store.blocklist
        mirror.trim(at: nodeTime(node))
        let life = lives[token.session]
        switch mirror.verdict(on: facts(of: token)) {
        case .superseded: send(.use, by: client, to: node)
        case .clear:
            if life?.endedAt != nil { report(.deadAccepted, "\(token)") }
            accept(token, of: client, at: node)
        case .ended:
            if life?.endedAt == nil, life?.creationLost != true { report(.honestRefused, "by the mirror: \(token)") }
            forget(token.session, in: client)
        }
    }

    private mutating func accept(_ token: Token, of client: Int, at node: Int) {
        clients[client].lastUse = now
        let use = SessionRecord.Use(at: nodeTime(node), generation: token.generation)
        marks.append(Mark(user: .alice, session: token.session, use: use))
    }

    private func facts(of token: Token) -> TokenFacts {
        TokenFacts(
            user: .alice, session: token.session, generation: token.generation, userEpoch: token.userEpoch,
            deploymentEpoch: token.deploymentEpoch, id: .sample("\(token.session).\(token.generation)"))
    }

    mutating func forget(_ session: SessionID, in client: Int) {
        if clients[client].jar?.session == session { clients[client].jar = nil }
    }

    private mutating func send(_ intent: Intent, by client: Int, to node: Int) {
        requests.append(
            Request(client: client, node: node, intent: intent, presented: clients[client].jar, startedAt: now))
    }

    // MARK: The rest of the world

    private mutating func deliverMark() {
        guard !marks.isEmpty else { return }
        let index = random.below(marks.count)
        store.mark(marks[index], at: now)
        if let copy = random.below(3) as Int?, random.chance(30) { copies[copy]?.record.apply(marks[index]) }
        if !random.chance(30) { marks.remove(at: index) }
    }

    private mutating func passTime() {
        let duration: Duration =
            switch random.below(100) {
            case 0..<50: .milliseconds(random.below(2000))
            case 50..<80: .seconds(20 + random.below(340))
            case 80..<96: .seconds(290 + random.below(60))
            default: .minutes(15 + random.below(60))
            }
        // A request is answered within the grace, so that a longer time finds none under way.
        while let index = requests.indices.first(where: { now + duration - requests[$0].startedAt > .seconds(10) }) {
            advanceRequest(at: index)
            if violation != nil { return }
        }
        now = now + duration
        if duration > .seconds(60) {
            for mark in marks.shuffled(using: &random) { store.mark(mark, at: now) }
            marks = []
        }
    }

    private mutating func revokeEverybody() {
        publish(store.revokeEverybody(at: now))
        epochWasRaised = true
        for id in lives.keys { end(id) }
    }

    private mutating func failOver() {
        // Connections break: whoever waits for an answer gets none.
        requests = []
        for client in clients.indices { clients[client].updating = false }
        store.failOver(losing: 1 + random.below(4), knownToNodes: published, at: now)
        for (id, life) in lives where store.sessions[id] == nil && life.endedAt == nil {
            lives[id]?.creationLost = true
        }
        for (id, generations) in minted {
            let newest = store.sessions[id]?.generation ?? .adopted
            minted[id] = generations.filter { $0.key <= newest }
        }
    }

    mutating func publish(_ revocations: [Revocation]) {
        published.removeAll { [now] in $0.expires <= now && $0.reason != .revokedByOperator }
        published.append(contentsOf: revocations)
    }

    mutating func end(_ id: SessionID) {
        if lives[id] != nil, lives[id]?.endedAt == nil { lives[id]?.endedAt = store.version }
    }
}
