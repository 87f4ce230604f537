/// The built-in pages (contract 6.4): from a value model to HTML.
///
/// Built once, at start-up, which parses and checks the templates, the theme and the providers' styles; after that
/// nothing can fail. Every text of a model is escaped, and every URL that is not http, https or within this origin
/// becomes `#`. The pages hold no script, no `style` attribute, and load nothing but the configured logos. Status and
/// headers are the caller's: `Content-Type: text/html; charset=utf-8`, no caching, and
/// ``contentSecurityPolicy(stylesheetSHA256Base64:)``.
package struct PageRenderer: Sendable {
    /// The exact content of the `style` element of every page, for the hash in the Content-Security-Policy.
    package let stylesheet: String
    /// The origins of the configured logos, sorted: what `img-src` has to allow.
    package let imageOrigins: [String]
    /// What is allowed but not advisable in the configuration, in words, for the operator.
    package let warnings: [String]

    private let templates: PageTemplates
    private let theme: CheckedTheme
    private let styles: [String: CheckedProviderStyle]

    /// Parses and checks all that the pages are made of.
    ///
    /// - Throws: ``PagesError``, with a code for what is wrong.
    package init(theme: PageTheme = PageTheme(), providerStyles: [PageProviderStyle] = []) throws(PagesError) {
        try self.init(theme: theme, providerStyles: providerStyles, templates: PageTemplates())
    }

    init(
        theme: PageTheme, providerStyles: [PageProviderStyle], templates: PageTemplates
    ) throws(PagesError) {
        self.templates = templates
        self.theme = try CheckedTheme(theme)
        var checked: [CheckedProviderStyle] = []
        var styles: [String: CheckedProviderStyle] = [:]
        for (number, style) in providerStyles.enumerated() {
            let one = try CheckedProviderStyle(style, number: number)
            guard styles.updateValue(one, forKey: style.providerID) == nil else {
                throw PagesError(
                    code: .providerStyleRepeated, message: "the provider \(style.providerID) has two styles")
            }
            checked.append(one)
        }
        self.styles = styles
        let sheet = Stylesheet(
            theme: self.theme, providers: checked,
            rules: String(decoding: PackageResources.pages_css, as: UTF8.self))
        stylesheet = sheet.text
        warnings = Self.warnings(about: self.theme, sheet: sheet)
        let images = checked.compactMap(\.logo) + [self.theme.logo].compactMap { $0 }
        imageOrigins = Set(images.map(\.origin)).sorted()
    }

    /// The value of `Content-Security-Policy` for these pages: nothing but this stylesheet and the configured logos.
    ///
    /// `form-action` is left open on purpose: browsers apply it to redirects after the POST as well, so it would have
    /// to name every provider's authorization server and every allowed callback URL.
    ///
    /// - Parameter stylesheetSHA256Base64: SHA-256 of ``stylesheet`` in UTF-8, base64 with padding.
    package func contentSecurityPolicy(stylesheetSHA256Base64 hash: String) -> String {
        let images = imageOrigins.isEmpty ? "" : "; img-src \(imageOrigins.joined(separator: " "))"
        return "default-src 'none'; style-src 'sha256-\(hash)'\(images); base-uri 'none'; frame-ancestors 'none'"
    }

    /// A style as checked; nil for a provider without one.
    func style(of providerID: String) -> CheckedProviderStyle? {
        styles[providerID]
    }

    /// Puts a page into the shell and renders it.
    func render(
        _ page: some Sendable, with template: PageTemplates.Name, title: String, site: PageSite, isWide: Bool = false
    ) -> String {
        let view = ShellView(
            title: title, stylesheet: stylesheet, themeClass: "__next-auth-theme-\(theme.colorScheme.rawValue)",
            logo: theme.logo?.text, siteName: site.host, isWide: isWide, page: page)
        return templates.render(view, with: template)
    }

    /// Renders a template that stands without the shell.
    func renderAlone(_ view: some Sendable, with template: PageTemplates.Name) -> String {
        templates.render(view, with: template)
    }

    /// The colours of the button in e-mails, which know no dark scheme that could be relied on.
    var mailButton: CheckedProviderStyle.Colors {
        guard let brand = theme.brandColor else {
            return .init(background: Palette.light.primary, text: theme.buttonText ?? Palette.light.primaryText)
        }
        return .init(background: brand, text: theme.buttonText ?? brand.readableText)
    }

    private static func warnings(about theme: CheckedTheme, sheet: Stylesheet) -> [String] {
        guard theme.buttonText != nil else { return [] }
        let colors = [Palette.light, Palette.dark].map { sheet.mainButton(on: $0) }
        let worst = colors.map { $0.text.contrast(with: $0.background) }.min() ?? 1
        guard worst < HexColor.textContrast else { return [] }
        let tenths = Int(worst * 10)
        return [
            "theme.buttonText is hard to read: its contrast is \(tenths / 10).\(tenths % 10), below 4.5 (WCAG 2.1 AA)"
        ]
    }
}

/// What `shell.mustache` shows around every page.
struct ShellView<Page: Sendable>: Sendable {
    let title: String
    let stylesheet: String
    let themeClass: String
    let logo: String?
    let siteName: String
    let isWide: Bool
    let page: Page
}
