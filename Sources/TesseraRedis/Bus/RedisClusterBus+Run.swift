import Logging
import RESP
import RedisClient
import Synchronization
import TesseraCore
package import TesseraRuntime

extension RedisClusterBus {
    /// One link for each primary, begun anew whenever it ends or the shards move.
    package func run(_ deliver: @escaping @Sendable (BusEvent) async -> Void) async throws {
        // At most one wish to look again is kept: looking serves all that came before it.
        let (wishes, wish) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        wish.yield()
        await withDiscardingTaskGroup { group in
            group.addTask { [client = calls.client] in
                for await _ in client.topologyChanges { wish.yield() }
            }
            for await _ in wishes {
                if Task.isCancelled { break }
                guard let routes = await self.routes() else {
                    group.addTask { await Self.pause(then: wish) }
                    continue
                }
                let change = self.links.withLock { $0.align(to: routes) }
                for ending in change.ended { ending.ask() }
                for (number, route) in change.begun {
                    group.addTask {
                        await self.keep(number, route, deliver)
                        self.links.withLock { $0.remove(number) }
                        await Self.pause(then: wish)
                    }
                }
            }
            group.cancelAll()
        }
    }

    package func reopen(_ link: BusLink) async {
        links.withLock { $0.ending(of: link.number) }?.ask()
    }

    /// Between a link's end, or a failure, and the next attempt.
    private static func pause(then wish: AsyncStream<Void>.Continuation) async {
        try? await Task.sleep(for: .milliseconds(100))
        wish.yield()
    }

    /// Where the shards are now; `nil` where that is not known.
    private func routes() async -> Set<OpenLinks.Route>? {
        guard let byPrimary = try? await calls.shardsByPrimary() else { return nil }
        return Set(byPrimary.map { OpenLinks.Route(primary: $0.key, shards: $0.value.sorted()) })
    }

    // MARK: One link

    /// Keeps a link until it is lost, or asked to end; says so when it had been opened.
    private func keep(
        _ number: UInt64, _ route: OpenLinks.Route, _ deliver: @escaping @Sendable (BusEvent) async -> Void
    ) async {
        guard let ending = links.withLock({ $0.ending(of: number) }), let home = route.shards.first else { return }
        let channels = route.shards.map { calls.keys.bus($0) } + [calls.keys.bus(home, of: node)]
        let link = await withTaskGroup(of: BusLink?.self) { group in
            group.addTask { await self.follow(number, route, channels, deliver) }
            group.addTask {
                await ending.wait()
                return nil
            }
            var link: BusLink?
            let first = await group.next()
            group.cancelAll()
            link = first ?? nil
            for await other in group { link = link ?? other }
            return link
        }
        guard let link else { return }
        await deliver(.lost(link))
        logger.debug("link to a primary ended", metadata: ["primary": "\(link.primary)", "link": "\(number)"])
    }

    /// Subscribes and delivers until that ends; returns the link if it was opened.
    private func follow(
        _ number: UInt64, _ route: OpenLinks.Route, _ channels: [String],
        _ deliver: @escaping @Sendable (BusEvent) async -> Void
    ) async -> BusLink? {
        let reading = LinkReading(number: number, route: route, channels: channels)
        do {
            try await calls.client.withSubscription(
                to: channels, kind: calls.isSharded ? .sharded : .plain, bufferLimit: Self.bufferLimit
            ) { subscription in
                for try await event in subscription {
                    guard try await self.handle(event, reading, deliver) else { return }
                }
            }
        } catch {
            // Too much waited, the client was stopped, or the primary has moved on: the link is over in any case.
            let code = (error as? RedisError)?.code.rawValue ?? (error as? StoreError)?.code.rawValue ?? "cancelled"
            logger.log(
                level: Task.isCancelled ? .debug : .info, "subscription ended",
                metadata: ["primary": "\(route.primary)", "code": "\(code)"])
        }
        return reading.link
    }

    /// How many messages may wait for a node that is slow to apply them.
    private static let bufferLimit = 16_384

    /// Handles one event of a subscription. Returns whether the link goes on.
    private func handle(
        _ event: RedisSubscriptionEvent, _ reading: LinkReading,
        _ deliver: @escaping @Sendable (BusEvent) async -> Void
    ) async throws(StoreError) -> Bool {
        switch event {
        case .subscribed(let channel), .resubscribed(let channel):
            guard reading.subscribed(channel) else { return true }
            let link = try await open(reading)
            logger.debug(
                "link to a primary opened",
                metadata: ["primary": "\(link.primary)", "link": "\(link.number)", "shards": "\(link.shards.count)"])
            await deliver(.opened(link))
            return true
        case .message(_, let payload):
            // What comes before the link is open is read with the blocklist.
            guard let link = reading.link else { return true }
            guard let message = MessageText.read(payload) else {
                logger.warning("message of another version of Tessera left out")
                return true
            }
            await deliver(.message(message, link))
            return true
        case .lost: return false
        }
    }

    /// Every channel is subscribed: asks the primary which history it is in.
    private func open(_ reading: LinkReading) async throws(StoreError) -> BusLink {
        let reply = try await calls.run(.identify, on: reading.route.shards.first ?? 0)
        guard let text = reply.string else { throw .unexpected("identify") }
        return reading.open(in: ReplicationID(text))
    }
}
