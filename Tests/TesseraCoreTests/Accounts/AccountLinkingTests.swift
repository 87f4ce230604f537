import TesseraCore
import Testing

@Suite("Whose sign-in it is (contract 5.7)")
struct AccountLinkingTests {
    private typealias Situation = AccountLinking.ProviderSituation
    private let ada: UserID
    private let bob: UserID

    init() throws {
        ada = try #require(UserID("ada"))
        bob = try #require(UserID("bob"))
    }

    @Test("O1: a known account of who is signed in signs him in, whatever the addresses", arguments: [true, false])
    func known(counts: Bool) {
        let situation = Situation(accountOwner: ada, current: ada, emailOwner: bob, emailCounts: counts)
        #expect(AccountLinking.decide(situation) == .signIn(ada))
    }

    @Test("O1: that needs no recent sign-in, for it is one itself")
    func knownNotRecent() {
        let situation = Situation(accountOwner: ada, current: ada, currentIsRecent: false)
        #expect(AccountLinking.decide(situation) == .signIn(ada))
    }

    @Test("O2: a known account of somebody else is refused", arguments: [true, false])
    func knownOfAnother(counts: Bool) {
        for emailOwner in [nil, ada, bob] {
            let situation = Situation(accountOwner: bob, current: ada, emailOwner: emailOwner, emailCounts: counts)
            #expect(AccountLinking.decide(situation) == .refuse(.accountOfAnother))
        }
    }

    @Test("O3: a known account signs its owner in, whoever has the address now", arguments: [true, false])
    func knownNobody(counts: Bool) {
        for emailOwner in [nil, ada, bob] {
            let situation = Situation(accountOwner: ada, emailOwner: emailOwner, emailCounts: counts)
            #expect(AccountLinking.decide(situation) == .signIn(ada))
        }
    }

    @Test("O4: an unknown account is linked to who is signed in, whatever the addresses", arguments: [true, false])
    func unknownSignedIn(counts: Bool) {
        for emailOwner in [nil, ada, bob] {
            let situation = Situation(current: ada, emailOwner: emailOwner, emailCounts: counts)
            #expect(AccountLinking.decide(situation) == .link(ada))
        }
    }

    @Test("O4: but only if he has proved lately who he is", arguments: [true, false])
    func unknownNotRecent(counts: Bool) {
        let situation = Situation(current: ada, currentIsRecent: false, emailOwner: ada, emailCounts: counts)
        #expect(AccountLinking.decide(situation) == .refuse(.notRecent))
    }

    @Test("O5: an unknown account with somebody's address is refused")
    func addressTaken() {
        #expect(AccountLinking.decide(Situation(emailOwner: bob)) == .refuse(.emailOfAnother))
    }

    @Test("O6: it is linked to him where the operator lets the provider's word count")
    func addressTrusted() {
        #expect(AccountLinking.decide(Situation(emailOwner: bob, emailCounts: true)) == .link(bob))
    }

    @Test("O7: an unknown account with a new address, or none, makes a user", arguments: [true, false])
    func create(counts: Bool) {
        #expect(AccountLinking.decide(Situation(emailCounts: counts)) == .create)
    }

    @Test("Every situation there is: nobody is ever let in as somebody whom the account does not prove him to be")
    func everySituation() {
        let people: [UserID?] = [nil, ada, bob]
        for owner in people {
            for current in people {
                for emailOwner in people {
                    for (counts, recent) in [(false, false), (false, true), (true, false), (true, true)] {
                        let situation = Situation(
                            accountOwner: owner, current: current, currentIsRecent: recent, emailOwner: emailOwner,
                            emailCounts: counts)
                        switch AccountLinking.decide(situation) {
                        case .signIn(let user): #expect(user == owner && (current == nil || current == owner))
                        case .link(let user):
                            #expect(owner == nil)
                            #expect(current == nil ? user == emailOwner && counts : user == current && recent)
                        case .create: #expect(owner == nil && current == nil && emailOwner == nil)
                        case .refuse: #expect(owner != nil || current != nil || emailOwner != nil)
                        }
                    }
                }
            }
        }
    }

    @Test("E1, E2, E3: the user with the address signs in, and the address is verified")
    func emailKnown() { #expect(AccountLinking.decide(emailOwner: ada) == .verify(ada)) }

    @Test("E4: without one, a user is made")
    func emailUnknown() { #expect(AccountLinking.decide(emailOwner: nil) == .create) }
}
