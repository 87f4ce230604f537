/// The colours of one scheme. The stylesheet is written from these values, and a test computes their contrasts.
struct Palette: Sendable {
    /// Behind the card.
    let canvas: HexColor
    /// The card, and the background of fields.
    let card: HexColor
    /// A quiet panel on the card: code, the user's line, the current session.
    let panel: HexColor
    /// Text.
    let text: HexColor
    /// Text of lesser weight.
    let muted: HexColor
    /// Lines that only divide; nothing depends on seeing them.
    let line: HexColor
    /// Edges of fields and of plain buttons.
    let edge: HexColor
    /// Links.
    let link: HexColor
    /// The focus ring.
    let focus: HexColor
    /// Main buttons.
    let primary: HexColor
    /// Text on ``primary``.
    let primaryText: HexColor
    /// The text of buttons that end sessions.
    let danger: HexColor
    /// Background of an error.
    let problemPanel: HexColor
    /// Text of an error.
    let problemText: HexColor
    /// Background of a notice that something was done, and of the badge.
    let donePanel: HexColor
    /// Text of such a notice.
    let doneText: HexColor

    /// Dark text on light.
    static let light = Palette(
        canvas: 0xf3f4f7, card: 0xffffff, panel: 0xf6f7f9, text: 0x1b1f27, muted: 0x575f6e, line: 0xdde1e8,
        edge: 0x818a9b, link: 0x2347a8, focus: 0x2f5fdd, primary: 0x26479e, primaryText: 0xffffff,
        danger: 0xa3231b, problemPanel: 0xfdeeec, problemText: 0x8a1c15, donePanel: 0xe7f4ec, doneText: 0x175233)

    /// Light text on dark.
    static let dark = Palette(
        canvas: 0x101318, card: 0x191d24, panel: 0x20252e, text: 0xe9ebf0, muted: 0xa9b1bf, line: 0x303743,
        edge: 0x6f7888, link: 0x9dbaff, focus: 0x8fb0ff, primary: 0x9dbaff, primaryText: 0x0e1730,
        danger: 0xffaba1, problemPanel: 0x3b1d1d, problemText: 0xffc4bc, donePanel: 0x163023, doneText: 0xa9e3c1)

    private init(
        canvas: Int, card: Int, panel: Int, text: Int, muted: Int, line: Int, edge: Int, link: Int, focus: Int,
        primary: Int, primaryText: Int, danger: Int, problemPanel: Int, problemText: Int, donePanel: Int, doneText: Int
    ) {
        self.canvas = Self.color(canvas)
        self.card = Self.color(card)
        self.panel = Self.color(panel)
        self.text = Self.color(text)
        self.muted = Self.color(muted)
        self.line = Self.color(line)
        self.edge = Self.color(edge)
        self.link = Self.color(link)
        self.focus = Self.color(focus)
        self.primary = Self.color(primary)
        self.primaryText = Self.color(primaryText)
        self.danger = Self.color(danger)
        self.problemPanel = Self.color(problemPanel)
        self.problemText = Self.color(problemText)
        self.donePanel = Self.color(donePanel)
        self.doneText = Self.color(doneText)
    }

    private static func color(_ number: Int) -> HexColor {
        HexColor(
            red: UInt8(truncatingIfNeeded: number >> 16), green: UInt8(truncatingIfNeeded: number >> 8),
            blue: UInt8(truncatingIfNeeded: number))
    }
}
