extension PageRenderer {
    /// The account page, status 200.
    package func account(_ page: AccountPage) -> String {
        let ordered = page.sessions.filter(\.isCurrent) + page.sessions.filter { !$0.isCurrent }
        let sessions = ordered.enumerated().map { number, session in
            AccountView.Session(session, number: number)
        }
        let who = PersonView(name: page.name, email: page.email)
        let others = ordered.contains { !$0.isCurrent }
        let view = AccountView(
            host: page.site.host, siteURL: LinkTarget.safe(page.site.url), person: who,
            problem: page.notice.flatMap { $0.isProblem ? $0.text : nil },
            done: page.notice.flatMap { $0.isProblem ? nil : $0.text }, sessions: sessions, hasOthers: others,
            hasNoSessions: sessions.isEmpty, ways: page.ways.map { waysView($0) },
            endOthersURL: LinkTarget.safe(page.endOthersURL),
            signOutURL: LinkTarget.safe(page.signOutURL), csrfToken: page.csrfToken)
        return render(view, with: .account, title: "Account", site: page.site, isWide: true)
    }
}

extension PageRenderer {
    private func waysView(_ ways: AccountPage.Ways) -> AccountView.Ways {
        AccountView.Ways(
            linked: ways.linked.enumerated().map { number, way in
                AccountView.Way(
                    wayID: "way-\(number)", providerName: way.providerName, account: way.account, linked: way.linked,
                    unlinkURL: way.unlinkURL.map { LinkTarget.safe($0) })
            },
            hasNone: ways.linked.isEmpty,
            available: ways.available.map { available in
                let style = style(of: available.id)
                return AccountView.Available(
                    linkURL: LinkTarget.safe(available.linkURL), providerName: available.providerName,
                    buttonClass: style?.className ?? "plain", providerLogo: style?.logo?.text)
            })
    }
}

/// A signed-in user as a page names them.
struct PersonView: Sendable {
    let personName: String
    let personEmail: String?
    let initial: String

    init(name: String?, email: String?) {
        let name = name.flatMap { $0.isEmpty ? nil : $0 }
        let email = email.flatMap { $0.isEmpty ? nil : $0 }
        personName = name ?? email ?? "Signed in"
        personEmail = name == nil ? nil : email
        initial = personName.prefix(1).uppercased()
    }
}

/// What `account.mustache` shows.
struct AccountView: Sendable {
    /// One line of the list.
    struct Session: Sendable {
        let sessionID: String
        let device: String
        let network: String?
        let created: PageTime
        let lastSeen: PageTime
        let isCurrent: Bool
        let endURL: String

        init(_ session: AccountPage.Session, number: Int) {
            sessionID = "session-\(number)"
            device = session.device.isEmpty ? "Unknown device" : session.device
            network = session.network.flatMap { $0.isEmpty ? nil : $0 }
            created = session.created
            lastSeen = session.lastSeen
            isCurrent = session.isCurrent
            endURL = LinkTarget.safe(session.endURL)
        }
    }

    /// The ways in.
    struct Ways: Sendable {
        let linked: [Way]
        let hasNone: Bool
        let available: [Available]
    }

    /// A linked account.
    struct Way: Sendable {
        let wayID: String
        let providerName: String
        let account: String
        let linked: PageTime
        let unlinkURL: String?
    }

    /// A provider that can be linked.
    struct Available: Sendable {
        let linkURL: String
        let providerName: String
        let buttonClass: String
        let providerLogo: String?
    }

    let host: String
    let siteURL: String
    let person: PersonView
    let problem: String?
    let done: String?
    let sessions: [Session]
    let hasOthers: Bool
    let hasNoSessions: Bool
    let ways: Ways?
    let endOthersURL: String
    let signOutURL: String
    let csrfToken: String
}
