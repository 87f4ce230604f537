import JSON
import Testing

@Suite("JSON: values and writing")
struct JSONValueTests {
    @Test(
        "what is written",
        arguments: [
            (nil, "null"), (true, "true"), (-5, "-5"), (1.5, "1.5"), (.number(3), "3"), (.number(1e300), "1e+300"),
            ([], "[]"), ([1, "a"], "[1,\"a\"]"),
            ([:], "{}"), (["b": 1, "a": [:]], "{\"b\":1,\"a\":{}}"),
            ("\"\\/\n\r\t\u{8}\u{1F}\u{7F}é", "\"\\\"\\\\/\\n\\r\\t\\u0008\\u001f\u{7F}é\""),
            (.integer(.min), "-9223372036854775808"), ("\u{0}", "\"\\u0000\""),
        ] as [(JSONValue, String)])
    func written(value: JSONValue, expected: String) throws {
        #expect(value.description == expected)
        #expect(try parse(expected) == value || value == .number(3))
    }

    @Test("members are found, replaced in place, appended and removed")
    func members() {
        var object: JSONObject = ["a": 1, "b": 2]
        #expect(object["a"] == 1 && object["c"] == nil)
        object["a"] = 3
        object["c"] = nil
        object["d"] = 4
        object["b"] = nil
        #expect(object.members.map(\.name) == ["a", "d"])
        #expect(object == ["d": 4, "a": 3])
        #expect(object != ["d": 4, "a": 2])
        #expect(object != ["d": 4])
        #expect(object.count == 2 && !object.isEmpty && JSONObject().isEmpty)
        #expect(JSONObject([("x", 1), ("x", 2)]) == ["x": 2])
    }

    @Test("names and texts that are only canonically equivalent are different")
    func canonicalEquivalence() {
        let object: JSONObject = ["\u{E9}": 1, "\u{212A}": 2]
        #expect(object["\u{E9}"] == 1)
        #expect(object["e\u{301}"] == nil)
        #expect(object["K"] == nil)
        #expect(JSONValue.string("\u{E9}") != .string("e\u{301}"))
        #expect(JSONValue.string("K") == .string("K"))
    }

    @Test("values are taken for what they are")
    func access() {
        #expect(
            JSONValue.integer(5).number == 5 && JSONValue.number(5).integer == 5 && JSONValue.number(5.5).integer == nil
        )
        #expect(JSONValue.number(1e30).integer == nil)
        #expect(
            JSONValue.string("5").integer == nil && JSONValue.bool(true).integer == nil && JSONValue.null.number == nil)
        #expect(JSONValue.bool(true).bool == true && JSONValue.integer(1).bool == nil)
        #expect(
            JSONValue.array([1]).array == [1] && JSONValue.object([:]).array == nil
                && JSONValue.object(["a": 1]).object == ["a": 1])
        #expect(JSONValue.string("a").string == "a" && JSONValue.null.string == nil && JSONValue.null.object == nil)
        #expect(JSONValue.integer(1) != .number(1))
    }
}
