import Tessera

/// The users of `--demo`. Their passwords are public: never outside a demo.
enum DemoUsers {
    static let logins = [(username: "alice", password: "wonderland"), (username: "bob", password: "builder")]

    static let provider = SignInProvider.credentials(name: "a demo user") { credentials, _ in
        guard let login = logins.first(where: { $0.username == credentials["username"] }),
            login.password == credentials["password"]
        else { return nil }
        let name = login.username.prefix(1).uppercased() + login.username.dropFirst()
        return UserProfile(id: login.username, name: name, email: "\(login.username)@example.com")
    }
}
