internal import Logging
internal import NIOCore
internal import RESP

/// Keeps channels subscribed: finds out where, connects, and does it again for the channels of a connection that is
/// lost, until it is cancelled or the subscription ends.
struct SubscriptionSupervisor: Sendable {
    let channels: [String]
    let kind: RedisSubscription.Kind
    let buffer: EventBuffer
    let client: RedisClient

    /// What one of its tasks has come to.
    private enum Outcome: Sendable {
        /// Where the channels are now.
        case located([RedisAddress: [String]], failures: Int)
        /// The channels are not delivered, by that server if one was known.
        case lost([String], by: RedisAddress?, failures: Int)
    }

    func run() async {
        await withTaskGroup(of: Outcome.self) { group in
            group.addTask { await locate(channels) }
            while let outcome = await group.next(), !Task.isCancelled, !buffer.isEnded {
                switch outcome {
                case .located(let places, let failures):
                    for (address, channels) in places {
                        group.addTask { await deliver(channels, from: address, failures: failures) }
                    }
                case .lost(let channels, let address, let failures):
                    group.addTask {
                        await rest(channels, address, failures: failures)
                        return await locate(channels, failures: failures)
                    }
                }
            }
            group.cancelAll()
        }
    }

    /// Waits before another attempt; no longer than until another server is known to have the channels.
    private func rest(_ channels: [String], _ address: RedisAddress?, failures: Int) async {
        var random = SystemRandomNumberGenerator()
        let delay = client.configuration.backoff.delay(after: failures, using: &random)
        guard delay > .zero else { return }
        await withTaskGroup(of: Void.self) { group in
            // A cancelled sleep is followed by the end of `run`.
            group.addTask { try? await Task.sleep(for: delay) }
            if let address {
                group.addTask { await client.topology.waitUntilMoved(channels, kind, from: address) }
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func locate(_ channels: [String], failures: Int = 0) async -> Outcome {
        do {
            var places: [RedisAddress: [String]] = [:]
            for channel in channels {
                let timing = client.timing(client.configuration.connectTimeout)
                let address = try await client.topology.subscriptionAddress(for: channel, kind, timing)
                places[address, default: []].append(channel)
            }
            return .located(places, failures: failures)
        } catch {
            tellLoss(channels, error)
            return .lost(channels, by: nil, failures: failures + 1)
        }
    }

    /// Subscribes and delivers until the connection is lost.
    private func deliver(_ channels: [String], from address: RedisAddress, failures: Int) async -> Outcome {
        let start = ContinuousClock.now
        let error = await linkUntilMoved(channels, to: address)
        // Nobody wants them any more: that is no loss.
        if Task.isCancelled || buffer.isEnded { return .lost(channels, by: nil, failures: failures) }
        client.topology.suspect(error, at: address)
        if error.serverError?.kind == "NOPERM" { buffer.end(error) } else { tellLoss(channels, error) }
        // A server that takes connections and drops them is not better than one that refuses them.
        let lasted = ContinuousClock.now - start >= .seconds(1)
        return .lost(channels, by: address, failures: lasted ? 0 : failures + 1)
    }

    /// Tells the reader, and those who watch the client, unless they know.
    private func tellLoss(_ channels: [String], _ error: RedisError) {
        guard buffer.lost(channels, error) else { return }
        client.telemetry.subscriptionLost()
        client.logger.info("redis subscription lost", metadata: ["error": "\(error)"])
    }

    /// The connection is given up also where its server has to serve the channels no more: it might not know that yet.
    private func linkUntilMoved(_ channels: [String], to address: RedisAddress) async -> RedisError {
        await withTaskGroup(of: RedisError.self) { group in
            group.addTask { await link(channels, to: address) }
            group.addTask {
                await client.topology.waitUntilMoved(channels, kind, from: address)
                return RedisError(.noPrimary, "another server has the channel now")
            }
            let first = await group.next() ?? .closedClient
            group.cancelAll()
            // What has been received is told before the loss is.
            await group.waitForAll()
            return first
        }
    }

    private func link(_ channels: [String], to address: RedisAddress) async -> RedisError {
        let connector = client.connector
        let plan = SubscriptionHandler.Plan(
            channels: channels, kind: kind.machineKind, handshake: connector.dataHandshake,
            refusesReplicas: client.configuration.deployment.namesPrimaries,
            limits: client.configuration.replyLimits, keepAliveInterval: client.configuration.keepAliveInterval,
            allowance: client.configuration.commandTimeout, buffer: buffer, telemetry: client.telemetry)
        do {
            let (parts, _) = try await connector.open(address) { opening in
                SubscriptionHandler(plan, opening: opening)
            } onTimeout: { handler in
                handler.close(RedisError(.unavailable, "the server did not answer the handshake in time"))
            }
            let close: @Sendable () -> Void = { parts.channel.close(promise: nil) }
            let link = buffer.attach(close)
            if link == nil { close() }
            defer { if let link { buffer.detach(link) } }
            return try await withTaskCancellationHandler {
                try await parts.end.get()
            } onCancel: {
                close()
            }
        } catch {
            return RedisError(connecting: error)
        }
    }
}
