import TesseraRuntime

/// Sends sign-in links through a service of the provider table.
struct ServiceMailSender: MailSender {
    let service: MailService
    /// The provider's name, for messages.
    let name: String

    func send(_ mail: Mail) async throws(MailError) {
        let message = MailService.Message(
            from: mail.from, to: mail.to, subject: mail.subject, html: mail.html, text: mail.text, url: mail.url,
            host: mail.host)
        do {
            try await service.send(message)
        } catch {
            throw MailError(error.mailCode, "\(name): \(error.message)")
        }
    }
}

extension ProvidersError {
    fileprivate var mailCode: MailError.Code {
        switch code {
        case .status: .refused
        case .unreachable, .addressRefused, .redirected: .unreachable
        case .timedOut: .timeout
        default: .failed
        }
    }
}
