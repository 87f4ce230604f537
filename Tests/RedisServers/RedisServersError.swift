/// What went wrong with a server that a test started.
package struct RedisServersError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
