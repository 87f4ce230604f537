import Synchronization

/// A signed-in browser: it presents its token, and keeps the one that it gets for it.
package final class Browser: Sendable {
    private let client: ClusterClient
    private let current: Mutex<String>

    package init(_ client: ClusterClient, token: String) {
        self.client = client
        current = Mutex(token)
    }

    /// The token that it has.
    package var token: String { current.withLock { $0 } }

    /// What its token says.
    package var seen: SeenToken {
        get throws {
            guard let seen = client.reader.read(token) else { throw ClusterError("not a token") }
            return seen
        }
    }

    /// Asks a node who it is, or keeps the session alive.
    @discardableResult
    package func check(at node: NodeAddress, keepsAlive: Bool = false) async -> ClientOperation.Outcome {
        let presentation = await client.check(token, at: node, keepsAlive: keepsAlive)
        keep(presentation.token)
        return presentation.outcome
    }

    /// Takes a token that came back. Of parallel answers the newest generation stays, as the last cookie does.
    package func keep(_ text: String?) {
        guard let text, let next = client.reader.read(text) else { return }
        current.withLock { token in
            let old = client.reader.read(token)
            if old.map({ $0.generation < next.generation }) ?? true { token = text }
        }
    }
}
