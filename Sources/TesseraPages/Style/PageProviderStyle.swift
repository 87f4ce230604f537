/// How the sign-in button of one provider looks (contract 6.4, the provider's `style`).
package struct PageProviderStyle: Sendable, Equatable {
    /// The provider's id, as the sign-in page's model gives it.
    package var providerID: String
    /// Absolute http or https URL of a logo; anything else is not shown, and no other site is asked for one.
    package var logo: String
    /// Background, `#rgb` or `#rrggbb`; empty for the page's own.
    package var background: String
    /// Text. Replaced by black or white where it would be hard to read on ``background``.
    package var text: String
    /// Background in the dark scheme; empty for ``background``.
    package var darkBackground: String
    /// Text in the dark scheme; empty for ``text``.
    package var darkText: String

    /// A style; all but the id may be left empty.
    package init(
        providerID: String, logo: String = "", background: String = "", text: String = "",
        darkBackground: String = "", darkText: String = ""
    ) {
        self.providerID = providerID
        self.logo = logo
        self.background = background
        self.text = text
        self.darkBackground = darkBackground
        self.darkText = darkText
    }
}

/// A provider's style after its check: colours that can be read, under a class name of our own.
struct CheckedProviderStyle: Sendable {
    /// Colours of a button in one scheme; nil for the page's own.
    struct Colors: Sendable, Equatable {
        let background: HexColor
        let text: HexColor
    }

    /// Counted, never the provider's id, which may hold any character.
    let className: String
    let logo: ImageURL?
    let light: Colors?
    let dark: Colors?

    init(_ style: PageProviderStyle, number: Int) throws(PagesError) {
        className = "p\(number)"
        logo = ImageURL(style.logo)
        let background = try Self.color(style.background, of: style)
        let text = try Self.color(style.text, of: style)
        let darkBackground = try Self.color(style.darkBackground, of: style) ?? background
        let darkText = try Self.color(style.darkText, of: style) ?? text
        light = Self.readable(background: background, text: text)
        dark = Self.readable(background: darkBackground, text: darkText)
    }

    private static func readable(background: HexColor?, text: HexColor?) -> Colors? {
        guard let background else { return nil }
        if let text, text.contrast(with: background) >= HexColor.textContrast {
            return Colors(background: background, text: text)
        }
        return Colors(background: background, text: background.readableText)
    }

    private static func color(_ text: String, of style: PageProviderStyle) throws(PagesError) -> HexColor? {
        if text.isEmpty { return nil }
        guard let color = HexColor(text) else {
            throw PagesError(
                code: .providerStyleInvalid,
                message: "a colour of the provider \(style.providerID) is not like #1a2b3c or #abc")
        }
        return color
    }
}
