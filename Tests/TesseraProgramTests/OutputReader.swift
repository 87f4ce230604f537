import Foundation
import Synchronization

/// Reads what a process prints as it comes, so that the process never waits for its reader.
final class OutputReader: Sendable {
    private struct State {
        var text = Data()
        /// Up to where lines have been looked at.
        var position = 0
        var isAtEnd = false
        var waiting: (() -> Void)?
    }

    private let state = Mutex(State())

    /// Reads to the end of a pipe.
    init(_ pipe: Pipe) {
        let handle = pipe.fileHandleForReading
        DispatchQueue(label: "output").async { [self] in
            while true {
                let more = handle.availableData
                let waiting = state.withLock { state in
                    state.text.append(more)
                    state.isAtEnd = more.isEmpty
                    defer { state.waiting = nil }
                    return state.waiting
                }
                waiting?()
                if more.isEmpty { return }
            }
        }
    }

    /// The next line that has this text; `nil` when the end comes first. One caller at a time.
    func line(with text: String) async -> String? {
        while true {
            let (line, isAtEnd, seen) = state.withLock { state in
                (Self.nextLine(with: text, &state), state.isAtEnd, state.text.count)
            }
            if line != nil || isAtEnd { return line }
            await more(than: seen)
        }
    }

    /// Everything, once the end has come. One caller at a time.
    func everything() async -> String {
        while true {
            let (text, isAtEnd) = state.withLock { ($0.text, $0.isAtEnd) }
            if isAtEnd { return String(decoding: text, as: UTF8.self) }
            await more(than: text.count)
        }
    }

    private func more(than count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.text.count > count || state.isAtEnd { return true }
                state.waiting = { continuation.resume() }
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    private static func nextLine(with text: String, _ state: inout State) -> String? {
        while let end = state.text[state.position...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: state.text[state.position..<end], as: UTF8.self)
            state.position = end + 1
            if line.contains(text) { return line }
        }
        return nil
    }
}
