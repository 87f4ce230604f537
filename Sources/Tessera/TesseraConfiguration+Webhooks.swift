import Logging
import TesseraRuntime
import TesseraWebhooks

extension TesseraConfiguration {
    /// The configuration with what webhooks add to it, and the webhooks, which have to run.
    func withWebhooks(
        _ outbox: (any Outbox)?, logger: Logger
    ) throws -> (configuration: TesseraConfiguration, webhooks: Webhooks?) {
        guard let settings = webhooks else { return (self, nil) }
        guard outbox != nil || settings.events.isEmpty else {
            throw ConfigurationError(problems: ["webhooks.events: this store keeps no events until they are delivered"])
        }
        let webhooks = try Webhooks(settings, outbox: outbox, clock: clock, random: random, logger: logger)
        var configuration = self
        let asked = webhooks.callbacks()
        configuration.callbacks = Callbacks(
            signIn: callbacks.signIn ?? asked.signIn, redirect: callbacks.redirect ?? asked.redirect,
            jwt: callbacks.jwt ?? asked.jwt, session: callbacks.session ?? asked.session)
        let hasCredentials = providers.contains { if case .credentials = $0 { true } else { false } }
        if settings.questions.contains(.authorize), !hasCredentials {
            configuration.providers.append(webhooks.credentials())
        }
        return (configuration, webhooks)
    }
}
