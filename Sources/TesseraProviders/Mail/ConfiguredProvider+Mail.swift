import TesseraMail
import TesseraRuntime
import TesseraTokens

extension ConfiguredProvider {
    /// The provider of sign-in links that are sent by this entry's service.
    func emailProvider(
        http: any OutboundHTTP, clock: WallClock, random: RandomBytes
    ) throws(ProviderProblems) -> EmailProvider {
        guard let facts = entry.email else { throw problem("the entry says nothing of how mail is sent") }
        // The defaults of the table are senders that no service accepts.
        guard let from = settings.parameters["from"], !from.isEmpty else {
            throw problem("from is missing: who the messages are from")
        }
        let sender: any MailSender
        switch (facts.transport, facts.request) {
        case (.http, let request?):
            sender = HTTPMailSender(request, service: name, values: values, http: http, random: random)
        case (.smtp, _):
            do {
                sender = try SMTPSender(SMTPServer(values["server"] ?? ""), clock: clock, random: random)
            } catch {
                throw problem("server: \(error.message)")
            }
        case (.http, nil): throw problem("the entry has no request that sends mail")
        }
        return EmailProvider(id: id, name: name, maxAge: .seconds(facts.maximumAge), from: from, sender: sender)
    }

    private func problem(_ text: String) -> ProviderProblems { ProviderProblems(["providers.\(id): \(text)"]) }
}
