import Mustache

/// The built-in templates, embedded in the program, parsed and checked once.
struct PageTemplates: Sendable {
    /// The templates' names.
    enum Name: String, CaseIterable, Sendable {
        case shell
        case signIn = "sign-in"
        case signOut = "sign-out"
        case verifyRequest = "verify-request"
        case message
        case account
        case demo
        case followLink = "follow-link"
        case mailbox
        case mail

        /// The text of the file `Templates/{name}.mustache`.
        var source: String {
            let bytes =
                switch self {
                case .shell: PackageResources.shell_mustache
                case .signIn: PackageResources.sign_in_mustache
                case .signOut: PackageResources.sign_out_mustache
                case .verifyRequest: PackageResources.verify_request_mustache
                case .message: PackageResources.message_mustache
                case .account: PackageResources.account_mustache
                case .demo: PackageResources.demo_mustache
                case .followLink: PackageResources.follow_link_mustache
                case .mailbox: PackageResources.mailbox_mustache
                case .mail: PackageResources.mail_mustache
                }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    private let library: MustacheLibrary
    private let parsed: [Name: MustacheTemplate]

    /// Parses and checks the given sources; those of the program unless a test gives others.
    init(source: (Name) -> String = { $0.source }) throws(PagesError) {
        MustacheContentTypes.register(MarkupContentType(), named: MarkupContentType.name)
        var library = MustacheLibrary()
        var parsed: [Name: MustacheTemplate] = [:]
        for name in Name.allCases {
            let text = source(name)
            try Self.check(text, of: name)
            do {
                let template = try MustacheTemplate(string: text)
                library.register(template, named: name.rawValue)
                parsed[name] = template
            } catch {
                throw Self.invalid(name, "does not parse: \(error)")
            }
        }
        self.library = library
        self.parsed = parsed
    }

    /// The rendered page. A tag names a stored property of `view` or of a view within it.
    func render(_ view: some Sendable, with name: Name) -> String {
        guard let template = parsed[name] else { preconditionFailure("every template is parsed at start-up") }
        return template.render(ViewFields(of: view), library: library)
    }

    /// What the parser does not see: that the file escapes our way, inserts nothing unescaped but the stylesheet,
    /// and names only templates that exist.
    private static func check(_ text: String, of name: Name) throws(PagesError) {
        guard text.utf8.starts(with: MarkupContentType.pragma.utf8) else {
            throw invalid(name, "does not begin with \(MarkupContentType.pragma)")
        }
        for tag in TemplateTags(text) {
            switch tag.kind {
            case .unescaped where !(name == .shell && tag.name == "stylesheet"):
                throw invalid(name, "inserts \(tag.name) without escaping")
            case .partial where Name(rawValue: tag.name) == nil:
                throw invalid(name, "names the unknown template \(tag.name)")
            case .pragma where tag.name != "CONTENT_TYPE: \(MarkupContentType.name)", .delimiters:
                throw invalid(name, "changes how the file is read")
            case .variable, .unescaped, .partial, .section, .comment, .pragma:
                continue
            }
        }
    }

    private static func invalid(_ name: Name, _ problem: String) -> PagesError {
        PagesError(code: .templateInvalid, message: "the template \(name.rawValue) \(problem)")
    }
}
