/// Runs the body, and then the end, also when the body failed; its error is the one that counts.
func ending<Result>(_ end: () async throws -> Void, _ body: () async throws -> Result) async throws -> Result {
    let result: Result
    do {
        result = try await body()
    } catch {
        try? await end()
        throw error
    }
    try await end()
    return result
}
