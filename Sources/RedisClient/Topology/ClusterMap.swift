internal import RESP

/// Which server of a cluster has which slots, as one of its servers told, and corrected by what others said since.
struct ClusterMap: Sendable, Hashable {
    /// A primary that has slots.
    struct Node: Sendable, Hashable {
        let id: String
        let address: RedisAddress
        var slots: [ClosedRange<Int>] = []
    }

    /// The primaries, in the order of their first slot.
    private(set) var nodes: [Node] = []
    /// For each slot the place in `nodes`.
    private var owners = [Int16](repeating: ClusterMap.nobody, count: HashSlot.count)

    private static let nobody: Int16 = -1

    /// From the answer of a server to `CLUSTER SLOTS`; what it does not say of its own address is taken from the one it was asked at.
    init(_ reply: RedisReply, askedAt asked: RedisAddress) throws(RedisError) {
        guard let entries = reply.array, entries.count <= HashSlot.count else { throw Self.unexpected }
        for entry in entries { try add(entry, asked) }
        settle()
    }

    private static let unexpected = RedisError(.protocolViolation, "not an answer to CLUSTER SLOTS")

    /// An entry: first slot, last slot, the primary, its replicas.
    private mutating func add(_ entry: RedisReply, _ asked: RedisAddress) throws(RedisError) {
        guard let fields = entry.array, fields.count >= 3, let first = fields[0].int, let last = fields[1].int,
            first >= 0, first <= last, last < HashSlot.count, let primary = fields[2].array, primary.count >= 2,
            let port = primary[1].int
        else { throw Self.unexpected }
        // A server that does not know its own name yet cannot be named to others.
        guard let address = Self.address(host: primary[0], port: port, asked) else { return }
        let id = primary.count > 2 ? primary[2].string : nil
        let owner = place(of: address, id: id ?? address.description)
        for slot in first...last { owners[slot] = owner }
    }

    private static func address(host: RedisReply, port: Int, _ asked: RedisAddress) -> RedisAddress? {
        switch host.string {
        case nil, "": asked.with(port: port)
        case "?": nil
        case .some(let host): .host(host, port: port)
        }
    }

    private mutating func place(of address: RedisAddress, id: String) -> Int16 {
        if let index = nodes.firstIndex(where: { $0.address == address }) { return Int16(index) }
        nodes.append(Node(id: id, address: address))
        return Int16(nodes.count - 1)
    }

    /// Who has a slot.
    func owner(of slot: Int) -> Node? {
        let owner = owners[slot]
        return owner == Self.nobody ? nil : nodes[Int(owner)]
    }

    /// Whether every slot has a server.
    var isComplete: Bool { !owners.contains(Self.nobody) }

    /// Whether these channels are to be subscribed to at that address.
    func serves(_ channels: [String], _ kind: RedisSubscription.Kind, at address: RedisAddress) -> Bool {
        switch kind {
        case .plain: nodes.contains { $0.address == address }
        case .sharded: channels.allSatisfy { owner(of: HashSlot.of(RedisKey($0)))?.address == address }
        }
    }

    /// Takes it from a server that a slot is with another one now.
    mutating func move(slot: Int, to address: RedisAddress) {
        guard owner(of: slot)?.address != address else { return }
        owners[slot] = place(of: address, id: address.description)
        settle()
    }

    /// Puts the nodes into their order, each with its slots, and leaves those out that have none.
    private mutating func settle() {
        var settled: [Node] = []
        var places = [Int16](repeating: Self.nobody, count: nodes.count)
        for (slot, owner) in owners.enumerated() where owner != Self.nobody {
            if places[Int(owner)] == Self.nobody {
                places[Int(owner)] = Int16(settled.count)
                settled.append(Node(id: nodes[Int(owner)].id, address: nodes[Int(owner)].address))
            }
            let place = places[Int(owner)]
            settled[Int(place)].add(slot)
            owners[slot] = place
        }
        nodes = settled
    }
}

extension ClusterMap.Node {
    /// Slots come in ascending order.
    fileprivate mutating func add(_ slot: Int) {
        if let last = slots.last, last.upperBound == slot - 1 {
            slots[slots.count - 1] = last.lowerBound...slot
        } else {
            slots.append(slot...slot)
        }
    }
}

extension RedisAddress {
    /// Another port of the same host; a Unix socket has none and stays itself.
    func with(port: Int) -> RedisAddress {
        switch self {
        case .host(let host, _): .host(host, port: port)
        case .unixSocket: self
        }
    }

    /// From an error of a server: `127.0.0.1:6379`, `::1:6379`; without a host it is that of `asked`.
    init?(redirection text: Substring, askedAt asked: RedisAddress) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (1...65_535).contains(port)
        else { return nil }
        let host = text[..<colon]
        self = host.isEmpty ? asked.with(port: port) : .host(String(host), port: port)
    }
}
