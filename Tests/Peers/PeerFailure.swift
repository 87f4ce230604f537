/// Why a program of others does not run, or does not do what a test asks of it.
package struct PeerFailure: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
