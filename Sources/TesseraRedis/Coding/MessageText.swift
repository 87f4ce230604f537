import TesseraCore
import TesseraRuntime

/// The messages of the bus as they stand on a channel: the moment that the script puts before them, a letter, and what
/// belongs to it. A message that a newer version sends and this one does not know is left out.
enum MessageText {
    /// A change: the shard, the node, and the user's name or nothing; then a line for each revocation, as in the
    /// blocklist.
    static func changed(shard: Int, node: NodeID, user: UserID?, revocations: [Revocation]) -> [UInt8] {
        var text = "c \(shard) \(node) \(user?.text ?? "")\n"
        for revocation in revocations {
            let line = RevocationText(revocation)
            text += "\(line.below) \(line.expires) \(line.reason) \(line.subject)\n"
        }
        return Array(text.utf8)
    }

    static func beat(_ number: UInt64) -> [UInt8] { Array("b \(number)".utf8) }

    static func asked(_ request: ConfirmationRequest) -> [UInt8] { Array("a \(text(request))".utf8) }

    static func confirmed(_ request: ConfirmationRequest, by node: NodeID) -> [UInt8] {
        Array("k \(request.number) \(node)".utf8)
    }

    private static func text(_ request: ConfirmationRequest) -> String {
        let shards = request.shards.map(String.init).joined(separator: ",")
        return "\(request.number) \(request.node) \(shards)"
    }

    /// Reads a message; `nil` where it is none that this version knows.
    static func read(_ payload: [UInt8]) -> BusMessage? {
        let end = payload.firstIndex(of: UInt8(ascii: "\n")) ?? payload.endIndex
        guard let line = String(validating: payload[..<end], as: UTF8.self) else { return nil }
        let parts = line.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count >= 3, let milliseconds = Int64(parts[0]) else { return nil }
        let moment = Timestamp(milliseconds: milliseconds)
        switch parts[1] {
        case "c": return changed(parts, lines: payload[end...].dropFirst(), at: moment).map { .changed($0) }
        case "b": return UInt64(parts[2]).map { .beat($0, acceptedAt: moment) }
        case "a":
            guard parts.count == 5, let number = UInt64(parts[2]), let node = NodeID(String(parts[3])) else {
                return nil
            }
            let shards = parts[4].split(separator: ",").compactMap { Int($0) }
            return .asked(ConfirmationRequest(number: number, node: node, shards: shards))
        case "k":
            guard parts.count == 4, let number = UInt64(parts[2]), let node = NodeID(String(parts[3])) else {
                return nil
            }
            return .confirmed(number, by: node)
        default: return nil
        }
    }

    private static func changed(_ parts: [Substring], lines: ArraySlice<UInt8>, at moment: Timestamp) -> BusChange? {
        guard parts.count == 5, let shard = Int(parts[2]), let node = NodeID(String(parts[3])),
            let revocations = try? Revocation.list(in: Array(lines))
        else { return nil }
        let user = UserID(String(parts[4]))
        guard user != nil || parts[4].isEmpty else { return nil }
        return BusChange(shard: shard, node: node, user: user, revocations: revocations, acceptedAt: moment)
    }
}
