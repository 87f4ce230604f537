import Tessera

/// The users of `--demo`. Their passwords are public: never outside a demo.
enum DemoUsers {
    static let logins = [(username: "alice", password: "wonderland"), (username: "bob", password: "builder")]

    /// With the first user's name. His password is on the demo's front page; here a log of everything would show it.
    private static let fields = CredentialField.standard.map { field in
        CredentialField(
            field.name, label: field.label, type: field.type,
            placeholder: field.name == "username" ? logins[0].username : nil,
            autocomplete: field.autocomplete)
    }

    static let provider = SignInProvider.credentials(name: "a demo user", fields: fields) { credentials, _ in
        guard let login = logins.first(where: { $0.username == credentials["username"] }),
            login.password == credentials["password"]
        else { return nil }
        let name = login.username.prefix(1).uppercased() + login.username.dropFirst()
        return UserProfile(id: login.username, name: name, email: "\(login.username)@example.com")
    }
}
