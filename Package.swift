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
        .executable(name: "tessera", targets: ["TesseraProgram"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache.git", from: "2.1.1"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(
            url: "https://github.com/apple/swift-configuration.git", from: "1.4.0", traits: [.defaults, "YAML"]),
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
    ],
    targets: [
        .target(name: "JSON", swiftSettings: strict),
        .target(name: "TesseraCore", swiftSettings: strict),
        .target(name: "TesseraRuntime", dependencies: ["TesseraCore"], swiftSettings: everywhere),
        .target(
            name: "TesseraSQLite",
            dependencies: ["TesseraCore", "TesseraRuntime", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: everywhere),
        .target(name: "TesseraTestKit", dependencies: ["TesseraCore", "TesseraRuntime"], swiftSettings: everywhere),
        .executableTarget(
            name: "TesseraProgram",
            dependencies: [
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ],
            swiftSettings: everywhere),
        .testTarget(
            name: "StoreContractTests",
            dependencies: ["TesseraCore", "TesseraRuntime", "TesseraSQLite", "TesseraTestKit"],
            swiftSettings: everywhere),
        .executableTarget(
            name: "StoreProbe", dependencies: ["TesseraRuntime", "TesseraSQLite", "TesseraTestKit"],
            path: "Tests/StoreProbe", swiftSettings: everywhere),
        .testTarget(
            name: "TesseraSQLiteTests",
            dependencies: [
                "TesseraCore", "TesseraRuntime", "TesseraSQLite", "TesseraTestKit", "StoreProbe",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: everywhere),
        .executableTarget(
            name: "StoreBenchmark", dependencies: ["TesseraCore", "TesseraRuntime", "TesseraSQLite"],
            path: "Benchmarks/StoreBenchmark", swiftSettings: everywhere),
    ]
)
