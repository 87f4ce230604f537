import JSON
import TesseraRuntime
import Testing

@testable import TesseraProviders

@Suite("The mapping language")
struct MappingTests {
    private func evaluate(
        _ expression: String, over profile: String = "{}", token: JSONObject = JSONObject(),
        claims: JSONObject = JSONObject(), parameters: [String: String] = [:]
    ) throws -> JSONValue? {
        let parsed = try Expression(try JSONValue(parsing: Array(expression.utf8)), at: "test")
        let sources = MappingSources(
            profile: try JSONValue(parsing: Array(profile.utf8)), token: token, claims: claims, parameters: parameters)
        return parsed.value(over: sources)
    }

    @Test(
        "A pointer leads into objects and arrays, undoes its escapes, and never fails",
        arguments: [
            ("/a/b", "{\"a\":{\"b\":1}}", 1), ("/a/1", "{\"a\":[1,2]}", 2), ("/a/01", "{\"a\":[1,2]}", nil),
            ("/a/-", "{\"a\":[1,2]}", nil), ("/a/2", "{\"a\":[1,2]}", nil), ("/x~0y", "{\"x~y\":3}", 3),
            ("/x~1y", "{\"x/y\":4}", 4), ("/", "{\"\":5}", 5), ("/a/b/c", "{\"a\":{\"b\":1}}", nil),
            ("/a", "{\"a\":null}", nil), ("/a/+1", "{\"a\":[1,2]}", nil),
        ] as [(String, String, Int64?)])
    func pointers(pointer: String, document: String, value: Int64?) throws {
        #expect(try evaluate("\"\(pointer)\"", over: document) == value.map(JSONValue.integer))
    }

    @Test("The empty pointer is the whole document; prefixes choose the token response or the claims")
    func sources() throws {
        #expect(try evaluate("\"\"", over: "[1]") == [1])
        #expect(try evaluate("\"token:/email\"", token: ["email": "t"]) == "t")
        #expect(try evaluate("\"claims:/tid\"", claims: ["tid": "c"]) == "c")
    }

    @Test("Constants, first and firstNonEmpty")
    func choices() throws {
        #expect(try evaluate("{\"const\": null}") == nil)
        #expect(try evaluate("{\"const\": false}") == false)
        #expect(try evaluate("{\"first\": [\"/a\", \"/b\"]}", over: "{\"a\":null,\"b\":\"\"}") == "")
        #expect(try evaluate("{\"firstNonEmpty\": [\"/a\", \"/b\", \"/c\"]}", over: "{\"b\":\"\",\"c\":\"x\"}") == "x")
        #expect(try evaluate("{\"first\": [\"/a\"]}") == nil)
    }

    @Test("Joined are the parts that are not empty; without any it is null")
    func join() throws {
        let name = "{\"join\": \" \", \"parts\": [\"/first\", \"/last\"]}"
        #expect(try evaluate(name, over: "{\"first\":\"Ada\",\"last\":\"Lovelace\"}") == "Ada Lovelace")
        #expect(try evaluate(name, over: "{\"first\":\"\",\"last\":\"Lovelace\"}") == "Lovelace")
        #expect(try evaluate(name, over: "{\"first\":null}") == nil)
        #expect(try evaluate(name, over: "{\"first\":{},\"last\":7}") == "7")
    }

    @Test("A template is null as soon as one reference is; without a slash it is a parameter")
    func template() throws {
        let image = "{\"template\": \"https://{host}/{/id}.png\"}"
        #expect(try evaluate(image, over: "{\"id\":9}", parameters: ["host": "h"]) == "https://h/9.png")
        #expect(try evaluate(image, over: "{}", parameters: ["host": "h"]) == nil)
        #expect(try evaluate(image, over: "{\"id\":9}") == nil)
    }

    @Test("The element that matches, or what is to be taken otherwise")
    func select() throws {
        func select(_ otherwise: String, _ document: String) throws -> JSONValue? {
            try evaluate(
                """
                {"select": {"from": "/m", "where": {"/p": true, "/k/t": "w"}, "value": "/e", "otherwise": "\(otherwise)"}}
                """, over: document)
        }
        let match = "{\"m\":[{\"e\":1,\"p\":true},{\"e\":2,\"p\":true,\"k\":{\"t\":\"w\"}}]}"
        #expect(try select("null", match) == 2)
        #expect(try select("first", "{\"m\":[{\"e\":1},{\"e\":2}]}") == 1)
        #expect(try select("null", "{\"m\":[{\"e\":1}]}") == nil)
        #expect(try select("first", "{\"m\":[]}") == nil)
        #expect(try select("first", "{\"m\":{\"e\":1}}") == nil)
    }

    @Test(
        "Conditions",
        arguments: [
            ("\"x\"", true), ("\"\"", false), ("0", false), ("0.0", false), ("false", false), ("null", false),
            ("[]", true),
            ("1", true),
        ])
    func conditions(value: String, isTruthy: Bool) throws {
        let expression = "{\"when\": {\"truthy\": \"/a\"}, \"then\": {\"const\": 1}, \"else\": {\"const\": 2}}"
        #expect(try evaluate(expression, over: "{\"a\":\(value)}") == (isTruthy ? 1 : 2))
        let negated = "{\"when\": {\"not\": {\"truthy\": \"/a\"}}, \"then\": {\"const\": 1}, \"else\": {\"const\": 2}}"
        #expect(try evaluate(negated, over: "{\"a\":\(value)}") == (isTruthy ? 2 : 1))
    }

    @Test("startsWith compares texts only")
    func startsWith() throws {
        let expression =
            "{\"when\": {\"startsWith\": [\"/a\", \"a_\"]}, \"then\": {\"const\": 1}, \"else\": {\"const\": 2}}"
        #expect(try evaluate(expression, over: "{\"a\":\"a_b\"}") == 1)
        #expect(try evaluate(expression, over: "{\"a\":\"A_b\"}") == 2)
        #expect(try evaluate(expression, over: "{\"a\":5}") == 2)
    }

    @Test(
        "Numbers become text without exponent or trailing .0, also beyond 2^53",
        arguments: [
            ("9007199254740993", "9007199254740993"), ("9223372036854775807", "9223372036854775807"), ("-5", "-5"),
            ("1.0", "1"), ("1e3", "1000"), ("1.5", "1.5"), ("1e21", "1000000000000000000000"),
            ("-2.5e-7", "-0.00000025"),
            ("1.25e20", "125000000000000000000"),
        ])
    func numbers(json: String, text: String) throws {
        #expect(try JSONValue(parsing: Array(json.utf8)).mappedText == text)
        #expect(try evaluate("{\"template\": \"{/n}\"}", over: "{\"n\":\(json)}") == .string(text))
    }

    @Test("Without an id there is no user; the e-mail address becomes lower case, the rest may be missing")
    func user() throws {
        let mapping = try #require(try ProviderTable.entry("spotify")?.profile)
        let whole = MappingSources(profile: ["id": 5, "display_name": "A", "email": "A@Example.COM"])
        let user = try mapping.user(over: whole)
        #expect(user.id == "5" && user.name == "A" && user.email == "a@example.com" && user.image == nil)
        for profile in [["display_name": "A"], ["id": nil], ["id": ""], ["id": []]] as [JSONValue] {
            let error = #expect(throws: ProvidersError.self) {
                try mapping.user(over: MappingSources(profile: profile))
            }
            #expect(error?.code == .profile)
        }
    }
}
