import Hummingbird
import Tessera

/// What the example is made of: Tessera's configuration, and the routes.
enum NotesApplication {
    /// Tessera, configured in code.
    static func configuration(people: People, secret: String, store: StoreLocation) -> TesseraConfiguration {
        var callbacks = Callbacks()
        // Runs when a token is made: at sign-in, and once a fresh window afterwards. So a change of role arrives within
        // five minutes by itself, and whoever is gone or suspended loses the session, even if nobody revokes it.
        callbacks.jwt = { request in
            guard let person = request.token["sub"]?.string.flatMap({ people[$0] }), !person.isSuspended else {
                return nil
            }
            var claims = request.token
            claims["role"] = .string(person.role)
            return claims
        }
        // What browsers get to see at `GET /api/auth/session`: the default, and the role.
        callbacks.session = { request in
            var session = request.session
            session["role"] = request.token.claims["role"]
            return session
        }
        return TesseraConfiguration(
            secrets: [secret], store: store,
            providers: [.credentials(name: "Notes") { credentials, _ in try people.authorize(credentials) }],
            callbacks: callbacks)
    }

    /// Tessera's routes, and the application's own: some for everybody, some for who is signed in, some for a role.
    static func router(tessera: Tessera, people: People, notes: NoteBook) -> Router<SessionContext> {
        let router = Router(context: SessionContext.self)
        tessera.addRoutes(to: router)

        router.group().add(middleware: tessera.readSession()).get("/") { _, context in
            guard let name = context.session?.name else { return "Everybody may read this. Sign in at /notes.\n" }
            return "Hello, \(name). Your notes are at /notes, your sessions at /api/auth/account.\n"
        }

        // A session's cookie is SameSite=Lax: no other site can send one of these POST requests with it.
        router.group("notes").add(middleware: tessera.requireSession())
            .get { _, context in
                notes.notes(of: try context.requireSession().user).map { "- \($0)\n" }.joined()
            }
            .post { request, context in
                let note = String(buffer: try await request.body.collect(upTo: 10_000))
                notes.add(note, of: try context.requireSession().user)
                return HTTPResponse.Status.created
            }

        let isAdmin = tessera.requireSession { _, session in session?.claims["role"]?.string == "admin" }
        router.group("admin").add(middleware: isAdmin)
            .post("suspend/:user") { _, context in
                let user = try context.parameters.require("user", as: UserID.self)
                guard people.suspend(user.text) else { throw HTTPError(.notFound) }
                // When this returns, none of that user's tokens is accepted any more.
                try await tessera.revokeSessions(of: user)
                return HTTPResponse.Status.noContent
            }
        return router
    }
}
