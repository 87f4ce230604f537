import Synchronization
import Tessera

/// The people that this example knows. A real application has a table for them, with hashed passwords (Argon2id,
/// scrypt): what `authorize` does with a password is the application's own business, Tessera never keeps one.
final class People: Sendable {
    /// Somebody who may sign in.
    struct Person: Sendable {
        let name: String
        let role: String
        var isSuspended = false
    }

    private let people: Mutex<[String: Person]>

    init(_ people: [String: Person]) { self.people = Mutex(people) }

    /// Demo users. Anybody can read here what their passwords are: never let such users into anything real.
    static var demo: People {
        People([
            "ada": Person(name: "Ada Lovelace", role: "member"),
            "grace": Person(name: "Grace Hopper", role: "member"),
            "root": Person(name: "The administrator", role: "admin"),
        ])
    }

    /// Who signs in with these credentials; `nil` when they are wrong. Says why where somebody is suspended.
    func authorize(_ credentials: Credentials) throws -> UserProfile? {
        guard let id = credentials["username"], let person = self[id], credentials["password"] == id else { return nil }
        if person.isSuspended { throw SignInRejection("This user is suspended.") }
        return UserProfile(id: id, name: person.name, email: "\(id)@example.com")
    }

    subscript(id: String) -> Person? { people.withLock { $0[id] } }

    /// Keeps somebody from signing in again. Returns whether there is such a person.
    func suspend(_ id: String) -> Bool {
        people.withLock { people in
            guard people[id] != nil else { return false }
            people[id]?.isSuspended = true
            return true
        }
    }
}
