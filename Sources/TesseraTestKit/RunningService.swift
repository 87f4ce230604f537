package import Logging
package import ServiceLifecycle

/// Runs a service beside a test, and stops it afterwards as a program stops one: by graceful shutdown.
///
/// Not by cancellation: a server that is cancelled while it accepts a connection leaves that to nobody, for which NIO ends
/// the process. What does not stop in time (a handler that never answers, as a test may want) is cancelled, once nothing
/// is accepted any more.
///
/// - Parameter patience: how long stopping may take before.
package func running<Output: Sendable>(
    _ service: any Service, patience: Duration = .milliseconds(200), logger: Logger,
    _ body: () async throws -> Output
) async throws -> Output {
    var configuration = ServiceGroupConfiguration(services: [service], logger: logger)
    configuration.maximumGracefulShutdownDuration = patience
    let group = ServiceGroup(configuration: configuration)
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        let result: Result<Output, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        await group.triggerGracefulShutdown()
        // What it says of having been cancelled is not the test's matter.
        _ = await tasks.nextResult()
        return try result.get()
    }
}
