import RedisServers

/// Several nodes over one store, and the means to disturb them.
package protocol ClusterUnderTest: Sendable {
    /// In the order of their numbers.
    var nodes: [NodeAddress] { get }
    var secrets: [String] { get }
    var operatorKey: String { get }

    /// Does something to the cluster, and returns when it is done.
    ///
    /// - Parameter node: the number of the node that it is about, from 1; of no meaning for the others.
    func cause(_ fault: Fault, node: Int) async throws
}

extension ClusterUnderTest {
    /// Does something to the cluster that is not about one node.
    package func cause(_ fault: Fault) async throws { try await cause(fault, node: 0) }

    /// A client that writes down what it does.
    package func client(_ recorder: Recorder) throws -> ClusterClient {
        ClusterClient(recorder: recorder, reader: try TokenReader(secrets: secrets), operatorKey: operatorKey)
    }
}

/// A cluster that somebody else has started: see `ClusterVariables`.
package struct GivenCluster: ClusterUnderTest {
    private let variables: ClusterVariables

    package init(_ variables: ClusterVariables) { self.variables = variables }

    package var nodes: [NodeAddress] { variables.nodes }
    package var secrets: [String] { variables.secrets }
    package var operatorKey: String { variables.operatorKey }

    package func cause(_ fault: Fault, node: Int) async throws {
        guard let hooks = variables.hooks, variables.faults.contains(fault) else {
            throw ClusterError("the cluster does not offer \(fault.rawValue)")
        }
        _ = try await ChildProcess.run(
            [hooks, fault.rawValue] + (node > 0 ? ["\(node)"] : []), within: .seconds(120))
    }
}
