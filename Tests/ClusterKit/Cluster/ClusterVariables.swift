import Foundation

/// The variables that tell the suite to run against a cluster that is there already. Without `CLUSTER_NODES` it starts
/// processes of its own.
///
/// | variable | |
/// | --- | --- |
/// | `CLUSTER_NODES` | the nodes' public addresses, by commas: `http://127.0.0.1:3001,http://127.0.0.1:3002,…` |
/// | `CLUSTER_OPERATORS` | the addresses of the same nodes' operator APIs, in the same order |
/// | `CLUSTER_ENTRY` | the address of the balancer in front of them; may be missing |
/// | `CLUSTER_SECRET` | the deployment's secret; several by commas, the newest first |
/// | `CLUSTER_OPERATOR_KEY` | the key of the operator APIs |
/// | `CLUSTER_HOOKS` | a program that does things to the cluster: `PROGRAM FAULT [NODE]`, see `Fault`; it ends with 0 when it is done |
/// | `CLUSTER_FAULTS` | the faults that it offers, by commas; cases that need others are left out |
/// | `CLUSTER_PROGRAM` | the `tessera` for nodes that the suite starts itself; the debug build beside the tests by default |
///
/// The nodes run with `--demo`, `session.perUser` of 1000, a fresh window and a grace of three seconds, so that sessions
/// move on while something happens; and otherwise with the defaults: `cluster.maxStaleness` is two seconds.
package struct ClusterVariables: Sendable {
    package let nodes: [NodeAddress]
    package let entry: NodeAddress?
    package let secrets: [String]
    package let operatorKey: String
    let hooks: String?
    let faults: Set<Fault>

    /// What the variables say; `nil` where they name no nodes.
    package static let given = ClusterVariables(ProcessInfo.processInfo.environment)

    /// Whether the cluster can do all of these.
    package func offers(_ faults: [Fault]) -> Bool { self.faults.isSuperset(of: faults) }

    private init?(_ environment: [String: String]) {
        let list = { (name: String) in
            (environment[name] ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        }
        let urls = list("CLUSTER_NODES")
        let operators = list("CLUSTER_OPERATORS")
        guard !urls.isEmpty, urls.count == operators.count else { return nil }
        nodes = zip(urls, operators).enumerated().map { index, pair in
            NodeAddress(number: index + 1, url: pair.0, operatorURL: pair.1)
        }
        entry = environment["CLUSTER_ENTRY"].map { NodeAddress(number: 0, url: $0, operatorURL: operators[0]) }
        secrets = list("CLUSTER_SECRET")
        operatorKey = environment["CLUSTER_OPERATOR_KEY"] ?? ""
        hooks = environment["CLUSTER_HOOKS"]
        faults = Set(list("CLUSTER_FAULTS").compactMap { Fault(rawValue: $0) })
    }
}

/// What a test does to a cluster. The raw value is the first argument of a hook; those about a node get its number, from
/// 1, as the second.
package enum Fault: String, Sendable, CaseIterable {
    /// Ends a node as `kill -9` does.
    case killNode = "kill-node"
    /// Tells a node to stop, and waits until it has.
    case stopNode = "stop-node"
    /// Starts a node that was ended, at its old address. Does not wait until it is ready.
    case startNode = "start-node"
    /// Cuts a node, and only it, off from Redis: connections end, and new ones are refused.
    case cutNode = "cut-node"
    /// Ends `cutNode`.
    case joinNode = "join-node"
    /// Stops Redis where it is; connections stay open. With several servers: the primary.
    case pauseRedis = "pause-redis"
    case resumeRedis = "resume-redis"
    /// Ends Redis as `kill -9` does.
    case killRedis = "kill-redis"
    /// Starts Redis again with what its file kept: all that was acknowledged.
    case restartRedis = "restart-redis"
    /// Starts Redis again with nothing.
    case emptyRedis = "empty-redis"
    /// Ends the subscriptions of all nodes once, while commands go on working.
    case cutSubscriptions = "cut-subscriptions"
    /// Cuts the replicas from their primaries; the primaries go on.
    case cutReplicas = "cut-replicas"
    /// Makes a replica the primary in the place of the present one, which stays where it is if it is paused or dead.
    case failOver = "fail-over"
    /// Lets replicas follow the primary again.
    case joinReplicas = "join-replicas"
}
