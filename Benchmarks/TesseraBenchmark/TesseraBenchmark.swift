/// `make bench`: tokens, requests, memory and start-up, measured in one run on one machine.
@main
struct TesseraBenchmark {
    static func main() async throws {
        try TokenBenchmark().run()
        try await CheckBenchmark().run()
        guard !CommandLine.arguments.contains("--without-server") else { return }
        try await ServerBenchmark().run()
    }
}
