extension HexColor {
    /// The least contrast of text with its background, WCAG 2.1 success criterion 1.4.3 (level AA).
    package static let textContrast = 4.5
    /// The least contrast of a control's edge or focus ring with what surrounds it, WCAG 2.1 criterion 1.4.11.
    package static let edgeContrast = 3.0

    /// Relative luminance, 0 (black) to 1 (white), as WCAG 2.1 defines it for sRGB.
    package var luminance: Double {
        0.2126 * Self.linear(red) + 0.7152 * Self.linear(green) + 0.0722 * Self.linear(blue)
    }

    /// The contrast ratio of two colours, 1 to 21 (WCAG 2.1), the same in both directions.
    package func contrast(with other: HexColor) -> Double {
        let lighter = max(luminance, other.luminance)
        let darker = min(luminance, other.luminance)
        return (lighter + 0.05) / (darker + 0.05)
    }

    /// Black or white, whichever is easier to read on this colour. The better of the two reaches at least 4.58,
    /// so it always satisfies ``textContrast``.
    package var readableText: HexColor {
        contrast(with: .white) >= contrast(with: .black) ? .white : .black
    }

    /// A channel without its gamma.
    private static func linear(_ channel: UInt8) -> Double {
        let value = Double(channel) / 255
        if value <= 0.04045 { return value / 12.92 }
        let base = (value + 0.055) / 1.055
        // base^2.4 = base^2 * (base^2)^(1/5); the root by Newton's method, because the C library's `pow`
        // would be this target's only reason to import one.
        let square = base * base
        var root = 1.0
        for _ in 0..<24 {
            let fourth = root * root * root * root
            root -= (fourth * root - square) / (5 * fourth)
        }
        return square * root
    }
}
