extension DemoPage {
    /// A first session with curl: sign in, look, list the sessions, keep alive, sign out.
    ///
    /// - Parameters:
    ///   - base: the API's address, such as `http://localhost:3000/api/auth`. One with a character that means
    ///     something to a shell gives no commands, because people paste these.
    ///   - login: the user to sign in as; the same holds for its characters.
    package static func commands(base: String, login: Login) -> [Command] {
        guard [base, login.username, login.password].allSatisfy(isPlain) else { return [] }
        let token = "$(curl -s -b jar -c jar \(base)/csrf | cut -d '\"' -f 4)"
        return [
            Command(title: "Get a CSRF token; cookies are kept in the file jar", text: "token=\(token)"),
            Command(
                title: "Sign in as \(login.username)",
                text: """
                    curl -s -b jar -c jar -d csrfToken=$token -d json=true \\
                      -d username=\(login.username) -d password=\(login.password) \\
                      \(base)/callback/credentials
                    """),
            Command(title: "See the session", text: "curl -s -b jar -c jar \(base)/session"),
            Command(title: "List your sessions", text: "curl -s -b jar -c jar \(base)/sessions"),
            Command(
                // Signing in may have replaced the CSRF token.
                title: "Sign out, with a new CSRF token",
                text: """
                    token=\(token)
                    curl -s -b jar -c jar -d csrfToken=$token -d json=true \\
                      \(base)/signout
                    """),
        ]
    }

    private static func isPlain(_ text: String) -> Bool {
        !text.isEmpty && !text.utf8.starts(with: "-".utf8)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default:
                    ":/._-".utf8.contains(byte)
                }
            }
    }
}
