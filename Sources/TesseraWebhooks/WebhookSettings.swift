public import TesseraTokens

/// Where an application wants to be asked and told, and of what.
public struct WebhookSettings: Sendable {
    /// What an application can be asked. The raw values are the `type` of the messages.
    public enum Question: String, Sendable, Hashable, CaseIterable {
        /// Whether credentials are right, and whose.
        case authorize
        /// Whether somebody may sign in.
        case signIn
        /// The claims of a token about to be minted.
        case jwt
        /// What `GET session` answers.
        case session
        /// Where to go after signing in or out.
        case redirect
    }

    /// What an application can be told. The raw values, after `event.`, are the `type` of the messages.
    public enum Event: String, Sendable, Hashable, CaseIterable {
        case signIn
        case signOut
        case sessionsEnded
        case createUser
        case updateUser
        case linkAccount
        case unlinkAccount
    }

    /// Where messages are posted: `https`, or `http` on this machine.
    public var url: String
    /// Every one signs.
    public var secrets: [Secret]
    public var questions: Set<Question>
    public var events: Set<Event>
    /// How long an answer may take.
    public var timeLimit: Duration

    public init(
        url: String, secrets: [Secret], questions: Set<Question> = [], events: Set<Event> = [],
        timeLimit: Duration = .seconds(5)
    ) {
        self.url = url
        self.secrets = secrets
        self.questions = questions
        self.events = events
        self.timeLimit = timeLimit
    }

    /// What is wrong with these settings, in words; empty when they can be used.
    public var problems: [String] {
        var problems: [String] = []
        let isLocal = ["http://localhost", "http://127.0.0.1", "http://[::1]"].contains { place in
            url.hasPrefix(place) && ["", ":", "/"].contains(url.dropFirst(place.count).prefix(1))
        }
        if !url.hasPrefix("https://"), !isLocal {
            problems.append("webhooks.url must begin with https://; only this machine is reached without TLS")
        }
        if secrets.isEmpty { problems.append("webhooks.secret is missing: make one with `tessera secret`") }
        if secrets.contains(where: \.isShort) {
            problems.append("webhooks.secret is shorter than \(Secret.recommendedLength) bytes")
        }
        if questions.isEmpty, events.isEmpty { problems.append("webhooks.url is set, but nothing is asked or told") }
        if timeLimit < .milliseconds(100) || timeLimit > .seconds(60) {
            problems.append("webhooks.timeout must be between 0.1 and 60 seconds")
        }
        return problems
    }
}

/// Why an application was not asked, or has not answered.
public struct WebhookError: Error, CustomStringConvertible {
    /// The stable reason.
    public enum Code: String, Sendable {
        case unreachable = "webhook_unreachable"
        case timeout = "webhook_timeout"
        /// It answered with another status than it should.
        case refused = "webhook_refused"
        /// Its answer cannot be read.
        case malformed = "webhook_malformed"
    }

    public let code: Code
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { "\(code.rawValue): \(message)" }
}
