/// A message for another system, kept until it has arrived there.
package struct OutboxMessage: Sendable, Hashable {
    /// Names it for its receiver, who may get it more than once.
    package let id: String
    /// When it was made; it is due from then on.
    package let created: Timestamp
    /// What is sent.
    package let body: [UInt8]

    package init(id: String, created: Timestamp, body: [UInt8]) {
        self.id = id
        self.created = created
        self.body = body
    }
}
