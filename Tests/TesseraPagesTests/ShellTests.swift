import Testing

@testable import TesseraPages

@Suite("Shell and accessibility of every page")
struct ShellTests {
    @Test("titles are the contract's")
    func titles() throws {
        let renderer = try Samples.plainRenderer()
        let titles = try Dictionary(
            uniqueKeysWithValues: Samples().pages(renderer).map { page in
                (page.name, try Markup(page.html).all("title").map(\.text).joined())
            })
        #expect(titles["sign-in"] == "Sign In")
        #expect(titles["sign-out"] == "Sign Out")
        #expect(titles["verify-request"] == "Verify Request")
        #expect(titles["account"] == "Account")
        for kind in ErrorPage.Kind.allCases { #expect(titles["error, \(kind)"] == "Error") }
        #expect(titles["not found"] == "Not Found")
    }

    @Test(
        "166: the body's class follows the colour scheme, which is auto when none is set",
        arguments: [
            ("auto", "auto"), ("dark", "dark"), ("light", "light"), ("", "auto"),
        ])
    func themeClass(scheme: String, expected: String) throws {
        let renderer = try Samples.decoratedRenderer(scheme: scheme)
        for page in Samples().pages(renderer) {
            #expect(try Markup(page.html).all("body").map { $0["class"] } == ["__next-auth-theme-\(expected)"])
        }
    }

    @Test("the scheme's colours apply: auto follows the browser, dark and light do not")
    func schemeRules() throws {
        let sheet = try Samples.plainRenderer().stylesheet
        let light = "--canvas:\(Palette.light.canvas)"
        let dark = "--canvas:\(Palette.dark.canvas)"
        let first = try #require(sheet.split(separator: "\n").first)
        let lines = sheet.split(separator: "\n").prefix(3)
        #expect(first.hasPrefix(".__next-auth-theme-auto,.__next-auth-theme-light{color-scheme:light;\(light)"))
        #expect(lines.last?.hasPrefix("@media (prefers-color-scheme:dark){.__next-auth-theme-auto{") == true)
        #expect(lines.last?.contains(dark) == true && lines.dropFirst().first?.contains(dark) == true)
        #expect(lines.dropFirst().first?.hasPrefix(".__next-auth-theme-dark{color-scheme:dark;") == true)
    }

    @Test("the theme's logo is shown with the site's name as its text, and is absent without one")
    func logo() throws {
        let with = try Markup(Samples.renderer().verifyRequest(VerifyRequestPage(site: Samples().site)))
        #expect(with.all("img").map { [$0["src"], $0["alt"]] } == [["https://img.example/logo.png", "Ada"]])
        let without = try Markup(Samples.plainRenderer().verifyRequest(VerifyRequestPage(site: Samples().site)))
        #expect(without.all("img").isEmpty)
    }

    @Test("every page has a language, a viewport that can be zoomed, one main part and one first heading in order")
    func landmarks() throws {
        let renderer = try Samples.renderer()
        for page in Samples().pages(renderer) {
            let markup = try Markup(page.html)
            #expect(markup.all("html").map { $0["lang"] } == ["en"], "\(page.name)")
            let viewport = markup.all("meta").first { $0["name"] == "viewport" }
            #expect(viewport?["content"] == "width=device-width, initial-scale=1", "\(page.name)")
            #expect(markup.all("main").count == 1, "\(page.name)")
            let levels = markup.elements.compactMap { $0.tag.first == "h" ? Int(String($0.tag.dropFirst())) : nil }
            #expect(levels.first == 1 && levels.filter { $0 == 1 }.count == 1, "\(page.name): \(levels)")
            #expect(zip(levels, levels.dropFirst()).allSatisfy { $1 <= $0 + 1 }, "\(page.name): \(levels)")
        }
    }

    @Test("ids are unique, references resolve, and every visible input has a label")
    func references() throws {
        let renderer = try Samples.renderer()
        for page in Samples().pages(renderer) {
            let markup = try Markup(page.html)
            let ids = markup.elements.compactMap { $0["id"] }
            #expect(Set(ids).count == ids.count, "\(page.name)")
            for element in markup.elements {
                for name in ["for", "aria-describedby", "aria-labelledby"] {
                    if let id = element[name] { #expect(ids.contains(id), "\(page.name): \(name)=\(id)") }
                }
            }
            for input in markup.all("input") where input["type"] != "hidden" {
                #expect(markup.all("label").contains { $0["for"] == input["id"] }, "\(page.name)")
            }
            for image in markup.all("img") { #expect(image["alt"] != nil, "\(page.name)") }
        }
    }

    @Test("every form is a POST with the CSRF token and a button that submits it; nothing else is a form's button")
    func forms() throws {
        let renderer = try Samples.renderer()
        for page in Samples(text: "csrf-9").pages(renderer) {
            let markup = try Markup(page.html)
            for (form, content) in markup.forms {
                #expect(form["method"] == "post", "\(page.name)")
                let tokens = content.filter { $0["name"] == "csrfToken" }
                #expect(tokens.map { $0["value"] } == ["csrf-9"], "\(page.name)")
                #expect(content.contains { $0.tag == "button" && $0["type"] == "submit" }, "\(page.name)")
            }
            let buttons = markup.forms.flatMap { $0.content.filter { $0.tag == "button" } }
            #expect(buttons.count == markup.all("button").count, "\(page.name)")
        }
    }

    @Test("the stylesheet keeps targets at 44 px, shows focus, and respects reduced motion")
    func rules() throws {
        let sheet = try Samples.plainRenderer().stylesheet
        for selector in ["input{", "button,.button{", ".onward a{"] {
            let start = try #require(sheet.firstRange(of: "\n" + selector)?.upperBound, "\(selector)")
            let rule = sheet[start...].prefix { $0 != "}" }
            #expect(rule.contains("min-height:44px"), "\(selector)")
        }
        #expect(sheet.contains(":focus-visible{outline:3px solid var(--focus)"))
        #expect(sheet.contains("@media (prefers-reduced-motion:reduce)"))
        #expect(!sheet.contains("outline:0") && !sheet.contains("outline:none"))
        let motion = sheet.split(separator: "\n").filter { $0.contains("transition:") && !$0.contains("none") }
        #expect(motion.allSatisfy { $0.hasPrefix("@media (prefers-reduced-motion:no-preference)") })
    }

    @Test("every colour that the rules use is defined")
    func variables() throws {
        let sheet = try Samples.plainRenderer().stylesheet
        let used = Set(sheet.matches(of: /var\((--[a-z-]+)\)/).map { String($0.1) })
        let defined = Set(sheet.matches(of: /[{;](--[a-z-]+):/).map { String($0.1) })
        #expect(used.subtracting(defined).isEmpty)
        #expect(used.count > 15)
    }
}
