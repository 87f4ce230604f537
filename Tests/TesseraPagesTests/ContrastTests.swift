import Foundation
import Testing

@testable import TesseraPages

@Suite("Colours can be read in both schemes (WCAG 2.1 AA)")
struct ContrastTests {
    static let palettes = [("light", Palette.light), ("dark", Palette.dark)]

    @Test("text on each background reaches 4.5, edges and the focus ring 3", arguments: palettes)
    func palette(name: String, palette: Palette) {
        let texts: [(String, HexColor, HexColor)] = [
            ("text on card", palette.text, palette.card), ("text on canvas", palette.text, palette.canvas),
            ("text on panel", palette.text, palette.panel), ("muted on card", palette.muted, palette.card),
            ("muted on panel", palette.muted, palette.panel), ("link on card", palette.link, palette.card),
            ("danger on card", palette.danger, palette.card),
            ("primary text on primary", palette.primaryText, palette.primary),
            ("problem", palette.problemText, palette.problemPanel), ("done", palette.doneText, palette.donePanel),
        ]
        for (pair, text, background) in texts {
            let ratio = text.contrast(with: background)
            #expect(ratio >= HexColor.textContrast, "\(name), \(pair): \(ratio)")
        }
        let edges: [(String, HexColor, HexColor)] = [
            ("edge on card", palette.edge, palette.card), ("focus on card", palette.focus, palette.card),
            ("focus on panel", palette.focus, palette.panel), ("primary on card", palette.primary, palette.card),
            ("invalid edge on card", palette.problemText, palette.card), ("link from text", palette.link, palette.card),
        ]
        for (pair, edge, background) in edges {
            let ratio = edge.contrast(with: background)
            #expect(ratio >= HexColor.edgeContrast, "\(name), \(pair): \(ratio)")
        }
    }

    @Test("contrast is the standard's: known ratios, and luminance against the C library's pow")
    func formula() {
        #expect(abs(HexColor.black.contrast(with: .white) - 21) < 1e-9)
        #expect(abs(HexColor.white.contrast(with: .white) - 1) < 1e-9)
        #expect(abs((HexColor("#777")?.contrast(with: .white) ?? 0) - 4.478) < 0.001)
        #expect(abs((HexColor("#767676")?.contrast(with: .white) ?? 0) - 4.542) < 0.001)
        for level in UInt8.min...UInt8.max {
            let value = Double(level) / 255
            let linear = value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
            #expect(abs(HexColor(red: level, green: level, blue: level).luminance - linear) < 1e-12, "\(level)")
        }
        #expect(abs(HexColor(red: 255, green: 0, blue: 0).luminance - 0.2126) < 1e-12)
        #expect(abs(HexColor(red: 0, green: 255, blue: 0).luminance - 0.7152) < 1e-12)
    }

    @Test("black or white is readable on every brand colour")
    func readableText() {
        for red in stride(from: 0, through: 255, by: 15) {
            for green in stride(from: 0, through: 255, by: 15) {
                for blue in stride(from: 0, through: 255, by: 15) {
                    let color = HexColor(red: UInt8(red), green: UInt8(green), blue: UInt8(blue))
                    #expect(color.readableText.contrast(with: color) >= HexColor.textContrast, "\(color)")
                }
            }
        }
    }

    @Test(
        "a brand colour brings readable text and an edge that can be seen, in the stylesheet itself",
        arguments: ["#ffffff", "#000", "#ffd400", "#7c3aed", "#181c22", "#f7f7f7", "#808080"])
    func brand(color: String) throws {
        let sheet = try PageRenderer(theme: PageTheme(brandColor: color)).stylesheet
        let blocks = try [
            #require(sheet.firstMatch(of: /\.__next-auth-theme-light\{([^}]*)\}/)).1,
            #require(sheet.firstMatch(of: /\.__next-auth-theme-dark\{([^}]*)\}/)).1,
        ]
        for block in blocks {
            let values = Dictionary(
                uniqueKeysWithValues: block.split(separator: ";").map { pair in
                    let parts = pair.split(separator: ":")
                    return (String(parts[0]), String(parts[1]))
                })
            let main = try #require(HexColor(values["--main"] ?? ""))
            let text = try #require(HexColor(values["--main-text"] ?? ""))
            let edge = try #require(HexColor(values["--main-edge"] ?? ""))
            let card = try #require(HexColor(values["--card"] ?? ""))
            #expect(main == HexColor(color))
            #expect(text.contrast(with: main) >= HexColor.textContrast)
            #expect(edge.contrast(with: card) >= HexColor.edgeContrast)
        }
    }

    @Test("a configured buttonText is kept, and one that is hard to read gets a warning")
    func buttonText() throws {
        let poor = try PageRenderer(theme: PageTheme(brandColor: "#ffd400", buttonText: "#fff"))
        #expect(poor.stylesheet.contains("--main:#ffd400;--main-text:#ffffff"))
        #expect(poor.warnings.count == 1)
        #expect(poor.warnings.first?.contains("1.4") == true)
        let good = try PageRenderer(theme: PageTheme(brandColor: "#123", buttonText: "#fff"))
        #expect(good.warnings.isEmpty)
        #expect(try Samples.plainRenderer().warnings.isEmpty)
    }

    @Test("a provider's colours are kept where they can be read, and otherwise its text is replaced")
    func providerColors() throws {
        let sheet = try PageRenderer(providerStyles: [
            PageProviderStyle(providerID: "a", background: "#24292f", text: "#eee"),
            PageProviderStyle(providerID: "b", background: "#1ed760", text: "#fff", darkBackground: "#ffffff"),
            PageProviderStyle(providerID: "c", background: "#fff", text: "#000"),
            PageProviderStyle(providerID: "d"),
        ]).stylesheet
        #expect(sheet.contains(".p0{--button:#24292f;--button-text:#eeeeee;--button-edge:#24292f}"))
        #expect(sheet.contains(".p1{--button:#1ed760;--button-text:#000000;--button-edge:\(Palette.light.edge)}"))
        #expect(sheet.contains(".__next-auth-theme-dark .p1{--button:#ffffff;--button-text:#000000;"))
        #expect(sheet.contains(".p2{--button:#ffffff;--button-text:#000000;--button-edge:\(Palette.light.edge)}"))
        #expect(
            sheet.contains(".__next-auth-theme-dark .p2{--button:#ffffff;--button-text:#000000;--button-edge:#ffffff}"))
        #expect(!sheet.contains(".p3"))
    }
}
