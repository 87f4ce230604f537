/// The message with a sign-in link, as values.
package struct LinkMail: Sendable {
    /// The link.
    package var link: String
    /// The host of the site.
    package var host: String
    /// Whom it is for.
    package var recipient: String
    /// How long the link works, in seconds.
    package var lifetime: Int64

    /// A message.
    package init(link: String, host: String, recipient: String, lifetime: Int64) {
        self.link = link
        self.host = host
        self.recipient = recipient
        self.lifetime = lifetime
    }

    /// The lifetime in words, rounded down: the largest unit of which there are at least two, or else minutes.
    var lifetimeText: String {
        let minutes = max(lifetime / 60, 1)
        if minutes >= 2 * 24 * 60 { return "\(minutes / (24 * 60)) days" }
        if minutes >= 120 { return "\(minutes / 60) hours" }
        return minutes == 1 ? "1 minute" : "\(minutes) minutes"
    }
}
