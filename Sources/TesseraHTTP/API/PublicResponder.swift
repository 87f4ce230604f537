import HTTPTypes
package import Hummingbird
import JSON
package import NIOCore
import TesseraCore
import TesseraPages
package import TesseraRuntime
import TesseraTokens

/// Everything that the program's public listener answers: health, the API, and with `--demo` a small page.
package struct PublicResponder: HTTPResponder {
    package typealias Context = PublicRequestContext

    private let api: AuthAPI
    private let health: HealthAPI
    /// The users that the demo page shows; `nil` without `--demo`.
    private let demoLogins: [DemoPage.Login]?
    /// Where the demo's messages are; `nil` without `--demo`.
    private let mailbox: DevelopmentMailbox?

    package init(
        api: AuthAPI, demoLogins: [(username: String, password: String)]?, mailbox: DevelopmentMailbox? = nil
    ) {
        self.api = api
        self.mailbox = mailbox
        self.health = HealthAPI(flow: api.flow)
        self.demoLogins = demoLogins?.map { DemoPage.Login(username: $0.username, password: $0.password) }
    }

    @concurrent package func respond(to request: Request, context: Context) async throws -> Response {
        if let response = await api.respond(to: request, peer: context.remoteAddress?.ipAddress) { return response }
        if let response = await health.respond(to: request) { return response }
        do {
            let exchange = try await api.exchange(request, peer: context.remoteAddress?.ipAddress, readsBody: false)
            if let demoLogins, request.method == .get, RequestTarget(request).path == "/" {
                return try await demo(demoLogins, exchange).response(asJSON: false)
            }
            if let mailbox, request.method == .get, RequestTarget(request).path == "/dev/mailbox" {
                return show(mailbox, exchange).response(asJSON: false)
            }
            return notFound(request, exchange).response(asJSON: false).fitting(request)
        } catch {
            return api.failure(error, request).response(asJSON: false).fitting(request)
        }
    }

    private func notFound(_ request: Request, _ exchange: Exchange) -> Answer {
        guard request.wantsPage else { return .error("not_found", "There is nothing here.", status: .notFound) }
        return api.page(api.pages.notFound(NotFoundPage(site: exchange.site)), status: .notFound)
    }

    /// The messages that would have been sent.
    private func show(_ mailbox: DevelopmentMailbox, _ exchange: Exchange) -> Answer {
        let now = api.flow.clock.now().seconds
        let messages = mailbox.messages.map { message in
            MailboxPage.Message(
                sender: message.mail.from, recipient: message.mail.to, subject: message.mail.subject,
                text: message.mail.text, link: message.mail.url,
                sent: .ago(secondsSince1970: message.sent.seconds, now: now))
        }
        return api.page(api.pages.mailbox(MailboxPage(site: exchange.site, messages: messages)))
    }

    private func demo(_ logins: [DemoPage.Login], _ exchange: Exchange) async throws -> Answer {
        let authentication = try await api.flow.authenticate(exchange.token, from: exchange.request.origin)
        var user: DemoPage.User?
        var session = JSONObject()
        if case .active(let active) = authentication {
            session = try await api.flow.describe(active)
            user = DemoPage.User(
                name: active.token.claims["name"]?.string, email: active.token.claims["email"]?.string)
        }
        let page = DemoPage(
            site: exchange.site, user: user, sessionJSON: JSONValue.object(session).description,
            signInURL: "\(exchange.url)/signin", accountURL: "\(exchange.url)/account",
            signOutURL: "\(exchange.url)/signout", logins: logins,
            mailboxURL: mailbox == nil ? nil : "\(exchange.url.origin)/dev/mailbox",
            commands: logins.first.map { DemoPage.commands(base: "\(exchange.url)", login: $0) } ?? [])
        return exchange.adding(exchange.sessionCookies(authentication), to: api.page(api.pages.demo(page)))
    }
}

/// A request's context on the program's public listener.
package struct PublicRequestContext: RequestContext, RemoteAddressRequestContext {
    package var coreContext: CoreRequestContextStorage
    package let remoteAddress: SocketAddress?

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        remoteAddress = source.channel.remoteAddress
    }
}

/// What the program's operator listener answers.
package struct OperatorResponder: HTTPResponder {
    package typealias Context = PublicRequestContext

    private let api: OperatorAPI

    package init(api: OperatorAPI) { self.api = api }

    @concurrent package func respond(to request: Request, context: Context) async throws -> Response {
        await api.respond(to: request).fitting(request)
    }
}
