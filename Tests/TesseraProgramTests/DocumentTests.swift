import ArgumentParser
import Foundation
import Testing

@testable import TesseraProgram

@Suite("Docs/Configuration.md")
struct DocumentTests {
    private let text: String

    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        text = try String(contentsOf: root.appending(path: "Docs/Configuration.md"), encoding: .utf8)
    }

    /// The rows of all tables of settings: name, variable, flag.
    private var rows: [(name: String, variable: String, flag: String?)] {
        text.split(separator: "\n").compactMap { line in
            guard
                let match = line.wholeMatch(
                    of: /\| `([A-Za-z.]+)` \| `(TESSERA_[A-Z_]+)` \| (?:`(--[a-z-]+)`)? ?\|.*\|/)
            else { return nil }
            return (String(match.1), String(match.2), match.3.map(String.init))
        }
    }

    @Test("Every setting stands in it once, with its variable, and nothing that is no setting")
    func settings() {
        let documented = rows
        let cookieSettings = Set(SettingKey.allNames).subtracting(SettingKey.allCases.map(\.rawValue))
        #expect(Set(documented.map(\.name)) == Set(SettingKey.allCases.map(\.rawValue)))
        #expect(Set(documented.map(\.name)).count == documented.count)
        for row in documented { #expect(row.variable == SettingKey.environmentName(row.name)) }
        // Cookies are documented as a pattern; both halves of it are listed.
        for name in cookieSettings {
            let parts = name.split(separator: ".")
            #expect(text.contains("`\(parts[1])`"))
            #expect(text.contains("| `\(parts[2])` |"))
        }
    }

    @Test("Its flags are those of `tessera serve`, no more and no fewer")
    func flags() throws {
        let help = ServeCommand.helpMessage()
        let known = Set(help.matches(of: /(--[a-z-]+)/).map { String($0.1) }).subtracting(["--help", "--version"])
        let documented = Set(text.matches(of: /`(--[a-z-]+)/).map { String($0.1) })
        #expect(known.subtracting(documented) == [])
        for row in rows {
            guard let flag = row.flag else { continue }
            #expect(known.contains(flag))
            #expect(flag == SettingKey.flagName(row.name))
        }
        #expect(Set(rows.compactMap(\.flag)) == known.subtracting(["--config", "--demo"]))
    }

    @Test("The variables that it names are read")
    func variables() {
        let known = Set(SettingKey.allNames.map(SettingKey.environmentName))
        for match in text.matches(of: /TESSERA_[A-Z][A-Z_]+[A-Z]/) {
            #expect(known.contains(String(match.0)), "\(match.0)")
        }
        for variable in ["NEXTAUTH_SECRET", "AUTH_SECRET", "NEXTAUTH_URL", "AUTH_TRUST_HOST"] {
            #expect(text.contains("`\(variable)`"))
        }
    }

    @Test("Its examples can be used as they stand")
    func examples() throws {
        let blocks = text.matches(of: /```(?:yaml|json)\n((?:.|\n)*?)```/).map { String($0.1) }
        #expect(blocks.count >= 4)
        for block in blocks {
            let settings = try Settings.read(
                file: block, environment: block.contains("secret") ? [:] : ["NEXTAUTH_SECRET": Settings.secret])
            // Files that an example names need not be there.
            #expect(settings.problems.filter { !$0.contains("KeyFiles: ") } == [], "\(block)")
        }
    }
}
