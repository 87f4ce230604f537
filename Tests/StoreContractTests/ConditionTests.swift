import TesseraCore
import TesseraRuntime
import Testing

@Suite("A change is written only where nothing has changed since it was read")
struct ConditionTests {
    /// What is checked of a store that must not have changed.
    private struct Picture: Equatable {
        let records: [UserRecord]
        let revocations: Set<Revocation>
        let owners: [UserID?]

        init(_ store: any SessionStore, users: [UserID], sessions: [SessionID]) async throws {
            var records: [UserRecord] = []
            for user in users { records.append(try await store.load(user).inOrder) }
            var owners: [UserID?] = []
            for session in sessions { owners.append(try await store.owner(of: session)) }
            self.records = records
            self.owners = owners
            revocations = Set(try await store.revocations(at: start))
        }
    }

    /// A user with three sessions, another with one, and a session that is on the blocklist.
    private struct Scene {
        let store: any SessionStore
        let ann: UserID
        let bob: UserID
        let sessions: [SessionRecord]
        let ofBob: SessionRecord
        let ended: SessionRecord
        let new: SessionRecord
        let record: UserRecord

        init(_ store: any SessionStore, seed: UInt64) async throws {
            var samples = Samples(seed: seed)
            self.store = store
            ann = try samples.user()
            bob = try samples.user()
            sessions = [samples.session(), samples.session(), samples.session()]
            ofBob = samples.session()
            ended = samples.session()
            new = samples.session()
            try await store.create(sessions[0], sessions[1], sessions[2], of: ann)
            try await store.create(ofBob, of: bob)
            try await store.block(
                Revocation(fact: .session(ended.id), expires: start + .hours(1), reason: .revokedByOperator))
            record = try await store.load(ann)
        }

        /// A change that does something of every kind; on its own it succeeds.
        func fullChange(with extra: SessionEdit? = nil, at position: Int = 0) -> UserChange {
            var edits: [SessionEdit] = [
                .create(new), .replace(sessions[0], with: sessions[0].rotated(at: start + .minutes(1))),
                .remove(sessions[1].id),
            ]
            if let extra { edits.insert(extra, at: position) }
            return record.change(
                edits, raising: UserChange.RaisedEpoch(epoch: record.epoch.next, at: start),
                revocations: [
                    Revocation(fact: .session(sessions[1].id), expires: start + .minutes(5), reason: .revokedByUser),
                    Revocation(
                        fact: .user(ann, below: record.epoch.next), expires: start + .minutes(5), reason: .reuse),
                ])
        }

        func picture() async throws -> Picture {
            try await Picture(
                store, users: [ann, bob], sessions: sessions.map(\.id) + [ofBob.id, ended.id, new.id])
        }

        /// Commits a change that must be refused, and looks that it left nothing.
        func expectNothingWritten(_ change: UserChange, outcome expected: CommitOutcome = .stale) async throws {
            let before = try await picture()
            #expect(try await store.commit(change) == expected)
            #expect(try await picture() == before)
        }
    }

    @Test("The change of these tests succeeds when its conditions hold", arguments: StoreCase.all)
    func allConditionsHold(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            let scene = try await Scene(store, seed: 20)
            #expect(try await store.commit(scene.fullChange()) == .committed(.primary))
            let record = try await store.load(scene.ann)
            let expected = [scene.new, scene.sessions[0].rotated(at: start + .minutes(1)), scene.sessions[2]]
            #expect(record.inOrder.sessions == expected.sorted { $0.id < $1.id })
            #expect(record.epoch == Epoch(1))
            let facts: Set<EndedFact> = [
                .session(scene.sessions[1].id), .session(scene.ended.id), .user(scene.ann, below: Epoch(1)),
            ]
            #expect(try await store.facts() == facts)
        }
    }

    @Test("A user's epoch that was raised since makes it stale", arguments: StoreCase.all)
    func raisedUserEpoch(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            let scene = try await Scene(store, seed: 21)
            let raised = UserChange.RaisedEpoch(epoch: Epoch(1), at: start)
            #expect(try await store.commit(scene.record.change(raising: raised)) == .committed(.primary))
            try await scene.expectNothingWritten(scene.fullChange())
            try await scene.expectNothingWritten(scene.record.change())
        }
    }

    @Test("An epoch that the store has never had makes it stale", arguments: StoreCase.all)
    func unknownEpoch(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            let scene = try await Scene(store, seed: 22)
            let ahead = UserRecord(user: scene.ann, epoch: Epoch(4), sessions: scene.sessions)
            try await scene.expectNothingWritten(ahead.change([.create(scene.new)]))
            let stranger = try #require(UserID("stranger"))
            try await scene.expectNothingWritten(
                UserRecord(user: stranger, epoch: Epoch(1)).change([.create(scene.new)]))
        }
    }

    @Test("A deployment's epoch that was raised since makes it stale", arguments: StoreCase.all)
    func raisedDeploymentEpoch(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            let scene = try await Scene(store, seed: 23)
            _ = try await store.revokeEverybody(at: start, reason: .revokedByOperator)
            try await scene.expectNothingWritten(scene.record.change([.create(scene.new)]))
            try await scene.expectNothingWritten(scene.record.change([.remove(scene.sessions[0].id)]))
        }
    }

    @Test("One condition that fails, wherever it stands, undoes the whole change", arguments: StoreCase.all)
    func allOrNothing(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            let scene = try await Scene(store, seed: 24)
            var samples = Samples(seed: 25)
            let missing = samples.session()
            var changed = scene.sessions[2]
            changed.claims = [1]
            let other = SessionRecord(
                id: scene.ofBob.id, generation: .first, rotatedAt: start, createdAt: start, authenticatedAt: start,
                idleTimeout: .hours(1), absoluteLimit: start, userEpoch: .initial, deploymentEpoch: .initial,
                device: .unknown, adoptedUntil: nil, claims: nil, lastUse: scene.ofBob.lastUse)
            let bad: [SessionEdit] = [
                .replace(missing, with: missing.rotated(at: start)),
                .replace(changed, with: changed.rotated(at: start)),
                .replace(scene.ofBob, with: scene.ofBob.rotated(at: start)),
                .create(scene.sessions[2]),
                .create(other),
            ]
            for edit in bad {
                for position in 0...3 {
                    try await scene.expectNothingWritten(scene.fullChange(with: edit, at: position))
                }
            }
        }
    }

    @Test("A session that is on the blocklist is not created, and the whole change is undone", arguments: StoreCase.all)
    func endedSession(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            let scene = try await Scene(store, seed: 26)
            for position in 0...3 {
                try await scene.expectNothingWritten(
                    scene.fullChange(with: .create(scene.ended), at: position), outcome: .sessionEnded(scene.ended.id))
            }
        }
    }

    @Test("A session of which only older generations are on the blocklist is created", arguments: StoreCase.all)
    func supersededSession(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 27)
            let session = samples.session()
            let user = try samples.user()
            try await store.block(
                Revocation(
                    fact: .generations(session.id, below: Generation(9)), expires: start + .hours(1), reason: .updated))
            try await store.create(session, of: user)
            #expect(try await store.load(user).sessions == [session])
        }
    }

    @Test("A replaced session that is presented as it was before is stale", arguments: StoreCase.all)
    func olderState(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            let scene = try await Scene(store, seed: 28)
            let first = scene.sessions[0]
            let second = first.rotated(at: start + .minutes(1))
            #expect(
                try await store.commit(scene.record.change([.replace(first, with: second)])) == .committed(.primary))
            try await scene.expectNothingWritten(
                scene.record.change([.replace(first, with: first.rotated(at: start + .minutes(2)))]))
            #expect(
                try await store.commit(
                    scene.record.change([.replace(second, with: second.rotated(at: start + .minutes(2)))]))
                    == .committed(.primary))
        }
    }

    @Test("Every single member of a session that differs makes it stale", arguments: StoreCase.all)
    func everyMemberCounts(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            let scene = try await Scene(store, seed: 29)
            let session = scene.sessions[0]
            func variant(
                created: Timestamp? = nil, authenticated: Timestamp? = nil, idle: Duration? = nil,
                absolute: Timestamp? = nil, userEpoch: Epoch? = nil, deploymentEpoch: Epoch? = nil,
                device: Device? = nil, adoptedUntil: Timestamp? = nil
            ) -> SessionRecord {
                SessionRecord(
                    id: session.id, generation: session.generation, rotatedAt: session.rotatedAt,
                    createdAt: created ?? session.createdAt,
                    authenticatedAt: authenticated ?? session.authenticatedAt,
                    idleTimeout: idle ?? session.idleTimeout, absoluteLimit: absolute ?? session.absoluteLimit,
                    userEpoch: userEpoch ?? session.userEpoch,
                    deploymentEpoch: deploymentEpoch ?? session.deploymentEpoch, device: device ?? session.device,
                    adoptedUntil: adoptedUntil ?? session.adoptedUntil, claims: session.claims,
                    lastUse: session.lastUse)
            }
            let later = start + .milliseconds(1)
            var generation = session
            generation.generation = Generation(2)
            var rotated = session
            rotated.rotatedAt = later
            var claims = session
            claims.claims = [0]
            let variants = [
                generation, rotated, claims, variant(created: later), variant(authenticated: later),
                variant(idle: .minutes(61)), variant(absolute: later), variant(userEpoch: Epoch(1)),
                variant(deploymentEpoch: Epoch(1)), variant(device: .unknown), variant(adoptedUntil: later),
            ]
            for variant in variants {
                try await scene.expectNothingWritten(
                    scene.record.change([.replace(variant, with: session.rotated(at: start + .minutes(1)))]))
            }
        }
    }

    @Test("Two devices of one user do not make each other stale", arguments: StoreCase.all)
    func twoDevices(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            let scene = try await Scene(store, seed: 30)
            let changes = [
                scene.record.change([
                    .replace(scene.sessions[0], with: scene.sessions[0].rotated(at: start + .minutes(1)))
                ]),
                scene.record.change([
                    .replace(scene.sessions[1], with: scene.sessions[1].rotated(at: start + .minutes(1)))
                ]),
                scene.record.change([.create(scene.new)]), scene.record.change([.remove(scene.sessions[2].id)]),
            ]
            for change in changes { #expect(try await store.commit(change) == .committed(.primary)) }
        }
    }

    @Test("Removing is never wrong twice, and never touches another user's session", arguments: StoreCase.all)
    func removing(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            let scene = try await Scene(store, seed: 31)
            for _ in 0..<2 {
                let change = scene.record.change([.remove(scene.sessions[0].id), .remove(scene.new.id)])
                #expect(try await store.commit(change) == .committed(.primary))
                #expect(try await store.load(scene.ann).sessions.count == 2)
            }
            #expect(try await store.commit(scene.record.change([.remove(scene.ofBob.id)])) == .committed(.primary))
            #expect(try await store.load(scene.bob).sessions == [scene.ofBob])
        }
    }

    @Test("What a change removes, no other edit of it writes again", arguments: StoreCase.all)
    func removedThenReplaced(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            let scene = try await Scene(store, seed: 32)
            let session = scene.sessions[0]
            let change = scene.record.change([
                .remove(session.id), .replace(session, with: session.rotated(at: start)),
            ])
            _ = try await store.commit(change)
            #expect(try await store.load(scene.ann)[session.id] == nil)
            #expect(try await store.owner(of: session.id) == nil)
        }
    }
}
