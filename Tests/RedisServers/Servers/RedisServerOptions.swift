/// How a server is set up.
package struct RedisServerOptions: Sendable {
    /// A user of the access control list, besides `default`.
    package struct User: Sendable {
        package let name: String
        package let password: String
        package let rules: String

        package init(_ name: String, password: String, rules: String = "~* &* +@all -@dangerous") {
            (self.name, self.password, self.rules) = (name, password, rules)
        }
    }

    /// What survives the end of the process.
    package enum Persistence: Sendable {
        /// Nothing.
        case none
        /// Every write that was answered.
        case everyWrite
    }

    /// The password of the user `default`; without one it needs none.
    package var password: String?
    package var users: [User] = []
    /// Speaks TLS, and nothing else, with this certificate.
    package var certificate: Certificates.Server?
    /// Demands a certificate from the client, signed by `Certificates.authority`.
    package var demandsClientCertificate = false
    package var maximumClients: Int?
    package var persistence = Persistence.none
    /// The port of the server on this host to replicate.
    package var replicaOf: Int?
    /// Further lines of the configuration file.
    package var lines: [String] = []

    package init() {}

    /// The lines of the configuration file. The user `control` is for the test's own commands and for replication, and
    /// the Unix socket is there whatever the port speaks.
    func configuration(port: Int, folder: String) throws -> String {
        var lines = [
            "bind 127.0.0.1", "dir \(folder)", "unixsocket \(folder)/socket", "save \"\"", "protected-mode no",
            "enable-debug-command yes", "repl-diskless-sync-delay 0", "repl-ping-replica-period 1",
            "user control on >\(RedisServer.controlPassword) ~* &* +@all",
            "masteruser control", "masterauth \(RedisServer.controlPassword)",
        ]
        lines += try portLines(port)
        if let password { lines.append("requirepass \(password)") }
        lines += users.map { "user \($0.name) on >\($0.password) \($0.rules)" }
        if let maximumClients { lines.append("maxclients \(maximumClients)") }
        if persistence == .everyWrite { lines += ["appendonly yes", "appendfsync always"] }
        if let replicaOf { lines.append("replicaof 127.0.0.1 \(replicaOf)") }
        return (lines + self.lines).joined(separator: "\n") + "\n"
    }

    /// The lines about the port, and about what is spoken there; between servers it is the same.
    func portLines(_ port: Int) throws -> [String] {
        guard let certificate else { return ["port \(port)"] }
        let files = try Certificates.shared.get()
        return [
            "port 0", "tls-port \(port)", "tls-cert-file \(files.path(certificate.rawValue + ".pem"))",
            "tls-key-file \(files.path(certificate.rawValue + ".key"))", "tls-ca-cert-file \(files.authority)",
            "tls-auth-clients \(demandsClientCertificate ? "yes" : "no")", "tls-replication yes", "tls-cluster yes",
        ]
    }
}
