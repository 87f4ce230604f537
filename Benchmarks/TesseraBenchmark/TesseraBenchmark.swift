/// `make bench`: tokens, requests, memory and start-up, measured in one run on one machine.
@main
struct TesseraBenchmark {
    static func main() async throws {
        try TokenBenchmark().run()
        try await ServerBenchmark().run()
    }
}
