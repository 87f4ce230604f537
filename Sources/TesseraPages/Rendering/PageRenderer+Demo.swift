extension PageRenderer {
    /// The home page of the demo, status 200.
    package func demo(_ page: DemoPage) -> String {
        let view = DemoView(
            person: page.user.map { PersonView(name: $0.name, email: $0.email) },
            json: page.sessionJSON.isEmpty ? nil : JSONLayout.indented(page.sessionJSON),
            signInURL: LinkTarget.safe(page.signInURL), accountURL: LinkTarget.safe(page.accountURL),
            signOutURL: LinkTarget.safe(page.signOutURL), hasLogins: !page.logins.isEmpty, logins: page.logins,
            mailboxURL: page.mailboxURL.map { LinkTarget.safe($0) },
            hasCommands: !page.commands.isEmpty,
            commands: page.commands.map { .init(commandTitle: $0.title, commandText: $0.text) })
        return render(view, with: .demo, title: "Tessera demo", site: page.site, isWide: true)
    }
}

/// What `demo.mustache` shows.
struct DemoView: Sendable {
    /// A command to try.
    struct Command: Sendable {
        let commandTitle: String
        let commandText: String
    }

    let person: PersonView?
    let json: String?
    let signInURL: String
    let accountURL: String
    let signOutURL: String
    let hasLogins: Bool
    let logins: [DemoPage.Login]
    let mailboxURL: String?
    let hasCommands: Bool
    let commands: [Command]
}
