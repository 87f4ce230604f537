/// Writes the one inline stylesheet of all pages: colours computed from palette, theme and provider styles, then the
/// rules of `pages.css`. It is the same text on every page and in every answer, so one hash covers it in the
/// Content-Security-Policy, and no page needs a `style` attribute.
struct Stylesheet {
    let theme: CheckedTheme
    let providers: [CheckedProviderStyle]
    let rules: String

    /// The content of the `style` element.
    var text: String {
        let light = declarations(.light, scheme: "light")
        let dark = declarations(.dark, scheme: "dark")
        var sheet = ".__next-auth-theme-auto,.__next-auth-theme-light{\(light)}\n"
        sheet += ".__next-auth-theme-dark{\(dark)}\n"
        sheet += "@media (prefers-color-scheme:dark){.__next-auth-theme-auto{\(dark)}}\n"
        sheet += rules
        for provider in providers {
            let name = provider.className
            if let light = provider.light {
                sheet += ".\(name){\(button(light, on: .light))}\n"
            }
            if let dark = provider.dark {
                let colors = button(dark, on: .dark)
                sheet += ".__next-auth-theme-dark .\(name){\(colors)}\n"
                sheet += "@media (prefers-color-scheme:dark){.__next-auth-theme-auto .\(name){\(colors)}}\n"
            }
        }
        return sheet
    }

    /// The colours of the main buttons in one scheme: the theme's, otherwise the palette's.
    func mainButton(on palette: Palette) -> CheckedProviderStyle.Colors {
        guard let brand = theme.brandColor else {
            return .init(background: palette.primary, text: theme.buttonText ?? palette.primaryText)
        }
        return .init(background: brand, text: theme.buttonText ?? brand.readableText)
    }

    /// The edge of a button: its own colour where that stands out from the card, otherwise a line that does.
    static func edge(of background: HexColor, on palette: Palette) -> HexColor {
        background.contrast(with: palette.card) >= HexColor.edgeContrast ? background : palette.edge
    }

    private func button(_ colors: CheckedProviderStyle.Colors, on palette: Palette) -> String {
        "--button:\(colors.background);--button-text:\(colors.text);"
            + "--button-edge:\(Self.edge(of: colors.background, on: palette))"
    }

    private func declarations(_ palette: Palette, scheme: String) -> String {
        let main = mainButton(on: palette)
        let pairs: [(String, HexColor)] = [
            ("canvas", palette.canvas), ("card", palette.card), ("panel", palette.panel), ("text", palette.text),
            ("muted", palette.muted), ("line", palette.line), ("edge", palette.edge), ("link", palette.link),
            ("focus", palette.focus), ("danger", palette.danger), ("problem-panel", palette.problemPanel),
            ("problem-text", palette.problemText), ("done-panel", palette.donePanel), ("done-text", palette.doneText),
            ("main", main.background), ("main-text", main.text),
            ("main-edge", Self.edge(of: main.background, on: palette)),
        ]
        return "color-scheme:\(scheme);" + pairs.map { "--\($0.0):\($0.1)" }.joined(separator: ";")
    }
}
