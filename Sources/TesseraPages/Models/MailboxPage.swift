/// What the demo's mailbox shows: the messages that would have been sent.
package struct MailboxPage: Sendable {
    /// A message.
    package struct Message: Sendable, Equatable {
        /// Who sent it.
        package var sender: String
        /// Whom it is for.
        package var recipient: String
        /// Its subject.
        package var subject: String
        /// Its plain text.
        package var text: String
        /// The sign-in link in it.
        package var link: String
        /// When it was sent.
        package var sent: PageTime

        /// A message.
        package init(
            sender: String, recipient: String, subject: String, text: String, link: String, sent: PageTime
        ) {
            self.sender = sender
            self.recipient = recipient
            self.subject = subject
            self.text = text
            self.link = link
            self.sent = sent
        }
    }

    /// The site.
    package var site: PageSite
    /// The messages, in the order shown.
    package var messages: [Message]

    /// A mailbox.
    package init(site: PageSite, messages: [Message]) {
        self.site = site
        self.messages = messages
    }
}
