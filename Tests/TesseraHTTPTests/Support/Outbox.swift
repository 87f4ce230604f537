import Tessera

/// Keeps the messages that were sent, or fails.
struct Outbox: MailSender {
    let sent = Recorder<Mail>()
    let failure = Switch<MailError?>(nil)

    func send(_ mail: Mail) async throws(MailError) {
        if let failure = failure.value { throw failure }
        sent.add(mail)
    }
}
