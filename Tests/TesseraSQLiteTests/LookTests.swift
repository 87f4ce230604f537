import Foundation
import GRDB
import TesseraRuntime
import TesseraTestKit
import Testing

@testable import TesseraSQLite

@Suite("Looking at a file without opening it", .timeLimit(.minutes(2)))
struct LookTests {
    /// What the files of a place hold, by their names.
    private func contents(_ place: Place) throws -> [String: Data] {
        let names = try FileManager.default.contentsOfDirectory(atPath: place.directory.path)
        return try Dictionary(
            uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: place.directory.appending(path: $0))) })
    }

    /// Looks, and expects that nothing changes, whatever comes of it.
    private func look(_ place: Place) async throws -> StoreError? {
        let before = try contents(place)
        var refusal: StoreError?
        do throws(StoreError) {
            try await SQLiteSessionStore.look(at: place.path)
        } catch {
            refusal = error
        }
        #expect(try contents(place) == before)
        return refusal
    }

    @Test("A store that was closed, and one without content, can be opened")
    func usable() async throws {
        try await Place.with { place in
            try Data().write(to: URL(filePath: place.path))
            #expect(try await look(place) == nil)
            try await place.withStore { store in
                try await store.write(try #require(StoreLedger(number: 1)), steps: 3)
            }
            #expect(try await look(place) == nil)
        }
    }

    @Test("So can one whose process was killed; what is only in its log counts")
    func killed() async throws {
        try await Place.with { place in
            let probe = try await Probe(place.path)
            #expect(await probe.line() == "starting")
            #expect(await probe.line() == "open")
            try await probe.send("write 0 2")
            for _ in 0..<20 { #expect(await probe.line()?.hasPrefix("ack") == true) }
            await probe.kill()
            _ = await probe.remainingLines()
            await probe.waitForExit()
            let log = try Data(contentsOf: URL(filePath: place.path + "-wal"))
            #expect(!log.isEmpty)
            let database = try Data(contentsOf: URL(filePath: place.path))
            try await SQLiteSessionStore.look(at: place.path)
            #expect(try Data(contentsOf: URL(filePath: place.path + "-wal")) == log)
            #expect(try Data(contentsOf: URL(filePath: place.path)) == database)
        }
    }

    @Test("A file from a newer version, another program's, and what is no database are told apart")
    func refused() async throws {
        try await Place.with { place in
            try await place.withStore { _ in }
            try place.foreign { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99')") }
            let newer = try await look(place)
            #expect(newer?.code == .damaged)
            #expect(newer?.message.hasPrefix("\(place.path): this file was written by a newer version") == true)
        }
        try await Place.with { place in
            try place.foreign { try $0.execute(sql: "CREATE TABLE note (text TEXT)") }
            #expect(try await look(place)?.message.contains("belongs to another program") == true)
        }
        try await Place.with { place in
            try Data("a diary, and no database".utf8).write(to: URL(filePath: place.path))
            #expect(try await look(place)?.message.contains("is not an SQLite file") == true)
        }
    }

    @Test("One that a process has is in use; one that is not there is not made")
    func inUse() async throws {
        try await Place.with { place in
            #expect(try await look(place)?.code == .unavailable)
            try await place.withStore { store in
                let error = await #expect(throws: StoreError.self) { try await SQLiteSessionStore.look(at: place.path) }
                #expect(error?.code == .inUse)
                #expect(error?.message.contains("in use by process \(getpid())") == true)
                try await store.ping()
            }
        }
    }

    @Test("Looks do not get into each other's way, nor into that of who opens it next")
    func together() async throws {
        try await Place.with { place in
            try await place.withStore { _ in }
            try await withThrowingTaskGroup { group in
                for _ in 0..<8 { group.addTask { try await SQLiteSessionStore.look(at: place.path) } }
                try await group.waitForAll()
            }
            try await place.withStore { try await $0.ping() }
        }
    }

    @Test("A database, or a directory, that may not be written is refused in words")
    func readOnly() async throws {
        try await Place.with { place in
            try await place.withStore { _ in }
            for (database, directory) in [(0o444, 0o777), (0o666, 0o555)] {
                try place.setPermissions(0o644, place.path + ".lock")
                try place.setPermissions(database, place.path)
                try place.setPermissions(directory, place.directory.path)
                let probe = try await Probe(place.path, "--look", "--user", "65534")
                let last = await probe.remainingLines().last
                await probe.waitForExit()
                #expect(last == "refused store_unavailable \(place.path): cannot be written: Permission denied")
            }
            try place.setPermissions(0o666, place.path)
            try place.setPermissions(0o777, place.directory.path)
            let probe = try await Probe(place.path, "--look", "--user", "65534")
            #expect(await probe.remainingLines().last == "looked")
            await probe.waitForExit()
        }
    }
}
