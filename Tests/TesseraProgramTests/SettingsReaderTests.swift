import Testing

@testable import TesseraProgram

@Suite("Settings")
struct SettingsReaderTests {
    @Test(
        "Durations",
        arguments: [
            ("30", Duration.seconds(30)), ("30s", .seconds(30)), ("5m", .seconds(300)), ("12h", .seconds(43_200)),
            ("14d", .seconds(1_209_600)),
        ])
    func durations(text: String, duration: Duration) {
        #expect(SettingsReader.duration(text) == duration)
    }
}
