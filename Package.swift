// swift-tools-version: 6.2
import PackageDescription

/// Settings of every target.
let everywhere: [SwiftSetting] = [
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0335-existential-any.md
    .enableUpcomingFeature("ExistentialAny"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0444-member-import-visibility.md
    .enableUpcomingFeature("MemberImportVisibility"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0409-access-level-on-imports.md
    .enableUpcomingFeature("InternalImportsByDefault"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0461-async-function-isolation.md
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// Settings of the pure targets and of the C wrappers: unsafe constructs must say so.
/// https://github.com/swiftlang/swift-evolution/blob/main/proposals/0458-strict-memory-safety.md
let strict: [SwiftSetting] = everywhere + [.strictMemorySafety()]

let package = Package(
    name: "tessera",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Tessera", targets: ["Tessera"]),
        .executable(name: "tessera", targets: ["TesseraProgram"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache.git", from: "2.1.1"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing.git", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
    ],
    // In the order in which a request meets them: imports point down this list.
    targets: [
        .executableTarget(
            name: "TesseraProgram",
            dependencies: [
                "Tessera", "TesseraHTTP", "TesseraProviders", "TesseraMail", "TesseraWebhooks", "TesseraSQLite",
                "TesseraRuntime", "TesseraTokens", "TesseraCore", "JOSE", "JSON",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: everywhere),
        .target(
            name: "Tessera",
            dependencies: [
                "TesseraHTTP", "TesseraPages", "TesseraProviders", "TesseraMail", "TesseraWebhooks", "TesseraSQLite",
                "TesseraRedis", "TesseraRuntime", "TesseraTokens", "TesseraCore", "RedisClient", "JOSE", "JSON",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: everywhere),
        .target(
            name: "TesseraHTTP",
            dependencies: [
                "TesseraPages", "TesseraRuntime", "TesseraTokens", "TesseraCore", "JSON",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: everywhere),
        .target(
            name: "TesseraPages",
            dependencies: [.product(name: "Mustache", package: "swift-mustache")],
            resources: [.embedInCode("Templates")],
            swiftSettings: strict),
        .target(
            name: "TesseraProviders",
            dependencies: [
                "TesseraMail", "TesseraRuntime", "TesseraTokens", "TesseraCore", "JOSE", "JSON",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            resources: [.embedInCode("Resources")],
            swiftSettings: everywhere),
        .target(
            name: "TesseraSQLite",
            dependencies: ["TesseraRuntime", "TesseraCore", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: everywhere),
        .target(
            name: "TesseraMail", dependencies: ["TesseraRuntime", "TesseraTokens", "TesseraCore", "CCurl"],
            swiftSettings: strict),
        .target(
            name: "TesseraWebhooks",
            dependencies: [
                "TesseraRuntime", "TesseraTokens", "TesseraCore", "JSON",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: everywhere),
        .target(
            name: "TesseraRedis",
            dependencies: [
                "TesseraRuntime", "TesseraCore", "RedisClient", "RESP", .product(name: "Logging", package: "swift-log"),
            ],
            resources: [.embedInCode("Scripts")],
            swiftSettings: everywhere),
        .target(
            name: "RedisClient",
            dependencies: [
                "RESP",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: everywhere),
        .target(name: "RESP", dependencies: ["CHiredis"], swiftSettings: strict),
        .target(
            name: "TesseraTestKit",
            dependencies: [
                "TesseraRuntime", "TesseraTokens", "TesseraCore", "JOSE", "JSON",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: everywhere),
        .target(
            name: "TesseraRuntime",
            dependencies: [
                "TesseraTokens", "TesseraCore", "JSON",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: everywhere),
        .target(name: "TesseraTokens", dependencies: ["TesseraCore", "JOSE", "JSON"], swiftSettings: strict),
        .target(name: "TesseraCore", swiftSettings: strict),
        .target(name: "JOSE", dependencies: ["COpenSSL", "JSON"], swiftSettings: strict),
        .target(name: "JSON", swiftSettings: strict),
        .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),

        // An example of the library, benchmarks, and the programs that tests start.
        .executableTarget(
            name: "Notes", dependencies: ["Tessera", .product(name: "Hummingbird", package: "hummingbird")],
            path: "Examples/Notes", swiftSettings: everywhere),
        .executableTarget(
            name: "ClusterBenchmark",
            dependencies: [
                "ClusterKit", "RedisServers", "TesseraRedis", "TesseraRuntime", "TesseraTokens", "TesseraCore",
                "RedisClient",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Benchmarks/ClusterBenchmark", swiftSettings: everywhere),
        .executableTarget(
            name: "RedisBenchmark",
            dependencies: [
                "RedisClient", "RESP",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Benchmarks/RedisBenchmark", exclude: ["count-instructions"], swiftSettings: everywhere),
        .executableTarget(
            name: "StoreBenchmark", dependencies: ["TesseraCore", "TesseraRuntime", "TesseraSQLite"],
            path: "Benchmarks/StoreBenchmark", swiftSettings: everywhere),
        .executableTarget(
            name: "TesseraBenchmark",
            dependencies: [
                "Tessera", "TesseraRuntime", "TesseraTestKit", "TesseraTokens", "TesseraCore", "JSON",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            path: "Benchmarks/TesseraBenchmark", swiftSettings: everywhere),
        .executableTarget(
            name: "StoreProbe", dependencies: ["TesseraRuntime", "TesseraSQLite", "TesseraTestKit"],
            path: "Tests/StoreProbe", swiftSettings: everywhere),

        .executableTarget(
            name: "WeakenedNode",
            dependencies: [
                "Tessera", "TesseraHTTP", "TesseraRuntime", "TesseraTokens", "TesseraCore",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Tests/WeakenedNode", swiftSettings: everywhere),

        // Real Redis servers, and programs that stand between, for tests.
        .target(
            name: "RedisServers",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Tests/RedisServers", swiftSettings: everywhere),
        .testTarget(
            name: "RedisServersTests",
            dependencies: [
                "RedisServers",
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: everywhere),
        // Programs of others that tests run beside Tessera.
        .target(
            name: "Peers",
            dependencies: [
                "JOSE", "JSON", "RedisServers",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            path: "Tests/Peers", exclude: ["openid", "canaille"], swiftSettings: everywhere),
        // Clusters for tests: nodes as processes, clients that write down what they see, and who judges it.
        .target(
            name: "ClusterKit",
            dependencies: [
                "RedisServers", "TesseraTokens", "TesseraCore", "JOSE", "JSON",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            path: "Tests/ClusterKit", exclude: ["ClockShift"], swiftSettings: everywhere),
        .testTarget(
            name: "ClusterTests",
            dependencies: ["ClusterKit", "RedisServers", "TesseraProgram", "WeakenedNode", "JSON"],
            swiftSettings: everywhere),
        .testTarget(name: "RESPTests", dependencies: ["RESP", "CHiredis"], swiftSettings: everywhere),
        .testTarget(
            name: "RedisClientTests",
            dependencies: [
                "RedisClient", "RESP", "RedisServers",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: everywhere),
        .testTarget(name: "JSONTests", dependencies: ["JSON"], swiftSettings: everywhere),
        .testTarget(
            name: "JOSETests", dependencies: ["JOSE", "JSON"], resources: [.copy("Vectors")],
            swiftSettings: everywhere),
        .testTarget(name: "TesseraCoreTests", dependencies: ["TesseraCore"], swiftSettings: everywhere),
        .testTarget(
            name: "TesseraTokensTests",
            dependencies: ["TesseraTokens", "TesseraTestKit", "TesseraCore", "JOSE", "JSON"], swiftSettings: everywhere),
        .testTarget(
            name: "TesseraRuntimeTests",
            dependencies: [
                "TesseraRedis", "TesseraRuntime", "TesseraSQLite", "TesseraTestKit", "TesseraTokens", "TesseraCore",
                "RedisClient", "RedisServers", "JSON",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: everywhere),
        .testTarget(
            name: "TesseraProvidersTests",
            dependencies: [
                "TesseraProviders", "TesseraRedis", "TesseraRuntime", "TesseraSQLite", "TesseraTestKit",
                "TesseraTokens", "TesseraCore", "RedisClient", "RedisServers", "Peers", "JOSE", "JSON",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: everywhere),
        .testTarget(
            name: "StoreContractTests",
            dependencies: [
                "TesseraCore", "TesseraRedis", "TesseraRuntime", "TesseraSQLite", "TesseraTestKit", "RedisClient",
                "RESP", "RedisServers", .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: everywhere),
        .testTarget(
            name: "TesseraRedisTests",
            dependencies: [
                "TesseraRedis", "TesseraRuntime", "TesseraCore", "TesseraTestKit", "RedisClient", "RESP",
                "RedisServers", .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: everywhere),
        .testTarget(
            name: "DirectoryContractTests",
            dependencies: [
                "TesseraCore", "TesseraRedis", "TesseraRuntime", "TesseraSQLite", "TesseraTestKit", "RedisClient",
                "RedisServers", .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: everywhere),
        .testTarget(
            name: "TesseraSQLiteTests",
            dependencies: [
                "TesseraCore", "TesseraRuntime", "TesseraSQLite", "TesseraTestKit", "StoreProbe",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: everywhere),
        .testTarget(
            name: "TesseraMailTests",
            dependencies: ["TesseraMail", "TesseraRuntime", "TesseraTokens", "TesseraCore", "JSON"],
            exclude: ["Support/server.py"], swiftSettings: everywhere),
        .testTarget(
            name: "TesseraWebhooksTests",
            dependencies: [
                "TesseraWebhooks", "TesseraRuntime", "TesseraTestKit", "TesseraTokens", "TesseraCore",
                "JSON",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: everywhere),
        .testTarget(
            name: "TesseraPagesTests", dependencies: ["TesseraPages"], swiftSettings: everywhere),
        .testTarget(
            name: "TesseraHTTPTests",
            dependencies: [
                "Tessera", "TesseraHTTP", "TesseraPages", "TesseraRuntime", "TesseraTestKit", "TesseraTokens",
                "TesseraCore", "JOSE", "JSON", "Peers", "RedisServers",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: everywhere),
        .testTarget(
            name: "TesseraProgramTests",
            dependencies: [
                "TesseraProgram", "Tessera", "TesseraHTTP", "TesseraProviders", "TesseraTokens", "TesseraCore", "JOSE",
                "JSON", "Peers", "RedisServers",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: everywhere),
        .testTarget(
            name: "ExampleTests",
            dependencies: [
                "Notes", "Tessera",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: everywhere),
    ]
)
