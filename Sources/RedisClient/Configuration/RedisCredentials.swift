/// A user of the server's access control list, and the password. Prints as its kind.
package struct RedisCredentials: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// `nil` is the default user.
    package let user: String?
    package let password: String

    package init(user: String? = nil, password: String) {
        self.user = user
        self.password = password
    }

    package var description: String { "credentials" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
