internal import RESP

/// What a subscription tells.
package enum RedisSubscriptionEvent: Sendable, Hashable {
    /// From here on every message of this channel is delivered, until it is lost.
    case subscribed(String)
    /// A message.
    case message(channel: String, payload: [UInt8])
    /// These channels are not delivered any more, and messages are being missed. It comes before anything of the next
    /// connection. It comes also where the first attempt to subscribe fails.
    case lost(channels: [String], RedisError)
    /// The channel is delivered again. What was published since it was lost was missed.
    case resubscribed(String)
}

/// The events of some channels, in order. One reader at a time.
///
/// Order is kept within a connection; channels of one server share one. A reader that falls behind by more than the
/// limit gets what was kept, and then the error `redis_subscription_overflow`. Reading in a cancelled task throws
/// `redis_cancelled`.
package struct RedisSubscription: AsyncSequence, Sendable {
    package typealias Element = RedisSubscriptionEvent
    package typealias Failure = RedisError

    /// What channels there are.
    package enum Kind: Sendable, Hashable {
        /// `SUBSCRIBE`: in a cluster a message goes to all servers.
        case plain
        /// `SSUBSCRIBE`: in a cluster a channel belongs to a slot, as a key does.
        case sharded

        var machineKind: SubscriptionMachine.Kind {
            switch self {
            case .plain: .plain
            case .sharded: .sharded
            }
        }
    }

    let buffer: EventBuffer

    /// Reads one event after the other.
    package struct AsyncIterator: AsyncIteratorProtocol {
        let buffer: EventBuffer

        package mutating func next() async throws(RedisError) -> RedisSubscriptionEvent? {
            try await buffer.next()
        }

        package mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(RedisError) -> RedisSubscriptionEvent? {
            try await buffer.next()
        }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(buffer: buffer) }
}
