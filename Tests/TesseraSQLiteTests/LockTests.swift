import Foundation
import TesseraRuntime
import TesseraTestKit
import Testing

@testable import TesseraSQLite

@Suite("One process at a time", .timeLimit(.minutes(2)))
struct LockTests {
    @Test("A second process is refused, and told the file and the first one's id")
    func secondProcess() async throws {
        try await Place.with { place in
            try await place.withStore { _ in
                let probe = try await Probe(place.path)
                let expected = """
                    refused store_in_use \(place.path): is in use by process \(getpid()); one process at a time may use it
                    """
                #expect(await probe.remainingLines() == ["starting", expected])
                await probe.waitForExit()
            }
        }
    }

    @Test("So is this one while another has the file, until that one closes it")
    func firstProcessIsAnother() async throws {
        try await Place.with { place in
            let probe = try await Probe(place.path)
            #expect(await probe.line() == "starting")
            #expect(await probe.line() == "open")
            let error = await #expect(throws: StoreError.self) { try await SQLiteSessionStore.open(place.path) }
            #expect(error?.code == .inUse)
            #expect(error?.message.contains("process \(await probe.processID);") == true)
            try await probe.send("close")
            #expect(await probe.line() == "closed")
            await probe.waitForExit()
            try await place.withStore { try await $0.ping() }
        }
    }

    @Test("A killed process leaves no lock behind")
    func killedProcess() async throws {
        try await Place.with { place in
            let probe = try await Probe(place.path)
            #expect(await probe.line() == "starting")
            #expect(await probe.line() == "open")
            await probe.kill()
            await probe.waitForExit()
            #expect(FileManager.default.fileExists(atPath: place.path + ".lock"))
            try await place.withStore { try await $0.ping() }
        }
    }

    @Test("A second store of the same process is refused too")
    func secondStore() async throws {
        try await Place.with { place in
            try await place.withStore { store in
                let error = await #expect(throws: StoreError.self) { try await SQLiteSessionStore.open(place.path) }
                #expect(error?.code == .inUse)
                try await store.ping()
            }
        }
    }

    @Test("A path over a symbolic link, or a relative one, means the same file")
    func symbolicLinks() async throws {
        try await Place.with { place in
            let files = FileManager.default
            let (fileLink, folderLink) = (place.directory.path + "/link", place.directory.path + "/folder")
            try files.createSymbolicLink(atPath: fileLink, withDestinationPath: place.path)
            try files.createSymbolicLink(atPath: folderLink, withDestinationPath: ".")
            // The first link leads nowhere yet: the file is made where it points.
            let store = try await SQLiteSessionStore.open(fileLink)
            let paths = [
                place.path, fileLink, folderLink + "/sessions.sqlite", place.directory.path + "/./sessions.sqlite",
            ]
            for path in paths {
                let error = await #expect(throws: StoreError.self) { try await SQLiteSessionStore.open(path) }
                #expect(error?.code == .inUse)
                #expect(error?.message.hasPrefix("\(place.path): ") == true)
            }
            try await store.close()
            let left = try files.contentsOfDirectory(atPath: place.directory.path).sorted()
            #expect(left == ["folder", "link", "sessions.sqlite", "sessions.sqlite.lock"])
        }
    }

    @Test("A lock file that is a symbolic link is not followed")
    func linkedLock() async throws {
        try await Place.with { place in
            let target = place.directory.path + "/precious"
            try Data("precious".utf8).write(to: URL(filePath: target))
            try FileManager.default.createSymbolicLink(atPath: place.path + ".lock", withDestinationPath: target)
            let error = await #expect(throws: StoreError.self) { try await SQLiteSessionStore.open(place.path) }
            #expect(error?.code == .unavailable)
            #expect(try Data(contentsOf: URL(filePath: target)) == Data("precious".utf8))
        }
    }

    @Test("The lock is free again after a refusal for another reason")
    func refusedOpen() async throws {
        try await Place.with { place in
            try Data(repeating: 7, count: 5000).write(to: URL(filePath: place.path))
            await #expect(throws: StoreError.self) { try await SQLiteSessionStore.open(place.path) }
            try Data().write(to: URL(filePath: place.path))
            try await place.withStore { try await $0.ping() }
        }
    }
}
