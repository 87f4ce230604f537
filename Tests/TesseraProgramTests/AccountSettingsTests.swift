import Foundation
import Tessera
import Testing

@testable import TesseraProgram

@Suite("Settings of accounts, e-mail and webhooks")
struct AccountSettingsTests {
    @Test("They are read from file and environment")
    func read() throws {
        let file = """
            directory: store
            recentAuthentication: 1h
            limits: {attemptsPerIdentifier: 5, mailsPerRecipient: 2}
            email: {from: "Example <no-reply@example.com>", maxAge: 15m, subject: "Hello {{host}}"}
            webhooks:
              url: https://example.com/hook
              callbacks: [authorize, jwt]
              events: all
              timeout: 2s
            """
        let settings = try Settings.read(
            file: file,
            environment: [
                "NEXTAUTH_SECRET": Settings.secret, "TESSERA_EMAIL_SERVER": "smtp://user:pass@mail.example.com",
                "TESSERA_WEBHOOKS_SECRETS": "a webhook secret of 32 bytes or more",
            ])
        #expect(settings.problems == [])
        #expect(settings.tessera.directory == .store)
        #expect(settings.tessera.recentAuthentication == .hours(1))
        #expect(settings.tessera.attemptLimits.perIdentifier.burst == 5)
        #expect(settings.tessera.attemptLimits.mailsPerRecipient.burst == 2)
        #expect(settings.tessera.mailTemplates.subject == "Hello {{host}}")
        guard case .email(let email) = try #require(settings.tessera.providers.first) else {
            Issue.record("no e-mail provider")
            return
        }
        #expect(email.from == "Example <no-reply@example.com>")
        #expect(email.maxAge == .minutes(15))
        let webhooks = try #require(settings.tessera.webhooks)
        #expect(webhooks.questions == [.authorize, .jwt])
        #expect(webhooks.events == Set(WebhookSettings.Event.allCases))
        #expect(webhooks.timeLimit == .seconds(2))
    }

    @Test("What is wrong with them is told, without secrets")
    func problems() throws {
        let settings = try Settings.read(
            file: """
                directory: ldap
                recentAuthentication: 1s
                email: {server: "smtp://user:sesam@host:x", from: a@b.c, textFile: /nowhere/text}
                webhooks: {url: "http://example.com", secrets: [sesam], callbacks: [everything]}
                """)
        let expected = [
            "directory: \"ldap\" is not none or store", "recentAuthentication must be at least 1 minute",
            "email.server: the port of the mail server is no port", "email.textFile: /nowhere/text",
            "webhooks.callbacks: \"everything\" is none of", "webhooks.url must begin with https://",
            "webhooks.secret is shorter than 32 bytes", "nothing is asked or told",
        ]
        for problem in expected {
            #expect(settings.problems.contains { $0.contains(problem) }, "\(problem) in \(settings.problems)")
        }
        #expect(settings.problems.count == expected.count, "\(settings.problems)")
        #expect(!settings.problems.contains { $0.contains("sesam") })
    }

    @Test("E-mail needs a sender and a directory")
    func email() throws {
        let noSender = try Settings.read(file: "{directory: store, email: {server: 'smtp://localhost:25'}}")
        #expect(noSender.problems.contains { $0.contains("email.from is missing") })
        let noDirectory = try Settings.read(file: "email: {server: 'smtp://localhost:25', from: a@b.c}")
        #expect(noDirectory.problems.contains { $0.contains("needs a directory") })
        let noServer = try Settings.read(file: "{directory: store, email: {from: a@b.c}}")
        #expect(noServer.problems.contains { $0.contains("no email.server") })
    }

    @Test("Links in e-mails need a host that is configured: with that of the request anybody could say where they lead")
    func linkHost() throws {
        let file = "{directory: store, email: {server: 'smtp://localhost:25', from: a@b.c}}"
        let environment = ["NEXTAUTH_SECRET": Settings.secret, "AUTH_TRUST_HOST": "true"]
        let trusted = try Settings.read(file: file, environment: environment)
        #expect(trusted.problems.contains { $0.contains("need a host that no request names") })
        let configured = try Settings.read(
            file: file, environment: environment.merging(["NEXTAUTH_URL": "https://example.com"]) { $1 })
        #expect(configured.problems == [])
    }

    @Test("The demo has a directory, and a mailbox in place of a mail server")
    func demo() throws {
        let settings = try Settings.read(isDemo: true)
        #expect(settings.problems == [])
        #expect(settings.mailbox != nil)
        #expect(settings.tessera.directory == .store)
        #expect(settings.tessera.providers.contains { $0.type == .email })
        #expect(try Settings.read().mailbox == nil)
    }

    @Test("Over a Redis there is the same: a directory, links in e-mails, events, and the demo's mailbox")
    func overRedis() throws {
        let file = """
            store: redis://:swordfish@localhost
            directory: store
            email: {server: "smtp://localhost:25", from: "no-reply@example.com"}
            webhooks: {url: "https://example.com", secrets: ["\(Settings.secret)"], callbacks: all, events: all}
            """
        let settings = try Settings.read(file: file)
        #expect(settings.problems == [])
        #expect(settings.tessera.directory == .store)
        let demo = try Settings.read(flags: [.store: "redis://localhost"], isDemo: true)
        #expect(demo.problems == [])
        #expect(demo.mailbox != nil)
        #expect(demo.tessera.directory == .store)
    }
}
