import Testing

@testable import TesseraPages

@Suite("Sign-out, error, account and demo pages")
struct OtherPagesTests {
    let site = PageSite(host: "app.example", url: "https://app.example")
    let renderer: PageRenderer

    init() throws {
        renderer = try Samples.plainRenderer()
    }

    @Test(
        "160, 161: the error page's view and status follow the code, whatever its case",
        arguments: [
            ("AccessDenied", ErrorPage.Kind.accessDenied, 403), ("accessdenied", .accessDenied, 403),
            ("ACCESSDENIED", .accessDenied, 403), ("Verification", .verification, 403),
            ("verification", .verification, 403), ("Configuration", .configuration, 500),
            ("configuration", .configuration, 500), ("Default", .standard, 200), ("anything", .standard, 200),
            ("", .standard, 200), (nil, .standard, 200),
        ] as [(String?, ErrorPage.Kind, Int)])
    func errorKinds(code: String?, kind: ErrorPage.Kind, status: Int) {
        #expect(ErrorPage.Kind(code: code) == kind)
        #expect(ErrorPage.Kind(code: code).status == status)
    }

    @Test("after a refused sign-in the error page leads to sign-in; the default one to the site")
    func errorLinks() throws {
        let links = try Dictionary(
            uniqueKeysWithValues: ErrorPage.Kind.allCases.map { kind in
                let html = renderer.error(ErrorPage(kind: kind, site: site, signInURL: "/api/auth/signin"))
                return (kind, try Markup(html).all("a").map { $0["href"] })
            })
        #expect(links[.standard] == ["https://app.example"])
        #expect(links[.configuration] == [])
        #expect(links[.accessDenied] == ["/api/auth/signin"])
        #expect(links[.verification] == ["/api/auth/signin"])
    }

    @Test("the sign-out page asks, and one form answers for this session or for all")
    func signOut() throws {
        let page = SignOutPage(site: site, signOutURL: "/api/auth/signout", csrfToken: "csrf-1")
        let markup = try Markup(renderer.signOut(page))
        #expect(markup.forms.map { $0.form["action"] } == ["/api/auth/signout"])
        let buttons = markup.all("button")
        #expect(buttons.map(\.text) == ["Sign out", "Sign out everywhere"])
        #expect(buttons.map { [$0["name"], $0["value"]] } == [[nil, nil], ["scope", "everywhere"]])
    }

    @Test("the sign-out page offers to sign out of the provider, too, or says that it will be so")
    func signOutElsewhere() throws {
        var page = SignOutPage(site: site, signOutURL: "/api/auth/signout", csrfToken: "csrf-1")
        page.elsewhere = SignOutPage.Elsewhere(providerName: "A & B", isChoice: true)
        let asking = try Markup(renderer.signOut(page))
        let boxes = asking.all("input").filter { $0["type"] == "checkbox" }
        #expect(boxes.map { [$0["name"], $0["value"], $0["checked"]] } == [["federated", "true", nil]])
        #expect(asking.all("bdi").contains { $0.text == "A & B" })
        page.elsewhere = SignOutPage.Elsewhere(providerName: "A & B", isChoice: false)
        let telling = try Markup(renderer.signOut(page))
        #expect(!telling.all("input").contains { $0["type"] == "checkbox" })
        #expect(telling.all("bdi").contains { $0.text == "A & B" })
    }

    @Test("the verify-request page links to the site under its host")
    func verifyRequest() throws {
        let markup = try Markup(renderer.verifyRequest(VerifyRequestPage(site: site)))
        #expect(markup.all("a").map { $0["href"] } == ["https://app.example"])
        #expect(markup.all("bdi").map(\.text) == ["app.example"])
        let demo = try Markup(
            renderer.verifyRequest(VerifyRequestPage(site: site, mailboxURL: "https://app.example/dev/mailbox")))
        #expect(demo.all("a").map { $0["href"] } == ["https://app.example/dev/mailbox", "https://app.example"])
    }

    @Test("the page of an unavailable service says that nobody was signed out, and leads back to what was asked for")
    func unavailable() throws {
        let markup = try Markup(renderer.unavailable(UnavailablePage(site: site, retryURL: "/account?x=1")))
        #expect(markup.all("p").contains { $0.text == "You have not been signed out." })
        #expect(markup.all("a").map { $0["href"] } == ["/account?x=1"])
    }

    @Test("a refused request shows its code")
    func refused() throws {
        let markup = try Markup(renderer.refused(RefusedPage(site: site, code: "csrf_mismatch")))
        #expect(markup.all("code").map(\.text) == ["csrf_mismatch"])
        #expect(try Markup(renderer.refused(RefusedPage(site: site, code: ""))).all("code").isEmpty)
    }

    private func session(_ device: String, current: Bool = false) -> AccountPage.Session {
        AccountPage.Session(
            device: device, network: "192.0.2.0/24",
            created: .init(text: "yesterday", dateTime: "2026-11-22T10:00:00Z"),
            lastSeen: .init(text: "just now", dateTime: "2026-11-23T10:00:00Z"), isCurrent: current,
            endURL: "/end/\(device)")
    }

    private func account(_ sessions: [AccountPage.Session], notice: AccountNotice? = nil) throws -> Markup {
        try Markup(
            renderer.account(
                AccountPage(
                    site: site, name: "Alice", email: "alice@example.com", sessions: sessions, notice: notice,
                    endOthersURL: "/others", signOutURL: "/signout", csrfToken: "csrf-1")))
    }

    @Test("this device comes first, with a badge and no button; every other session has its own")
    func sessions() throws {
        let markup = try account([session("A"), session("B", current: true), session("C")])
        let items = markup.elements.indices.filter { markup.elements[$0].tag == "li" }
        let devices = items.map { item in
            markup.inside(item).filter { $0.tag == "bdi" }.map(\.text).first
        }
        #expect(devices == ["B", "A", "C"])
        let badges = items.map { item in markup.inside(item).contains { $0["class"] == "badge" } }
        #expect(badges == [true, false, false])
        let actions = items.map { item in markup.inside(item).compactMap { $0["action"] } }
        #expect(actions == [[], ["/end/A"], ["/end/C"]])
        for item in items {
            let times = markup.inside(item).filter { $0.tag == "time" }
            #expect(times.map { $0["datetime"] } == ["2026-11-23T10:00:00Z", "2026-11-22T10:00:00Z"])
            #expect(times.map(\.text) == ["just now", "yesterday"])
        }
    }

    @Test("others can be ended at once only where there are any; signing out everywhere and here is always offered")
    func several() throws {
        let many = try account([session("A"), session("B", current: true)])
        #expect(many.forms.map { $0.form["action"] } == ["/end/A", "/others", "/signout"])
        let one = try account([session("B", current: true)])
        #expect(one.forms.map { $0.form["action"] } == ["/signout"])
        for markup in [many, one] {
            let everywhere = markup.all("button").last
            #expect(everywhere?["name"] == "scope" && everywhere?["value"] == "everywhere")
            #expect(markup.all("a").contains { $0["href"] == "/signout" })
        }
    }

    @Test("an unknown device and network, and a user without a name, are named as such")
    func unknown() throws {
        let time = PageTime(text: "t", dateTime: "d")
        let page = AccountPage(
            site: site, name: "", email: "b@example.com",
            sessions: [.init(device: "", network: "", created: time, lastSeen: time, isCurrent: false, endURL: "/e")],
            endOthersURL: "/o", signOutURL: "/s", csrfToken: "c")
        let markup = try Markup(renderer.account(page))
        #expect(markup.all("bdi").map(\.text) == ["app.example", "b@example.com", "Unknown device"])
    }

    @Test(
        "a notice says what happened: as a status, or as an alert where something went wrong",
        arguments: AccountNotice.allCases)
    func notices(notice: AccountNotice) throws {
        let markup = try account([session("B", current: true)], notice: notice)
        let boxes = markup.elements.filter { $0["role"] != nil }
        #expect(boxes.map { $0["role"] } == [notice.isProblem ? "alert" : "status"])
        #expect(boxes.map(\.text) == [notice.text])
        #expect(try account([session("B", current: true)]).elements.allSatisfy { $0["role"] == nil })
    }

    @Test("the demo shows who is signed in and the ways on, or the way in")
    func demo() throws {
        var page = DemoPage(
            site: site, user: .init(name: "Alice", email: "alice@example.com"),
            sessionJSON: #"{"user":{"name":"Alice"}}"#,
            signInURL: "/signin", accountURL: "/account", signOutURL: "/signout",
            logins: [.init(username: "alice", password: "wonderland"), .init(username: "bob", password: "builder")],
            commands: DemoPage.commands(
                base: "http://localhost:3000/api/auth", login: .init(username: "alice", password: "wonderland")))
        let signedIn = try Markup(renderer.demo(page))
        #expect(signedIn.all("a").map { $0["href"] } == ["/account", "/signout"])
        #expect(signedIn.all("bdi").map(\.text) == ["Alice", "alice@example.com"])
        let code = signedIn.all("code").map(\.text)
        #expect(code.first == "{\n  \"user\": {\n    \"name\": \"Alice\"\n  }\n}")
        #expect(Array(code[1...4]) == ["alice", "wonderland", "bob", "builder"])
        #expect(code[5] == #"token=$(curl -s -b jar -c jar http://localhost:3000/api/auth/csrf | cut -d '"' -f 4)"#)
        #expect(code.count == 10)
        page.user = nil
        #expect(try Markup(renderer.demo(page)).all("a").map { $0["href"] } == ["/signin"])
    }
}
