/// Where a node is reached.
package struct NodeAddress: Sendable, Hashable {
    /// Of a node: its number, from 1; of a balancer in front of all: 0.
    package let number: Int
    /// Scheme, host and port of its public API.
    package let url: String
    /// Scheme, host and port of its operator's API.
    package let operatorURL: String

    package init(number: Int, url: String, operatorURL: String) {
        self.number = number
        self.url = url
        self.operatorURL = operatorURL
    }
}
