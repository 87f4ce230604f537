import DequeModule
import Logging
import ServiceLifecycle
import Synchronization
package import TesseraCore

/// Keeps a node's mirror complete: asks `KeeperMachine` what to do about what the bus delivers, and does it.
///
/// It must run for the mirror to be trusted. What it delivers from is bounded by the bus; what it does itself, by what
/// the machine has under way on each link.
package final class MirrorKeeper: Service {
    /// What this node tells the others of itself.
    package struct Identity: Sendable {
        package let address: String
        package let version: String
        package let startedAt: Timestamp

        package init(address: String, version: String, startedAt: Timestamp) {
            self.address = address
            self.version = version
            self.startedAt = startedAt
        }
    }

    package let bus: any ClusterBus
    package let settings: KeeperSettings
    package let identity: Identity
    let mirror: Mirror
    let actors: UserActors
    private let marks: MarkBook
    let clock: WallClock
    let logger: Logger
    let confirmations = Confirmations()
    let propagation = PropagationTimes()
    private let machine: Mutex<KeeperMachine>
    private let work = Mutex<Deque<KeeperMachine.Action>>([])
    private let wakeUps: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation
    private let doubtsBefore = Atomic<Int>(0)
    private let observer: any ClusterObserver
    /// More than all links have under way at once; what finds no place counts as failed.
    private static let workLimit = 4096

    package init(
        bus: any ClusterBus, settings: KeeperSettings, identity: Identity, flow: RequestFlow,
        observer: (any ClusterObserver)? = nil
    ) {
        self.bus = bus
        self.settings = settings
        self.identity = identity
        self.mirror = flow.mirror
        self.actors = flow.actors
        self.marks = flow.marks
        self.clock = flow.clock
        self.logger = flow.logger
        self.observer = observer ?? flow.telemetry ?? NoClusterObserver()
        machine = Mutex(KeeperMachine(settings: settings))
        (wakeUps, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// This node.
    package var node: NodeID { settings.node }

    /// Subscribes and keeps the mirror until cancelled. Throws what the bus throws for good.
    package func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await self.bus.run { await self.deliver($0) } }
            group.addTask { await self.tickUntilCancelled() }
            for await _ in wakeUps {
                while let action = nextWork() { group.addTask { await self.perform(action) } }
            }
        }
    }

    /// Takes this node off the membership lists, when it stops.
    package func leave() async {
        do {
            try await bus.leave(node)
        } catch {
            logger.info("lease left to run out", metadata: ["code": "\(error.code.rawValue)"])
        }
    }

    private func tickUntilCancelled() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: settings.heartbeat / 4)
            tick()
        }
    }

    /// Does what has become due.
    package func tick() {
        handle(.tick)
        confirmations.tick(at: clock.reading().steady)
    }

    // MARK: What the bus delivers

    /// Takes an event of the bus, in the order of its link.
    package func deliver(_ event: BusEvent) async {
        switch event {
        case .opened(let link):
            logger.info("bus link opened", metadata: link.metadata)
            handle(.opened(link))
        case .lost(let link):
            // A node that stops ends its links itself; that is no fault to be woken for.
            logger.log(level: Task.isCancelled ? .debug : .warning, "bus link lost", metadata: link.metadata)
            handle(.lost(link))
        case .message(.changed(let change), let link): apply(change, link)
        case .message(.beat(let number, let acceptedAt), let link):
            handle(.beatArrived(number, acceptedAt: acceptedAt, link))
        case .message(.asked(let request), let link):
            if request.node != node { handle(.asked(request, link)) }
        case .message(.confirmed(let number, let other), _): confirmations.note(number, by: other)
        }
    }

    /// Applies what a node has published, whatever the state of the link: revocations only grow.
    private func apply(_ change: BusChange, _ link: BusLink) {
        mirror.insert(change.revocations, shard: change.shard)
        guard change.node != node else { return }
        if let user = change.user { actors.invalidate(user) }
        for revocation in change.revocations {
            switch revocation.fact {
            case .everybody:
                actors.removeAll()
                marks.forgetAll()
            case .user(let user, below: _): actors.invalidate(user)
            case .token, .session, .generations: break
            }
        }
        guard !change.revocations.isEmpty, let offset = machine.withLock({ $0.clockOffset(of: link) }) else { return }
        let delay = max(.zero, clock.now() + offset - change.acceptedAt)
        propagation.note(delay)
        observer.revocationArrived(after: delay)
    }

    // MARK: What the machine wants

    private func handle(_ event: KeeperMachine.Event) {
        let now = clock.reading()
        for action in machine.withLock({ $0.handle(event, at: now) }) {
            if case .trust(let shards, let watermark) = action {
                mirror.trust(shards, asOf: watermark)
                settleDoubts()
            } else if case .leaveToStore(let shards) = action {
                mirror.leaveToStore(shards)
            } else if !enqueue(action), let failure = action.failure {
                _ = machine.withLock { $0.handle(failure, at: now) }
            }
        }
        wakeUp.yield()
    }

    /// What was doubted before the last watermark but one has come over the bus since, or was never done.
    private func settleDoubts() {
        let doubts = mirror.doubts
        mirror.settleDoubts(upTo: doubtsBefore.exchange(doubts, ordering: .acquiringAndReleasing))
    }

    private func enqueue(_ action: KeeperMachine.Action) -> Bool {
        work.withLock { work in
            guard work.count < Self.workLimit else { return false }
            work.append(action)
            return true
        }
    }

    private func nextWork() -> KeeperMachine.Action? { work.withLock { $0.popFirst() } }

    /// Does the first thing that waits to be done; `false` where there is none. For tests, in place of `run`.
    package func performNext() async -> Bool {
        guard let action = nextWork() else { return false }
        await perform(action)
        return true
    }

    private func perform(_ action: KeeperMachine.Action) async {
        do {
            if let event = try await result(of: action) { handle(event) }
        } catch {
            logger.debug("bus call failed", metadata: ["code": "\(error.code.rawValue)"])
            if let failure = action.failure { handle(failure) }
        }
    }

    private func result(of action: KeeperMachine.Action) async throws(StoreError) -> KeeperMachine.Event? {
        switch action {
        case .unite(let link):
            return .united(link, settledIn: try await unite(link))
        case .beat(let link, let beat):
            try await bus.beat(lease(beat), leaseTime: settings.leaseTime, on: link)
            return .beatAccepted(beat.number, link)
        case .listMembers(let link): return .members(try await bus.members(on: link), link)
        case .settle(let link):
            try await bus.settle(link)
            logger.notice("store settled", metadata: link.metadata)
            return .settled(link)
        case .begin(let link):
            try await bus.begin(link)
            logger.notice("store begun", metadata: link.metadata)
            return .begun(link)
        case .confirm(let request, let link):
            try await bus.confirm(request, by: node, on: link)
            return nil
        case .reopen(let link):
            logger.warning("beats do not arrive, bus link reopened", metadata: link.metadata)
            await bus.reopen(link)
            return nil
        case .trust, .leaveToStore: return nil
        }
    }

    private func lease(_ beat: KeeperMachine.Beat) -> NodeLease {
        NodeLease(
            node: node, address: identity.address, version: identity.version, startedAt: identity.startedAt,
            beat: beat.number, watermarkAge: beat.watermarkAge, unitedIn: beat.unitedIn, bound: settings.limits.bound,
            revocations: mirror.count, actors: actors.count)
    }

    /// The other nodes that had a lease when they were last listed.
    package var knownNodes: Set<NodeID> { look { $0.knownNodes } }

    /// The links and the other nodes as of now.
    func look<Result: Sendable>(_ body: (KeeperMachine) -> Result) -> Result { machine.withLock { body($0) } }
}

extension KeeperMachine.Action {
    /// What it means where this cannot be done; `nil` where nobody waits for it.
    fileprivate var failure: KeeperMachine.Event? {
        switch self {
        case .unite(let link): .unionFailed(link)
        case .beat(let link, let beat): .beatFailed(beat.number, link)
        case .listMembers(let link): .membersFailed(link)
        case .settle(let link): .settlingFailed(link)
        case .begin(let link): .beginningFailed(link)
        case .trust, .leaveToStore, .confirm, .reopen: nil
        }
    }
}

extension BusLink {
    fileprivate var metadata: Logger.Metadata {
        ["primary": "\(primary)", "link": "\(number)", "shards": "\(shards.count)"]
    }
}

/// Who wants to measure the cluster.
package protocol ClusterObserver: Sendable {
    /// A revocation of another node was applied here, this long after the store took it.
    func revocationArrived(after delay: Duration)
}

/// Measures nothing.
package struct NoClusterObserver: ClusterObserver {
    package init() {}
    package func revocationArrived(after delay: Duration) {}
}
