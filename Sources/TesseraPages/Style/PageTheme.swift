/// How the pages look (contract 6.5). Plain configured text: ``PageRenderer`` checks it.
public struct PageTheme: Sendable, Equatable {
    /// `auto` (follows the browser), `dark` or `light`.
    public var colorScheme: String
    /// The accent of the main buttons, `#rgb` or `#rrggbb`; empty for the built-in one.
    public var brandColor: String
    /// The text on ``brandColor``; empty for black or white, whichever is easier to read.
    public var buttonText: String
    /// The absolute http or https URL of an image shown above the heading; empty for none.
    public var logo: String

    /// A theme; the defaults are those of the contract.
    public init(colorScheme: String = "auto", brandColor: String = "", buttonText: String = "", logo: String = "") {
        self.colorScheme = colorScheme
        self.brandColor = brandColor
        self.buttonText = buttonText
        self.logo = logo
    }
}

/// A theme whose every value has been checked.
struct CheckedTheme: Sendable {
    /// What the pages may look like.
    enum ColorScheme: String, Sendable {
        case auto
        case dark
        case light
    }

    let colorScheme: ColorScheme
    let brandColor: HexColor?
    let buttonText: HexColor?
    let logo: ImageURL?

    init(_ theme: PageTheme) throws(PagesError) {
        let scheme = theme.colorScheme.isEmpty ? ColorScheme.auto : ColorScheme(rawValue: theme.colorScheme)
        guard let scheme else {
            throw PagesError(code: .colorSchemeInvalid, message: "theme.colorScheme must be auto, dark or light")
        }
        colorScheme = scheme
        brandColor = try Self.color(theme.brandColor, named: "theme.brandColor", code: .brandColorInvalid)
        buttonText = try Self.color(theme.buttonText, named: "theme.buttonText", code: .buttonTextInvalid)
        logo = theme.logo.isEmpty ? nil : ImageURL(theme.logo)
        guard logo != nil || theme.logo.isEmpty else {
            throw PagesError(code: .logoInvalid, message: "theme.logo must be an absolute http or https URL")
        }
    }

    private static func color(
        _ text: String, named name: String, code: PagesError.Code
    ) throws(PagesError) -> HexColor? {
        if text.isEmpty { return nil }
        guard let color = HexColor(text) else {
            throw PagesError(code: code, message: "\(name) must be a colour like #1a2b3c or #abc")
        }
        return color
    }
}
