internal import Synchronization

/// Headers that were accepted before, by their encoded text: most tokens of an application have the same
/// one, and comparing it is cheaper than reading it.
///
/// A header enters only after a token with it was found genuine, so a stranger cannot fill the cache.
/// Bounded: when it is full, the oldest entry goes.
final class HeaderCache<Header: Sendable>: Sendable {
    private struct Entry {
        let encoded: [UInt8]
        let header: Header
    }

    private static var capacity: Int { 16 }
    private static var longestHeader: Int { 512 }

    private let entries = Mutex<[Entry]>([])

    func header(of encoded: ArraySlice<UInt8>) -> Header? {
        entries.withLock { entries in
            for entry in entries where Self.equal(entry.encoded, encoded) { return entry.header }
            return nil
        }
    }

    func remember(_ header: Header, of encoded: ArraySlice<UInt8>) {
        guard encoded.count <= Self.longestHeader else { return }
        entries.withLock { entries in
            guard !entries.contains(where: { Self.equal($0.encoded, encoded) }) else { return }
            if entries.count == Self.capacity { entries.removeFirst() }
            entries.append(Entry(encoded: Array(encoded), header: header))
        }
    }

    private static func equal(_ left: [UInt8], _ right: ArraySlice<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        let offset = right.startIndex
        for index in left.indices where left[index] != right[offset + index] { return false }
        return true
    }
}
