import Testing

@testable import TesseraPages

@Suite("E-mails with sign-in links")
struct LinkMailTests {
    private let mail = LinkMail(
        link: "https://app.example/api/auth/callback/email?token=abc&email=a%40b.c", host: "app.example",
        recipient: "a@b.c", lifetime: 86_400)

    @Test("The built-in message has the link in both parts, in the theme's colours")
    func standard() throws {
        let renderer = try PageRenderer(theme: PageTheme(brandColor: "#346df1", buttonText: "#fff"))
        let message = renderer.linkMail(mail)
        #expect(message.subject == "Sign in to app.example")
        #expect(message.text.hasPrefix("Sign in to app.example\n\(mail.link)\n"))
        #expect(
            message.html.contains("href=\"https://app.example/api/auth/callback/email?token=abc&amp;email=a%40b.c\""))
        #expect(message.html.contains("background:#346df1;color:#ffffff"))
        #expect(message.html.contains("works once, for 24 hours"))
        // Broken up, so that mail programs make no link of it.
        #expect(message.html.contains("app\u{200B}.\u{200B}example"))
        #expect(message.html.hasPrefix("<!DOCTYPE html>"))
    }

    @Test("Nothing of the recipient or the host becomes markup, and a link that is none becomes #")
    func hostile() throws {
        let hostile = LinkMail(
            link: "javascript:alert(1)", host: "<b>\"x", recipient: "\"><script>@b.c", lifetime: 60)
        let html = try PageRenderer().linkMail(hostile).html
        #expect(!html.contains("<script>") && !html.contains("<b>"))
        #expect(html.contains("href=\"#\""))
        #expect(html.contains("1 minute"))
    }

    @Test(
        "Lifetimes are told in words",
        arguments: [
            (90, "1 minute"), (900, "15 minutes"), (7200, "2 hours"),
            (86_400, "24 hours"), (172_800, "2 days"),
        ])
    func lifetimes(seconds: Int64, text: String) {
        #expect(LinkMail(link: "", host: "", recipient: "", lifetime: seconds).lifetimeText == text)
    }

    @Test("An operator's templates take the place of the built-in ones, each by itself; HTML is escaped, text is not")
    func ownTemplates() throws {
        let renderer = try PageRenderer()
        let templates = try MailTemplates(
            MailTemplateSources(
                subject: "Hello {{recipient}}", text: "{{link}} for {{recipient}}",
                html: "<a href=\"{{link}}\">{{host}}, {{lifetime}}</a>"))
        let message = templates.render(mail, with: renderer)
        #expect(message.subject == "Hello a@b.c")
        #expect(message.text == "\(mail.link) for a@b.c")
        #expect(
            message.html
                == "<a href=\"https://app.example/api/auth/callback/email?token=abc&amp;email=a%40b.c\">"
                + "app.example, 24 hours</a>")
        let standard = try MailTemplates().render(mail, with: renderer)
        #expect(standard.subject == renderer.linkMail(mail).subject)
        #expect(standard.html == renderer.linkMail(mail).html)
    }

    @Test("A subject has one line")
    func oneLine() throws {
        let templates = try MailTemplates(MailTemplateSources(subject: "a\r\nBcc: x@y.z"))
        #expect(templates.render(mail, with: try PageRenderer()).subject == "a Bcc: x@y.z")
    }

    @Test(
        "A template without a link, or that does more than insert values, is refused",
        arguments: [
            "no link", "{{link}} {{{host}}}", "{{link}} {{&host}}", "{{link}} {{> shell}}",
            "{{link}} {{% CONTENT_TYPE: TEXT}}", "{{link}} {{#open}}",
        ])
    func refused(source: String) {
        #expect(throws: PagesError.self) { _ = try MailTemplates(MailTemplateSources(html: source)) }
        #expect(throws: PagesError.self) { _ = try MailTemplates(MailTemplateSources(text: source)) }
    }
}
