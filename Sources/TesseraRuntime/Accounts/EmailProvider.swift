public import TesseraTokens

/// Signs in with a link in an e-mail (contract 5.5). Needs a directory.
public struct EmailProvider: Sendable {
    /// Brings what somebody typed into its normal form, under which he is found again; throws for what is no address.
    public typealias Normalize = @Sendable (String) throws -> String
    /// Writes the message for a link.
    public typealias Compose = @Sendable (LinkMessage) throws -> MailContent

    public let id: String
    public let name: String
    /// How long a link works.
    public let maxAge: Duration
    /// The sender: an address, or `Name <address>`.
    public let from: String
    /// What the tokens are hashed with in place of the deployment's secret.
    public let secret: Secret?
    public let normalize: Normalize
    /// `nil` for the built-in message, in the pages' colours.
    public var compose: Compose?
    public let sender: any MailSender

    /// - Parameters:
    ///   - normalize: `nil` for the default of contract 5.5.
    ///   - compose: `nil` for the built-in message, or the configured templates.
    public init(
        id: String = "email", name: String = "Email", maxAge: Duration = .seconds(86_400), from: String,
        secret: Secret? = nil, sender: any MailSender, normalize: Normalize? = nil, compose: Compose? = nil
    ) {
        self.id = id
        self.name = name
        self.maxAge = maxAge
        self.from = from
        self.secret = secret
        self.sender = sender
        self.normalize = normalize ?? EmailIdentifier.normalize
        self.compose = compose
    }
}

/// What the message with a sign-in link is about.
public struct LinkMessage: Sendable, Equatable {
    /// The link.
    public let url: String
    /// The host of the site, such as `example.com`.
    public let host: String
    /// The recipient's address.
    public let recipient: String
    /// How long the link works.
    public let maxAge: Duration

    public init(url: String, host: String, recipient: String, maxAge: Duration) {
        self.url = url
        self.host = host
        self.recipient = recipient
        self.maxAge = maxAge
    }
}

/// A message's content.
public struct MailContent: Sendable, Equatable {
    public var subject: String
    public var text: String
    public var html: String

    public init(subject: String, text: String, html: String) {
        self.subject = subject
        self.text = text
        self.html = html
    }

    /// The message without any design, for where no other is configured.
    public static func standard(for message: LinkMessage) -> MailContent {
        let subject = "Sign in to \(message.host)"
        let escapes: [Character: String] = ["&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;", "'": "&#39;"]
        let escaped = message.url.map { escapes[$0] ?? String($0) }.joined()
        return MailContent(
            subject: subject, text: "\(subject)\n\(message.url)\n\n",
            html: "<p><a href=\"\(escaped)\">\(subject)</a></p>")
    }
}
