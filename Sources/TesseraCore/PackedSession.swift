/// The bytes that a store keeps of a session: version, then the members in a fixed order.
///
/// Compact, because a store holds millions: counters and moments are variable-length integers, moments relative to
/// the session's creation. Identifier and last use are kept beside it (they have keys and fields of their own).
/// Two equal records have equal bytes, so that a store may compare bytes.
package enum PackedSession {
    /// Why bytes are not a packed session.
    package enum Failure: Error, Hashable {
        /// Written by a newer version of Tessera.
        case unknownVersion(UInt8)
        case damaged
    }

    private static let version: UInt8 = 1

    /// The bytes for a session.
    package static func pack(_ session: SessionRecord) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(byte: version)
        writer.write(UInt64(session.generation.number))
        writer.write(UInt64(session.userEpoch.number))
        writer.write(UInt64(session.deploymentEpoch.number))
        writer.write(signed: session.createdAt.milliseconds)
        writer.write(signed: (session.rotatedAt - session.createdAt).milliseconds)
        writer.write(signed: (session.offeredAt - session.rotatedAt).milliseconds)
        writer.write(UInt64(session.graceFrom.number))
        writer.write(signed: (session.authenticatedAt - session.createdAt).milliseconds)
        writer.write(signed: session.idleTimeout.milliseconds)
        writer.write(signed: (session.absoluteLimit - session.createdAt).milliseconds)
        writer.write(text: session.device.name)
        writer.write(text: session.device.network)
        writer.write(optional: session.adoptedUntil.map { ($0 - session.createdAt).milliseconds })
        writer.write(bytes: session.claims ?? [])
        return writer.bytes
    }

    /// The session with this identifier and last use that these bytes describe.
    package static func unpack(
        _ bytes: [UInt8], id: SessionID, lastUse: SessionRecord.Use
    ) throws(Failure) -> SessionRecord {
        var reader = ByteReader(bytes)
        let version = try reader.readByte()
        guard version == Self.version else { throw .unknownVersion(version) }
        let generation = Generation(try reader.readCounter())
        let userEpoch = Epoch(try reader.readCounter())
        let deploymentEpoch = Epoch(try reader.readCounter())
        let createdAt = Timestamp(milliseconds: try reader.readSigned())
        let rotatedAt = createdAt + .milliseconds(try reader.readSigned())
        let offeredAt = rotatedAt + .milliseconds(try reader.readSigned())
        let graceFrom = Generation(try reader.readCounter())
        let authenticatedAt = createdAt + .milliseconds(try reader.readSigned())
        let idleTimeout = Duration.milliseconds(try reader.readSigned())
        let absoluteLimit = createdAt + .milliseconds(try reader.readSigned())
        let device = Device(name: try reader.readText(), network: try reader.readText())
        let adoptedUntil = try reader.readOptional().map { createdAt + .milliseconds($0) }
        let claims = try reader.readBytes()
        guard reader.isAtEnd else { throw .damaged }
        return SessionRecord(
            id: id, generation: generation, rotatedAt: rotatedAt, createdAt: createdAt,
            authenticatedAt: authenticatedAt, idleTimeout: idleTimeout, absoluteLimit: absoluteLimit,
            userEpoch: userEpoch, deploymentEpoch: deploymentEpoch, device: device, adoptedUntil: adoptedUntil,
            claims: claims.isEmpty ? nil : claims, lastUse: lastUse, offeredAt: offeredAt, graceFrom: graceFrom)
    }
}

/// Appends integers of variable length (7 bits a byte, lowest first) and length-prefixed bytes.
private struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(byte: UInt8) { bytes.append(byte) }

    mutating func write(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func write(signed value: Int64) { write(UInt64(bitPattern: value << 1 ^ value >> 63)) }

    mutating func write(bytes more: [UInt8]) {
        write(UInt64(more.count))
        bytes.append(contentsOf: more)
    }

    mutating func write(text: String) { write(bytes: Array(text.utf8)) }

    mutating func write(optional value: Int64?) {
        write(byte: value == nil ? 0 : 1)
        if let value { write(signed: value) }
    }
}

private struct ByteReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func readByte() throws(PackedSession.Failure) -> UInt8 {
        guard position < bytes.count else { throw .damaged }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func readUnsigned() throws(PackedSession.Failure) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            let byte = try readByte()
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw .damaged
    }

    mutating func readSigned() throws(PackedSession.Failure) -> Int64 {
        let value = try readUnsigned()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    mutating func readCounter() throws(PackedSession.Failure) -> UInt32 {
        guard let value = UInt32(exactly: try readUnsigned()) else { throw .damaged }
        return value
    }

    mutating func readBytes() throws(PackedSession.Failure) -> [UInt8] {
        guard let count = Int(exactly: try readUnsigned()), count <= bytes.count - position else { throw .damaged }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    mutating func readText() throws(PackedSession.Failure) -> String {
        guard let text = String(validating: try readBytes(), as: UTF8.self) else { throw .damaged }
        return text
    }

    mutating func readOptional() throws(PackedSession.Failure) -> Int64? {
        switch try readByte() {
        case 0: return nil
        case 1: return try readSigned()
        default: throw .damaged
        }
    }
}
