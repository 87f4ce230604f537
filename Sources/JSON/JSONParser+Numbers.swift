extension JSONParser {
    mutating func parseNumber() throws(JSONError) -> JSONValue {
        let start = position
        let isNegative = current == UInt8(ascii: "-")
        if isNegative { position += 1 }
        // Counted down, because the least integer has no positive counterpart.
        var negated: Int64? = 0
        if current == UInt8(ascii: "0") { position += 1 } else { negated = try parseDigits() }
        var isInteger = true
        if current == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            _ = try parseDigits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            isInteger = false
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            _ = try parseDigits()
        }
        if isInteger, let negated {
            if isNegative { return .integer(negated) }
            if negated != .min { return .integer(-negated) }
        }
        let literal = unsafe String(decoding: UnsafeBufferPointer(rebasing: text[start..<position]), as: UTF8.self)
        guard let value = Double(literal), value.isFinite else { throw failure(.number) }
        return .number(value)
    }

    /// One digit or more. The negative of what they say, or `nil` if 64 bits do not hold it.
    private mutating func parseDigits() throws(JSONError) -> Int64? {
        let start = position
        var negated: Int64 = 0
        var isTooLarge = false
        while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(current) {
            let product = negated.multipliedReportingOverflow(by: 10)
            let sum = product.partialValue.subtractingReportingOverflow(Int64(current - UInt8(ascii: "0")))
            isTooLarge = isTooLarge || product.overflow || sum.overflow
            negated = sum.partialValue
            position += 1
        }
        guard position > start else { throw failure(.syntax) }
        return isTooLarge ? nil : negated
    }
}
