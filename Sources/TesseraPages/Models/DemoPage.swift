/// What the home page of the demo shows.
package struct DemoPage: Sendable {
    /// Who is signed in.
    package struct User: Sendable, Equatable {
        /// The name; nil or empty for none.
        package var name: String?
        /// The email address; nil or empty for none.
        package var email: String?

        /// A signed-in user.
        package init(name: String?, email: String?) {
            self.name = name
            self.email = email
        }
    }

    /// A user of the demo, with the password that everybody may know.
    package struct Login: Sendable, Equatable {
        /// What to type into the field `username`.
        package var username: String
        /// What to type into the field `password`.
        package var password: String

        /// A login.
        package init(username: String, password: String) {
            self.username = username
            self.password = password
        }
    }

    /// A command to try, and what it does.
    package struct Command: Sendable, Equatable {
        /// What it does.
        package var title: String
        /// What to type into a shell.
        package var text: String

        /// A command.
        package init(title: String, text: String) {
            self.title = title
            self.text = text
        }
    }

    /// The demo's own site.
    package var site: PageSite
    /// Who is signed in; nil for nobody.
    package var user: User?
    /// What `GET session` answers, on one line or many; the page lays it out. Empty for nothing to show.
    package var sessionJSON: String
    /// `{base}/signin`.
    package var signInURL: String
    /// `{base}/account`.
    package var accountURL: String
    /// `{base}/signout`.
    package var signOutURL: String
    /// The demo's users.
    package var logins: [Login]
    /// Where the demo's e-mails are; nil for nowhere.
    package var mailboxURL: String?
    /// Commands to try; ``commands(base:login:)`` makes the usual ones.
    package var commands: [Command]

    /// A demo page.
    package init(
        site: PageSite, user: User?, sessionJSON: String, signInURL: String, accountURL: String, signOutURL: String,
        logins: [Login], mailboxURL: String? = nil, commands: [Command]
    ) {
        self.site = site
        self.user = user
        self.sessionJSON = sessionJSON
        self.signInURL = signInURL
        self.accountURL = accountURL
        self.signOutURL = signOutURL
        self.logins = logins
        self.mailboxURL = mailboxURL
        self.commands = commands
    }
}
