/// What can be wrong with the pages' configuration or templates. Found when the renderer is built, so at start-up;
/// rendering itself cannot fail.
package struct PagesError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Stable codes, for logs and for the configuration check.
    package enum Code: String, Sendable, CaseIterable {
        /// A built-in template does not parse, lacks its escaping line, or names an unknown template.
        case templateInvalid = "page_template_invalid"
        /// `theme.colorScheme` is none of `auto`, `dark`, `light`.
        case colorSchemeInvalid = "theme_color_scheme_invalid"
        /// `theme.brandColor` is not `#rgb` or `#rrggbb`.
        case brandColorInvalid = "theme_brand_color_invalid"
        /// `theme.buttonText` is not `#rgb` or `#rrggbb`.
        case buttonTextInvalid = "theme_button_text_invalid"
        /// `theme.logo` is not an absolute http or https URL.
        case logoInvalid = "theme_logo_invalid"
        /// A colour of a provider's style is not `#rgb` or `#rrggbb`.
        case providerStyleInvalid = "provider_style_invalid"
        /// Two styles were given for one provider id.
        case providerStyleRepeated = "provider_style_repeated"
    }

    /// The stable code.
    package let code: Code
    /// What is wrong, in words for the operator.
    package let message: String

    /// Code and message on one line.
    package var description: String { "\(code.rawValue): \(message)" }
}
