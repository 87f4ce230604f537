import TesseraCore

extension RequestFlow {
    /// Ends a session that the store does not know, on all nodes. Before anybody is told so: a store may have lost the
    /// session while its token is still fresh, and another node would go on letting it in, by its mirror.
    ///
    /// - Parameter adoptedUntil: for an adopted session: when its NextAuth.js token expires, which would bring it back.
    /// - Throws: `FlowError` when the store cannot be asked: then nobody may be told that the session is over.
    func endUnknown(_ session: SessionID, adoptedUntil: Timestamp?) async throws {
        guard !mirror.isEnded(session) else { return }
        let fresh = clock.now() + settings.policy.freshWindow + SessionPolicy.clockSkew
        let expires = adoptedUntil.map { max($0 + SessionPolicy.clockSkew, fresh) } ?? fresh
        let revocation = Revocation(fact: .session(session), expires: expires, reason: .expired)
        do {
            try await store.block(revocation)
        } catch {
            throw FlowError(store: error)
        }
        mirror.insert([revocation])
    }

    /// The same for the sessions of marks that came to nothing. Returns those that are ended everywhere.
    ///
    /// The others are to be tried again: nothing is lost meanwhile, for nobody has been told.
    func endUnknown(_ marks: [Mark]) async -> [Mark] {
        var ended: [Mark] = []
        for start in stride(from: 0, to: marks.count, by: Self.unknownAtOnce) {
            let some = marks[start..<min(start + Self.unknownAtOnce, marks.count)]
            ended += await withTaskGroup(of: Mark?.self) { group in
                for mark in some {
                    group.addTask {
                        let until = self.marks.adoptedUntil(of: mark.session)
                        do {
                            try await self.endUnknown(mark.session, adoptedUntil: until)
                            return mark
                        } catch {
                            return nil
                        }
                    }
                }
                return await group.reduce(into: []) { ended, mark in if let mark { ended.append(mark) } }
            }
        }
        return ended
    }

    /// How many sessions are ended at the same time.
    private static var unknownAtOnce: Int { 32 }
}
