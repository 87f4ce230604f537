/// Commands by `redis-cli`: the means of a test to look at a server, and to disturb it, without the client under test.
extension RedisServer {
    /// Runs one command as a user who may do everything, and returns what `redis-cli` prints for its reply: a line for
    /// each element. An error of the server is thrown.
    @discardableResult
    package func command(_ words: String...) async throws -> String { try await command(words) }

    /// Runs one command as a user who may do everything.
    @discardableResult
    package func command(_ words: [String]) async throws -> String {
        var target = kind == .data ? ["-s", folder + "/socket", "--user", "control"] : ["-p", String(port)]
        if kind == .sentinel, options.certificate != nil {
            target += ["--tls", "--cacert", try Certificates.shared.get().authority]
        }
        let environment = kind == .data ? ["REDISCLI_AUTH": Self.controlPassword] : [:]
        for _ in 0..<4 {
            do {
                return try await ChildProcess.run(["redis-cli", "-e"] + target + words, environment: environment)
            } catch let error as RedisServersError where Self.wasCut(error) {
                // Whoever kills a server's connections, as Sentinels do, means this one, too.
            }
        }
        throw RedisServersError("the connection of redis-cli was cut again and again")
    }

    /// Lets nobody in any more as the user `control`, and ends all connections: replicas, Sentinels and `command` come as
    /// that user.
    func refuseControl() async throws {
        let kills = ["replica", "pubsub", "normal"].map { "CLIENT KILL TYPE \($0)" }
        try await commands(["ACL SETUSER control resetpass"] + kills)
    }

    /// Runs commands on one connection, whatever comes of each.
    package func commands(_ lines: [String]) async throws {
        _ = try await ChildProcess.run(
            ["redis-cli", "-s", folder + "/socket", "--user", "control"],
            environment: ["REDISCLI_AUTH": Self.controlPassword], input: lines.joined(separator: "\n") + "\n")
    }

    private static func wasCut(_ error: RedisServersError) -> Bool {
        ["Connection reset by peer", "Server closed the connection", "Broken pipe"].contains {
            error.description.contains($0)
        }
    }

    /// A field of `INFO`.
    package func information(_ field: String, section: String = "all") async throws -> String? {
        let text = try await command("INFO", section)
        let line = text.split(whereSeparator: \.isNewline).first { $0.hasPrefix(field + ":") }
        return line.map { String($0.dropFirst(field.count + 1)) }
    }

    /// Ends every connection of clients (not of replicas or primaries) but its own: how many.
    @discardableResult
    package func killClients(_ type: String = "normal") async throws -> Int {
        Int(try await command("CLIENT", "KILL", "TYPE", type, "SKIPME", "yes")) ?? 0
    }

    /// The server holds back commands for this time: all, or those that write.
    package func pauseClients(for time: Duration, writesOnly: Bool = false) async throws {
        let milliseconds = time.components.seconds * 1000 + time.components.attoseconds / 1_000_000_000_000_000
        try await command("CLIENT", "PAUSE", String(milliseconds), writesOnly ? "WRITE" : "ALL")
    }

    /// How many connections of clients the server has, without that of this question.
    package func clientCount() async throws -> Int {
        let lines = try await command("CLIENT", "LIST", "TYPE", "normal").split(whereSeparator: \.isNewline)
        return lines.count - 1
            + (try await command("CLIENT", "LIST", "TYPE", "pubsub").split(whereSeparator: \.isNewline).count)
    }

    /// Waits until this replica has its primary's data and follows it.
    package func waitUntilInSync() async throws {
        try await eventually("the replica \(port) is in sync") {
            try await information("master_link_status", section: "replication") == "up"
        }
    }

    /// Waits until so many replicas follow this primary. A replica that says it is in sync may not be sent anything yet:
    /// its primary begins with its first acknowledgement, up to a second later. So they have to acknowledge what is written
    /// now. (`WAIT` would ask for what its own connection has written, which is nothing.)
    package func waitForReplicas(_ count: Int) async throws {
        try await command("PUBLISH", "tessera-tests", "are you there?")
        let written = try await Int(information("master_repl_offset", section: "replication") ?? "") ?? .max
        try await eventually("the primary \(port) has \(count) replicas") {
            let lines = try await command("INFO", "replication").split(whereSeparator: \.isNewline)
            let offsets = lines.filter { $0.hasPrefix("slave") && $0.contains("state=online") }.compactMap { line in
                line.split(separator: ",").first { $0.hasPrefix("offset=") }.flatMap { Int($0.dropFirst(7)) }
            }
            return offsets.filter { $0 >= written }.count >= count
        }
    }

    /// Cuts this replica from its primary, until `restoreReplication`: it keeps what it has, and hears of nothing.
    package func cutReplication() async throws {
        // The link is refused for its password, and so stays cut. The primary notices nothing else.
        try await command("CONFIG", "SET", "masterauth", "cut")
        try await command("CLIENT", "KILL", "TYPE", "master")
        try await eventually("the replica \(port) is cut off") {
            try await information("master_link_status", section: "replication") == "down"
        }
    }

    /// Ends what `cutReplication` began.
    package func restoreReplication() async throws {
        try await command("CONFIG", "SET", "masterauth", Self.controlPassword)
        if try await information("role", section: "replication") == "slave" { try await waitUntilInSync() }
    }
}
