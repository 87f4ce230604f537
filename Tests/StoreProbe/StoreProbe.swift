import Foundation
import TesseraRuntime
import TesseraSQLite
import TesseraTestKit

/// Opens a store in a process of its own, for tests that need a second process, or one that they can kill.
///
/// `StoreProbe PATH [--look] [--user ID] [--file-size BYTES]` prints `starting`, then `open`, or `refused CODE MESSAGE`.
/// With `--look` it only looks at the file, prints `looked` or the refusal, and ends. Otherwise it
/// takes commands, one a line: `write FIRST COUNT` writes that many ledgers at once, without end, and prints
/// `ack LEDGER STEP` for every step that was acknowledged, `failed LEDGER CODE` for one that was not; `close` closes the
/// store and prints `closed`.
@main
struct StoreProbe {
    static func main() async {
        var arguments = CommandLine.arguments.dropFirst()
        guard let path = arguments.popFirst() else { return say("refused usage no path") }
        let looks = arguments.first == "--look"
        if looks { arguments.removeFirst() }
        while let option = arguments.popFirst(), let number = arguments.popFirst().flatMap({ UInt32($0) }) {
            switch option {
            case "--user": _ = setuid(number)
            case "--file-size": limitFileSize(to: number)
            default: return say("refused usage \(option)")
            }
        }
        say("starting")
        do {
            if looks {
                try await SQLiteSessionStore.look(at: path)
                return say("looked")
            }
            let store = try await SQLiteSessionStore.open(path)
            say("open")
            try await obey(store)
        } catch {
            say("refused \(error.code.rawValue) \(error.message)")
        }
    }

    private static func obey(_ store: SQLiteSessionStore) async throws(StoreError) {
        while let line = readLine() {
            let words = line.split(separator: " ")
            switch words.first {
            case "write":
                let numbers = words.dropFirst().compactMap { UInt64($0) }
                await record(numbers[0]..<numbers[0] + numbers[1], to: store)
                say("written")
            case "close":
                try await store.close()
                return say("closed")
            default:
                say("unknown command")
            }
        }
    }

    /// Every ledger goes on until the store fails.
    private static func record(_ numbers: Range<UInt64>, to store: SQLiteSessionStore) async {
        await withTaskGroup { group in
            for number in numbers {
                guard let ledger = StoreLedger(number: number) else { continue }
                group.addTask {
                    do throws(StoreError) {
                        while true {
                            let record = try await store.load(ledger.user)
                            let outcome = try await store.commit(ledger.step(after: record))
                            guard case .committed = outcome else { return say("failed \(number) \(outcome)") }
                            say("ack \(number) \(ledger.position(in: record) + 1)")
                        }
                    } catch {
                        say("failed \(number) \(error.code.rawValue) \(error.message)")
                    }
                }
            }
        }
    }

    /// One system call a line, so that whoever kills this process has read all that was said, in whole lines.
    private static func say(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = write(1, bytes, bytes.count)
    }

    /// From this size on, writing fails as on a full or broken disk.
    private static func limitFileSize(to bytes: UInt32) {
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit(rlim_cur: rlim_t(bytes), rlim_max: rlim_t(bytes))
        #if canImport(Darwin)
            _ = setrlimit(RLIMIT_FSIZE, &limit)
        #else
            _ = setrlimit(__rlimit_resource_t(UInt32(RLIMIT_FSIZE.rawValue)), &limit)
        #endif
    }
}
