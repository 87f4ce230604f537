import JSON
import Testing

@Suite("JSON")
struct JSONParserTests {
    @Test("an object keeps its members in order")
    func order() throws {
        let object = try JSONObject(parsing: Array(#"{"b":1,"a":[true,null,"x"]}"#.utf8))
        #expect(object.members.map(\.name) == ["b", "a"])
    }
}
