import Foundation
import Tessera
import TesseraMail
import TesseraWebhooks

extension TesseraConfiguration {
    mutating func readAccounts(_ reader: inout SettingsReader, isDemo: Bool) {
        let places = DirectoryLocation.allCases.map(\.rawValue).joined(separator: " or ")
        directory = reader.value(
            SettingKey.directory.rawValue, default: isDemo ? .store : .none, places
        ) { DirectoryLocation(rawValue: $0) }
        recentAuthentication = reader.duration(.recentAuthentication, default: recentAuthentication)
        attemptLimits.perAddress.burst = reader.number(
            .attemptsPerAddress, default: attemptLimits.perAddress.burst, in: 1...1_000_000)
        attemptLimits.perIdentifier.burst = reader.number(
            .attemptsPerIdentifier, default: attemptLimits.perIdentifier.burst, in: 1...1_000_000)
        attemptLimits.returnsPerAddress.burst = reader.number(
            .returnsPerAddress, default: attemptLimits.returnsPerAddress.burst, in: 1...1_000_000)
        attemptLimits.mailsPerAddress.burst = reader.number(
            .mailsPerAddress, default: attemptLimits.mailsPerAddress.burst, in: 1...1_000_000)
        attemptLimits.mailsPerRecipient.burst = reader.number(
            .mailsPerRecipient, default: attemptLimits.mailsPerRecipient.burst, in: 1...1_000_000)
    }

    /// The provider of sign-in links, where there is a server, or the demo's mailbox.
    mutating func readEmail(_ reader: inout SettingsReader, mailbox: DevelopmentMailbox?) {
        mailTemplates = MailTemplateSources(
            subject: reader.text(.emailSubject), text: Self.content(of: .emailTextFile, &reader),
            html: Self.content(of: .emailHTMLFile, &reader))
        let maxAge = reader.duration(.emailMaxAge, default: .days(1))
        let from = reader.text(.emailFrom)
        guard let address = reader.text(.emailServer) else {
            if let mailbox {
                mailboxPath = "/dev/mailbox"
                providers.append(
                    .email(EmailProvider(maxAge: maxAge, from: from ?? "no-reply@localhost.example", sender: mailbox)))
            } else if from != nil {
                reader.note("email.from is set, but no email.server")
            }
            return
        }
        do {
            let sender = try SMTPSender(SMTPServer(address))
            guard let from else { return reader.note("email.from is missing: who the messages are from") }
            providers.append(.email(EmailProvider(maxAge: maxAge, from: from, sender: sender)))
        } catch {
            reader.note("email.server: \(error.message)")
        }
    }

    private static func content(of key: SettingKey, _ reader: inout SettingsReader) -> String? {
        guard let path = reader.text(key) else { return nil }
        guard let data = FileManager.default.contents(atPath: path),
            let text = String(data: data, encoding: .utf8)
        else {
            reader.note("\(key.rawValue): \(path): there is no such file of text, or it may not be read")
            return nil
        }
        return text
    }

    mutating func readWebhooks(_ reader: inout SettingsReader) {
        let questions = Self.set(
            WebhookSettings.Question.self, reader.list(.webhookQuestions), .webhookQuestions, &reader)
        let events = Self.set(WebhookSettings.Event.self, reader.list(.webhookEvents), .webhookEvents, &reader)
        let timeLimit = reader.duration(.webhookTimeout, default: .seconds(5))
        guard let url = reader.text(.webhookURL) else {
            if !questions.isEmpty || !events.isEmpty { reader.note("webhooks.url is missing") }
            return
        }
        webhooks = WebhookSettings(
            url: url, secrets: reader.list(.webhookSecrets).compactMap { Secret($0) }, questions: questions,
            events: events, timeLimit: timeLimit)
    }

    private static func set<Value: RawRepresentable<String> & CaseIterable & Hashable>(
        _ type: Value.Type, _ names: [String], _ key: SettingKey, _ reader: inout SettingsReader
    ) -> Set<Value> {
        if names == ["all"] { return Set(Value.allCases) }
        for name in names where Value(rawValue: name) == nil {
            let known = Value.allCases.map(\.rawValue).joined(separator: ", ")
            reader.note("\(key.rawValue): \"\(name)\" is none of \(known), or all")
        }
        return Set(names.compactMap { Value(rawValue: $0) })
    }
}
