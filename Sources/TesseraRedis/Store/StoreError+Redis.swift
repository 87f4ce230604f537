import RESP
import RedisClient
import TesseraRuntime

extension StoreError {
    /// What a failure of the client means for who asked the store, in words for whoever is woken by it.
    init(redis error: RedisError) {
        switch error.code {
        case .timeout: self.init(.timeout, "Redis did not answer in time", cause: error)
        case .closed: self.init(.closed, "the connection to Redis is closed: this node is stopping", cause: error)
        case .server: self.init(Self.code(ofServerError: error), Self.words(forServerError: error), cause: error)
        case .cancelled: self.init(.unavailable, "the request was given up before Redis had answered", cause: error)
        case .queueFull:
            self.init(.unavailable, "more calls wait for Redis than the limit allows: it is too slow", cause: error)
        case .authenticationFailed:
            self.init(.unavailable, "Redis refuses the user or password of `store`", cause: error)
        case .tlsFailed:
            self.init(.unavailable, "no secure connection to Redis: check its certificate and `store`", cause: error)
        case .noPrimary, .notPrimary:
            self.init(.unavailable, "no Redis primary takes writes now: a failover may be under way", cause: error)
        case .protocolViolation:
            self.init(.unavailable, "what answers at the address in `store` is no Redis", cause: error)
        case .unavailable, .connectionLost, .configurationInvalid, .transactionDiscarded, .subscriptionOverflow,
            .batchTooLarge, .commandNotAllowed:
            self.init(.unavailable, "Redis cannot be reached: \(error.message)", cause: error)
        }
    }

    private static func code(ofServerError error: RedisError) -> Code {
        switch error.serverError?.kind {
        case "WRONGTYPE": .damaged
        case "UNSETTLED": .unsettled
        default: .unavailable
        }
    }

    private static func words(forServerError error: RedisError) -> String {
        switch error.serverError?.kind {
        case "NOREPLICAS":
            "Redis has too few replicas in reach (min-replicas-to-write), and takes no writes until they are back"
        case "READONLY": "what answers is a Redis replica, which takes no writes: a failover may be under way"
        case "LOADING": "Redis is reading its file after a start; it will answer when it is done"
        case "MISCONF": "Redis cannot save to its disk, and takes no writes until it can: see its log"
        case "OOM": "Redis has no memory left (maxmemory): give it more, or see what else is in it"
        case "BUSY": "Redis is busy with somebody's long script"
        case "CLUSTERDOWN", "TRYAGAIN", "MASTERDOWN": "the Redis Cluster, or the part in question, is down or moving"
        case "NOPERM":
            "the Redis user in `store` lacks a permission: see Operations, \"The user that Tessera signs in as\""
        case "NOAUTH", "WRONGPASS": "Redis refuses the user or password of `store`"
        case "UNSETTLED":
            "Redis was restarted, emptied or has failed over, and the nodes have not yet brought what they know"
        case "MOVEDON": "Redis was restarted or has failed over meanwhile"
        case "WRONGTYPE": "a key of Tessera in Redis holds something else: is the prefix shared with another program?"
        case let kind?: "Redis refused a step of the store (\(kind))"
        case nil: "Redis refused a step of the store"
        }
    }
}
