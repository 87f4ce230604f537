/// `make bench`: what the README's figures come from, in one run on one machine.
@main
struct TesseraBenchmark {
    static func main() async throws {
        try TokenBenchmark().run()
        try await ServerBenchmark().run()
    }
}
