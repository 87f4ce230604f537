import Mustache

/// An operator's own templates for the message with a sign-in link (Mustache); `nil` for the built-in ones.
///
/// Tags: `{{link}}`, `{{host}}`, `{{recipient}}`, `{{lifetime}}`. In the HTML template they are escaped; subject and text
/// take them as they are.
public struct MailTemplateSources: Sendable, Equatable {
    public var subject: String?
    public var text: String?
    public var html: String?

    public init(subject: String? = nil, text: String? = nil, html: String? = nil) {
        self.subject = subject
        self.text = text
        self.html = html
    }
}

/// The templates for the message with a sign-in link, parsed.
package struct MailTemplates: Sendable {
    private let subject: MustacheTemplate?
    private let text: MustacheTemplate?
    private let html: MustacheTemplate?

    /// Parses templates.
    ///
    /// - Throws: ``PagesError`` for one that cannot be parsed, or that has no `{{link}}`.
    package init(_ sources: MailTemplateSources = MailTemplateSources()) throws(PagesError) {
        MustacheContentTypes.register(MarkupContentType(), named: MarkupContentType.name)
        self.subject = try sources.subject.map { template throws(PagesError) in
            try Self.parse(template, "subject", pragma: "{{% CONTENT_TYPE: TEXT}}", needsLink: false)
        }
        self.text = try sources.text.map { template throws(PagesError) in
            try Self.parse(template, "text", pragma: "{{% CONTENT_TYPE: TEXT}}", needsLink: true)
        }
        self.html = try sources.html.map { template throws(PagesError) in
            try Self.parse(template, "html", pragma: MarkupContentType.pragma, needsLink: true)
        }
    }

    private static func parse(
        _ source: String, _ name: String, pragma: String, needsLink: Bool
    ) throws(PagesError) -> MustacheTemplate {
        let tags = Array(TemplateTags(source))
        func invalid(_ problem: String) -> PagesError {
            PagesError(code: .templateInvalid, message: "the \(name) template of e-mails \(problem)")
        }
        if needsLink, !tags.contains(where: { $0.kind == .variable && $0.name == "link" }) {
            throw invalid("has no {{link}}")
        }
        for tag in tags {
            switch tag.kind {
            case .unescaped, .pragma, .delimiters, .partial: throw invalid("may only insert values: not \(tag.name)")
            case .variable, .section, .comment: continue
            }
        }
        do {
            return try MustacheTemplate(string: "\(pragma)\n\(source)")
        } catch {
            throw invalid("does not parse: \(error)")
        }
    }

    /// The message, with what has no template taken from the built-in one.
    package func render(_ mail: LinkMail, with renderer: PageRenderer) -> (
        subject: String, text: String, html: String
    ) {
        let standard = renderer.linkMail(mail)
        let fields: [String: String] = [
            "link": mail.link, "host": mail.host, "recipient": mail.recipient, "lifetime": mail.lifetimeText,
        ]
        return (
            // A line end would begin another header.
            subject?.render(fields).split(whereSeparator: \.isNewline).joined(separator: " ") ?? standard.subject,
            text?.render(fields) ?? standard.text, html?.render(fields) ?? standard.html
        )
    }
}
