/// Lays JSON text out over lines for people to read. It moves white space between tokens and changes nothing else;
/// text that is no JSON comes out with odd line breaks, never with other characters.
enum JSONLayout {
    /// The text with one member or element a line, indented by two spaces.
    static func indented(_ json: String) -> String {
        var lines = ""
        var depth = 0
        var isInString = false
        var isEscaped = false
        var previous: Unicode.Scalar = " "
        for scalar in json.unicodeScalars {
            if isInString {
                lines.unicodeScalars.append(scalar)
                isInString = isEscaped || scalar != "\""
                isEscaped = !isEscaped && scalar == "\\"
                if !isInString { previous = scalar }
                continue
            }
            if scalar == " " || scalar == "\n" || scalar == "\r" || scalar == "\t" { continue }
            if scalar == "}" || scalar == "]" {
                depth = max(0, depth - 1)
                if previous != "{" && previous != "[" { lines += line(depth) }
            } else if previous == "{" || previous == "[" || previous == "," {
                lines += line(depth)
            }
            lines.unicodeScalars.append(scalar)
            if scalar == ":" { lines += " " }
            if scalar == "{" || scalar == "[" { depth = min(depth + 1, 64) }
            isInString = scalar == "\""
            previous = scalar
        }
        return lines
    }

    private static func line(_ depth: Int) -> String {
        "\n" + String(repeating: "  ", count: depth)
    }
}
