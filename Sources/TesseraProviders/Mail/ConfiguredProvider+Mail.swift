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
        if let service = MailService(self, http: http, random: random) {
            sender = ServiceMailSender(service: service, name: name)
        } else {
            do {
                sender = try SMTPSender(SMTPServer(values["server"] ?? ""), clock: clock, random: random)
            } catch {
                throw problem("server: \(error.message)")
            }
        }
        return EmailProvider(id: id, name: name, maxAge: .seconds(facts.maximumAge), from: from, sender: sender)
    }

    private func problem(_ text: String) -> ProviderProblems { ProviderProblems(["providers.\(id): \(text)"]) }
}
