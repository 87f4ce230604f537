import JSON
import Testing

func parse(_ text: String, nesting: Int = JSONValue.defaultNesting) throws -> JSONValue {
    try JSONValue(parsing: Array(text.utf8), nesting: nesting)
}

func refusal(_ bytes: [UInt8], nesting: Int = JSONValue.defaultNesting) -> JSONError.Code? {
    do throws(JSONError) {
        _ = try JSONValue(parsing: bytes, nesting: nesting)
        return nil
    } catch {
        return error.code
    }
}

func refusal(_ text: String, nesting: Int = JSONValue.defaultNesting) -> JSONError.Code? {
    refusal(Array(text.utf8), nesting: nesting)
}

@Suite("JSON: reading")
struct JSONParserTests {
    @Test("an object keeps its members in order")
    func order() throws {
        let object = try JSONObject(parsing: Array(#"{"b":1,"a":[true,null,"x"],"":{}}"#.utf8))
        #expect(object.members.map(\.name) == ["b", "a", ""])
        #expect(object["a"] == [true, nil, "x"])
        #expect(object[""] == [:])
    }

    @Test(
        "values of every kind",
        arguments: [
            ("null", nil), ("true", true), ("false", false), ("0", 0), ("-0", 0), ("-1", -1), ("\"\"", ""), ("[]", []),
            ("{}", [:]),
            ("1.5", 1.5), ("1e2", .number(100)), ("1E+2", .number(100)), ("-1.25e-2", -0.0125), (" \n\r\t1 \n", 1),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .number(9_223_372_036_854_775_808)),
            ("-9223372036854775809", .number(-9_223_372_036_854_775_808)),
            ("100000000000000000000", .number(1e20)), ("1.0", .number(1)), ("[1,[2,[3]]]", [1, [2, [3]]]),
            ("{\"a\":{\"b\":[{}]}}", ["a": ["b": [[:]]]]),
        ] as [(String, JSONValue)])
    func values(text: String, expected: JSONValue) throws {
        #expect(try parse(text) == expected)
    }

    @Test(
        "what RFC 8259 does not allow is refused",
        arguments: [
            "", " ", "nul", "nulll", "True", "01", "-", "-a", "+1", "1.", ".5", "1.e1", "1e", "1e+", "0x1", "NaN",
            "Infinity", "[", "]",
            "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{", "}", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}",
            "{a:1}", "{1:1}",
            "{\"a\" 1}", "{,}", "\"", "\"a", "'a'", "\"\\x\"", "\"\\", "\"\\u", "\"\\u12\"", "\"\\u123g\"",
            "\"\\U0041\"", "\"\u{1}\"",
            "\"\n\"", "\"\t\"", "1 1", "{}{}", "[]x", "\u{FEFF}1", "1\u{A0}", "/**/1", "1//", "1\u{0}", "\u{0}",
            "tru\u{0}",
        ])
    func syntax(text: String) {
        #expect(refusal(text) == .syntax)
    }

    @Test(
        "texts with escapes",
        arguments: [
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u0041\u00e9\u20AC""#, "Aé€"),
            (#""\ud83d\ude00""#, "😀"),
            (#""\u0000""#, "\u{0}"), (#""a\u0020b""#, "a b"), (#""\uFFFF""#, "\u{FFFF}"),
            (#""\uDBFF\uDFFF""#, "\u{10FFFF}"),
            ("\"é€😀\"", "é€😀"), ("\"é\\n€\"", "é\n€"), ("\"\u{7F}\"", "\u{7F}"),
        ])
    func escapes(text: String, expected: String) throws {
        #expect(try parse(text).string.map { Array($0.utf8) } == Array(expected.utf8))
    }

    @Test(
        "unpaired surrogates are refused",
        arguments: [
            #""\ud800""#, #""\ud800x""#, #""\ud800\n""#, #""\ud800\u0041""#, #""\udc00""#, #""\ud800\ud800""#,
            #""\udfff\ud800""#,
        ])
    func surrogates(text: String) {
        #expect(refusal(text) == .encoding)
    }

    @Test(
        "bytes that are not UTF-8 are refused, in plain texts, in texts with escapes and in names",
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
            [0xE2, 0x82],
            [0xE2, 0x82, 0x41], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80],
            [0xF0, 0x8F, 0xBF, 0xBF],
            [0xF0, 0x9F, 0x98], [0xF0, 0x9F, 0x98, 0x41], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE],
            [0xFF],
        ] as [[UInt8]])
    func malformedUTF8(bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        #expect(refusal([quote] + bytes + [quote]) == .encoding)
        #expect(refusal([quote] + Array("ab\\n".utf8) + bytes + [quote]) == .encoding)
        #expect(refusal(Array("{\"".utf8) + bytes + Array("\":1}".utf8)) == .encoding)
    }

    @Test("every scalar value's UTF-8 at the edges of its ranges is read as it is")
    func scalars() throws {
        for value: UInt32 in [
            0x20, 0x7F, 0x80, 0x7FF, 0x800, 0xFFF, 0x1000, 0xCFFF, 0xD7FF, 0xE000, 0xFFFD, 0xFFFF, 0x10000, 0x3FFFF,
            0x40000, 0xFFFFF, 0x100000, 0x10FFFF,
        ] {
            let text = String(try #require(Unicode.Scalar(value)))
            #expect(try parse("\"\(text)\"").string?.unicodeScalars.first?.value == value)
        }
    }

    @Test("a repeated name is refused, among few and among many, plain or escaped")
    func duplicates() {
        #expect(refusal(#"{"a":1,"a":1}"#) == .duplicateMember)
        #expect(refusal(#"{"a":1,"\u0061":1}"#) == .duplicateMember)
        #expect(refusal(#"{"\u0061":1,"a":1}"#) == .duplicateMember)
        #expect(refusal(#"{"\u0061":1,"b":1,"\u0061":1}"#) == .duplicateMember)
        #expect(refusal(#"{"x":{"a":1},"a":{"a":1}}"#) == nil)
        #expect(refusal(#"{"a":1,"A":1}"#) == nil)
        #expect(refusal("{\"\u{E9}\":1,\"e\u{301}\":1}") == nil)
        for count in [2, 5, 15, 16, 17, 40, 200] {
            for repeated in [0, count / 2, count - 1] {
                let members = (0..<count).map { "\"name\($0)\":\($0)" }
                #expect(refusal("{\(members.joined(separator: ","))}") == nil)
                #expect(
                    refusal("{\((members + ["\"name\(repeated)\":1"]).joined(separator: ","))}") == .duplicateMember)
                #expect(
                    refusal("{\((members + ["\"\\u006eame\(repeated)\":1"]).joined(separator: ","))}")
                        == .duplicateMember)
            }
        }
    }

    @Test("nesting is limited, and the limit is exact")
    func nesting() {
        for depth in [0, 1, 2, 32] {
            let arrays = String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth)
            let objects = String(repeating: "{\"a\":", count: depth) + "1" + String(repeating: "}", count: depth)
            for text in [arrays, objects] {
                #expect(refusal(text, nesting: depth) == nil)
                if depth > 0 { #expect(refusal(text, nesting: depth - 1) == .nesting) }
            }
        }
        #expect(refusal(String(repeating: "[", count: 1_000_000)) == .nesting)
        #expect(refusal("[[],[],[[]]]", nesting: 3) == nil)
    }

    @Test("numbers beyond a double are refused")
    func numbers() {
        #expect(refusal("1e309") == .number)
        #expect(refusal("-1e309") == .number)
        #expect(refusal(String(repeating: "9", count: 400)) == .number)
        #expect(refusal("1e-400") == nil)
    }

    @Test("only an object is an object", arguments: ["[]", "1", "null", "\"{}\""])
    func notObject(text: String) {
        #expect(throws: JSONError(code: .notAnObject, offset: 0)) { try JSONObject(parsing: Array(text.utf8)) }
    }

    @Test(
        "every truncation and every changed byte of a text is read or refused, and what is read is written so that it reads the same",
        arguments: 0..<4 as Range<UInt64>)
    func robustness(seed: UInt64) throws {
        let text = Array(
            #"{"name":"Ada \u00e9 \ud83d\ude00 é😀","n":[-1.5e3,0,12345678901234567890],"o":{"t":true,"f":null}}"#.utf8)
        for count in 0..<text.count { #expect(refusal(Array(text.prefix(count))) != nil) }
        var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
        for index in text.indices {
            for _ in 0..<40 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                var changed = text
                changed[index] = UInt8(truncatingIfNeeded: state >> 33)
                guard let value = try? JSONValue(parsing: changed) else { continue }
                // Not the same value always: 1.0 is written as 1, which is read as an integer.
                #expect(try JSONValue(parsing: value.serialized()).serialized() == value.serialized())
            }
        }
    }
}
