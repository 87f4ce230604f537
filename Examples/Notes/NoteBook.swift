import Synchronization
import Tessera

/// Everybody's notes, in memory.
final class NoteBook: Sendable {
    private let notes = Mutex<[UserID: [String]]>([:])

    func notes(of user: UserID) -> [String] { notes.withLock { $0[user] ?? [] } }

    func add(_ note: String, of user: UserID) { notes.withLock { $0[user, default: []].append(note) } }
}
