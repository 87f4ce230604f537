import Testing

@testable import TesseraPages

@Suite("Sign-in page (contract 6.4)")
struct SignInPageTests {
    let site = PageSite(host: "app.example", url: "https://app.example")

    func page(_ providers: [SignInPage.Provider], error: String? = nil) -> SignInPage {
        SignInPage(
            site: site, errorCode: error, providers: providers, csrfToken: "csrf-1",
            callbackURL: "https://app.example/here?a=1&b=2")
    }

    let github = SignInPage.Provider.oauth(.init(id: "github", name: "GitHub", signInURL: "/api/auth/signin/github"))
    let google = SignInPage.Provider.oauth(.init(id: "google", name: "Google", signInURL: "/api/auth/signin/google"))
    let email = SignInPage.Provider.email(
        .init(id: "email", name: "Email", signInURL: "/api/auth/signin/email", address: "ada@example.com"))
    let credentials = SignInPage.Provider.credentials(
        .init(
            id: "credentials", name: "Credentials", callbackURL: "/api/auth/callback/credentials",
            fields: [
                CredentialsField(name: "username", label: "User name", placeholder: "jsmith"),
                CredentialsField(name: "password", type: "password"),
                CredentialsField(name: "otp", label: "Code", autocomplete: "one-time-code"),
                CredentialsField(name: "realm", type: "hidden", attributes: [.init(name: "value", value: "staff")]),
            ]))

    @Test("164: providers come in configured order, each form with its own target and button")
    func order() throws {
        let renderer = try Samples.plainRenderer()
        for providers in [[github, email, credentials, google], [credentials, google, email, github]] {
            let markup = try Markup(renderer.signIn(page(providers)))
            let expected = providers.map { provider in
                switch provider {
                case .oauth(let one): [one.signInURL, "Sign in with ", one.name]
                case .email(let one): [one.signInURL, "Sign in with ", one.name]
                case .credentials(let one): [one.callbackURL, "Sign in with ", one.name]
                }
            }
            let found = markup.forms.map { form, content in
                [form["action"] ?? ""] + content.filter { ["span", "bdi"].contains($0.tag) }.map(\.text)
            }
            #expect(found == expected)
            #expect(markup.forms.allSatisfy { $0.form["method"] == "post" })
        }
    }

    @Test("every form has the CSRF token, and only OAuth forms have the callback URL")
    func hiddenFields() throws {
        let markup = try Markup(Samples.plainRenderer().signIn(page([github, email, credentials])))
        let values = markup.forms.map { _, content in
            content.filter { $0.tag == "input" && $0["type"] == "hidden" }
                .map { "\($0["name"] ?? "")=\($0["value"] ?? "")" }
        }
        #expect(
            values == [
                ["csrfToken=csrf-1", "callbackUrl=https://app.example/here?a=1&b=2"], ["csrfToken=csrf-1"],
                ["csrfToken=csrf-1", "realm=staff"],
            ])
    }

    @Test("credentials get one labelled input for each field, with what was configured for it")
    func credentialsFields() throws {
        let markup = try Markup(Samples.plainRenderer().signIn(page([credentials])))
        let inputs = markup.all("input").filter { $0["type"] != "hidden" }
        #expect(inputs.map { $0["name"] } == ["username", "password", "otp"])
        #expect(inputs.map { $0["type"] } == ["text", "password", "text"])
        #expect(inputs.map { $0["placeholder"] } == ["jsmith", nil, nil])
        #expect(inputs.map { $0["autocomplete"] } == ["username", "current-password", "one-time-code"])
        #expect(markup.all("label").map(\.text) == ["User name", "password", "Code"])
        #expect(markup.all("label").map { $0["for"] } == inputs.map { $0["id"] })
    }

    @Test("the email field is filled from the model, and must be filled")
    func emailField() throws {
        let markup = try Markup(Samples.plainRenderer().signIn(page([email])))
        let input = try #require(markup.all("input").first { $0["name"] == "email" })
        #expect(input["value"] == "ada@example.com")
        #expect(input["type"] == "email" && input["autocomplete"] == "email" && input["required"] != nil)
    }

    @Test("rules separate OAuth from forms and forms from each other, not OAuth from OAuth")
    func rules() throws {
        let renderer = try Samples.plainRenderer()
        func count(_ providers: [SignInPage.Provider]) throws -> Int {
            try Markup(renderer.signIn(page(providers))).all("hr").count
        }
        #expect(try count([github]) == 0)
        #expect(try count([github, google]) == 0)
        #expect(try count([github, google, email]) == 1)
        #expect(try count([github, email, credentials, google]) == 3)
        #expect(try count([credentials, github, google]) == 1)
    }

    @Test(
        "the error box is chosen by the code, whatever its case",
        arguments: [
            ("Signin", SignInProblem.tryAnotherAccount), ("OAuthSignin", .tryAnotherAccount),
            ("OAuthCallback", .tryAnotherAccount), ("OAuthCreateAccount", .tryAnotherAccount),
            ("EmailCreateAccount", .tryAnotherAccount), ("Callback", .tryAnotherAccount),
            ("OAuthAccountNotLinked", .accountNotLinked), ("EmailSignin", .mailNotSent),
            ("CredentialsSignin", .credentialsRefused), ("SessionRequired", .sessionRequired),
            ("credentialssignin", .credentialsRefused), ("Default", .other), ("github", .other),
            ("AccessDenied", .other), ("<b>", .other),
        ])
    func errors(code: String, problem: SignInProblem) throws {
        let markup = try Markup(Samples.plainRenderer().signIn(page([email, credentials], error: code)))
        let boxes = markup.elements.filter { $0["role"] == "alert" }
        #expect(boxes.map(\.text) == [problem.text])
        #expect(boxes.first?["id"] == "problem")
        let inputs = markup.all("input").filter { $0["type"] != "hidden" }
        #expect(inputs.allSatisfy { $0["aria-describedby"] == "problem" })
        for input in inputs {
            let concerned: SignInProblem = input["name"] == "email" ? .mailNotSent : .credentialsRefused
            #expect((input["aria-invalid"] == "true") == (problem == concerned), "\(input["name"] ?? "")")
        }
    }

    @Test("the texts of the error box differ from each other")
    func errorTexts() {
        #expect(Set(SignInProblem.allCases.map(\.text)).count == SignInProblem.allCases.count)
    }

    @Test("without a code there is no error box and nothing refers to one", arguments: [nil, ""] as [String?])
    func noError(code: String?) throws {
        let html = try Samples.plainRenderer().signIn(page([email, credentials], error: code))
        let markup = try Markup(html)
        #expect(markup.elements.allSatisfy { $0["role"] == nil && $0["aria-describedby"] == nil })
    }

    @Test("a provider's style is found by its id, as a class; without one the button is plain; logos have no alt text")
    func styles() throws {
        let renderer = try PageRenderer(providerStyles: [
            PageProviderStyle(providerID: "google", logo: "https://cdn.example/g.svg", background: "#fff"),
            PageProviderStyle(providerID: "unused", background: "#000"),
        ])
        let markup = try Markup(renderer.signIn(page([github, google])))
        #expect(markup.all("button").map { $0["class"] } == ["plain", "p0"])
        #expect(markup.all("img").map { [$0["src"], $0["alt"]] } == [["https://cdn.example/g.svg", ""]])
    }

    @Test("without any provider the page says so")
    func noProviders() throws {
        let markup = try Markup(Samples.plainRenderer().signIn(page([])))
        #expect(markup.forms.isEmpty)
        #expect(markup.all("p").contains { $0.text.contains("No way to sign in") })
    }
}
