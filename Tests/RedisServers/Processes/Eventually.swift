/// Asks again and again until it is so, for what no event tells of.
package func eventually(
    _ what: String, within limit: Duration = .seconds(15), _ isSo: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    while try await !isSo() {
        guard ContinuousClock.now < end else { throw RedisServersError("not within \(limit): \(what)") }
        try await Task.sleep(for: .milliseconds(10))
    }
}
