internal import RESP

/// The connection to one Sentinel, made anew when it is lost.
struct SentinelLink {
    private let address: RedisAddress
    private let connector: Connector
    private var connection: Connection?

    /// The connector is one for Sentinels: see `RedisConfiguration.forSentinels`.
    init(_ address: RedisAddress, connector: Connector) {
        self.address = address
        self.connector = connector
    }

    /// Asks about a primary; takes at most the time for a connection and an answer.
    mutating func ask(about name: String) async -> Result<SentinelAnswer, RedisError> {
        // One that the Sentinel has closed meanwhile says nothing about the Sentinel.
        if connection != nil {
            let answer = await askOnce(about: name)
            if case .success = answer { return answer }
        }
        return await askOnce(about: name)
    }

    private mutating func askOnce(about name: String) async -> Result<SentinelAnswer, RedisError> {
        do throws(RedisError) {
            let connection = try await open()
            let replies = try await connection.send(batch: SentinelAnswer.questions(about: name), timing).get()
            return .success(try SentinelAnswer(replies))
        } catch {
            close()
            return .failure(error)
        }
    }

    private mutating func open() async throws(RedisError) -> Connection {
        if let connection { return connection }
        let new = try await connector.connect(to: address, handshake: connector.dataHandshake)
        connection = new
        return new
    }

    private var timing: Timing {
        let limit = connector.configuration.commandTimeout
        let now = MonotonicTime.now()
        return Timing(submitted: now, deadline: now.advanced(by: limit), allowance: limit)
    }

    mutating func close() {
        connection?.close(.closedClient)
        connection = nil
    }
}
