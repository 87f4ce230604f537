@main struct RedisBenchmark { static func main() async {} }
