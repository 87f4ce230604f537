// swift-tools-version: 6.2
import PackageDescription

/// Settings as in the package itself.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

// `make sanitize`: what touches memory by hand, and its tests, by themselves. SwiftPM builds all tests of a package or
// none, and to build all of Tessera once more for AddressSanitizer takes too long for every test run.
let package = Package(
    name: "resp-sanitized",
    targets: [
        .systemLibrary(name: "CHiredis", path: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .target(name: "RESP", dependencies: ["CHiredis"], path: "RESP", swiftSettings: settings),
        .testTarget(name: "RESPTests", dependencies: ["RESP", "CHiredis"], path: "RESPTests", swiftSettings: settings),
    ]
)
