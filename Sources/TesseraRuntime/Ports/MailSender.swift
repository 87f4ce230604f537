/// The port for sending an e-mail: SMTP, a service's HTTP API, or the mailbox of a demo.
public protocol MailSender: Sendable {
    /// Hands a message over. Returns once the next server has taken it for every recipient.
    ///
    /// Ends within its own time limit.
    func send(_ mail: Mail) async throws(MailError)
}

/// A message with a sign-in link.
public struct Mail: Sendable, Equatable {
    /// The sender: an address, or `Name <address>`.
    public var from: String
    /// The recipient's address.
    public var to: String
    public var subject: String
    /// The body as plain text.
    public var text: String
    /// The body as HTML.
    public var html: String
    /// The sign-in link that is in both, for services that fill in templates of their own.
    public var url: String
    /// The host of the site.
    public var host: String
    /// The provider's name as configured.
    public var providerName: String

    public init(
        from: String, to: String, subject: String, text: String, html: String, url: String, host: String,
        providerName: String
    ) {
        self.from = from
        self.to = to
        self.subject = subject
        self.text = text
        self.html = html
        self.url = url
        self.host = host
        self.providerName = providerName
    }
}

/// Why a message was not sent.
public struct MailError: Error, CustomStringConvertible {
    /// The stable reason.
    public enum Code: String, Sendable, CaseIterable {
        /// The server or service cannot be reached.
        case unreachable = "mail_unreachable"
        /// It did not answer in time.
        case timeout = "mail_timeout"
        /// It offers no TLS, or its certificate does not hold.
        case tlsFailed = "mail_tls_failed"
        /// It does not accept our name and password, or key.
        case notAuthorized = "mail_not_authorized"
        /// It refuses the sender, the recipient or the message.
        case refused = "mail_refused"
        /// Too many messages are waiting already.
        case overloaded = "mail_overloaded"
        /// An address or a header cannot be sent.
        case invalid = "mail_invalid"
        /// Something else; the message says what.
        case failed = "mail_failed"
    }

    public let code: Code
    /// What happened, for the operator's log: no secrets, no content.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { "\(code.rawValue): \(message)" }
}
