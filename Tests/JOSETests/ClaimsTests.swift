import JOSE
import JSON
import Testing

@Suite("Claims")
struct ClaimsTests {
    private static func check(_ text: String, _ policy: JWTClaimsPolicy = JWTClaimsPolicy(), now: Int64 = 1000)
        -> JOSEError.Code?
    {
        code { try policy.claims(from: utf8(text), now: now) }
    }

    @Test(
        "exp and nbf with a tolerance of 15 s, as the contract's 3.2 has it",
        arguments: [
            (#"{"exp":986}"#, nil), (#"{"exp":985}"#, JOSEError.Code.tokenExpired), (#"{"exp":985.5}"#, nil),
            (#"{"exp":9e18}"#, nil), (#"{"exp":1e300}"#, nil), (#"{"exp":-1}"#, .tokenExpired),
            (#"{"exp":4102444800}"#, nil),
            (#"{"exp":2000,"nbf":1015}"#, nil), (#"{"exp":2000,"nbf":1016}"#, .tokenNotYetValid),
            (#"{"exp":2000,"nbf":1015.5}"#, .tokenNotYetValid), (#"{"exp":2000,"iat":9999}"#, nil),
            (#"{}"#, .claimMissing),
            (#"{"exp":985,"nbf":1016}"#, .tokenExpired),
        ])
    func times(text: String, expected: JOSEError.Code?) {
        #expect(Self.check(text) == expected)
    }

    @Test("without a requirement exp may be absent")
    func optionalExpiry() {
        let policy = JWTClaimsPolicy(requiresExpiry: false)
        #expect(Self.check("{}", policy) == nil)
        #expect(Self.check(#"{"exp":1}"#, policy) == .tokenExpired)
        #expect(Self.check(#"{"exp":1000}"#, JWTClaimsPolicy(tolerance: 0)) == .tokenExpired)
        #expect(Self.check(#"{"exp":1001}"#, JWTClaimsPolicy(tolerance: 0)) == nil)
    }

    @Test(
        "registered claims of a wrong type are malformed, even on an expired token",
        arguments: [
            #"{"exp":"2000"}"#, #"{"exp":null}"#, #"{"exp":true}"#, #"{"exp":1,"nbf":"1"}"#, #"{"exp":1,"iat":[]}"#,
            #"{"exp":1,"iss":1}"#, #"{"exp":1,"aud":1}"#, #"{"exp":1,"aud":["a",1]}"#, #"{"exp":1,"aud":{}}"#, "[]", "",
            "1",
            #"{"exp":1,"exp":2}"#, #"{"exp":1}x"#, "\u{0}", #"{"exp":NaN}"#, #"{"exp":1e999}"#,
        ])
    func types(text: String) {
        #expect(Self.check(text) == .claimsMalformed)
    }

    @Test("issuer, audience and required claims")
    func parties() {
        let policy = JWTClaimsPolicy(requiresExpiry: false, issuers: ["a", "b"], audiences: ["me"], required: ["sub"])
        #expect(Self.check(#"{"iss":"a","aud":"me","sub":"x"}"#, policy) == nil)
        #expect(Self.check(#"{"iss":"b","aud":["you","me"],"sub":null}"#, policy) == nil)
        #expect(Self.check(#"{"iss":"c","aud":"me","sub":"x"}"#, policy) == .issuerNotAccepted)
        #expect(Self.check(#"{"iss":"A","aud":"me","sub":"x"}"#, policy) == .issuerNotAccepted)
        #expect(Self.check(#"{"aud":"me","sub":"x"}"#, policy) == .claimMissing)
        #expect(Self.check(#"{"iss":"a","aud":"you","sub":"x"}"#, policy) == .audienceNotAccepted)
        #expect(Self.check(#"{"iss":"a","aud":[],"sub":"x"}"#, policy) == .audienceNotAccepted)
        #expect(Self.check(#"{"iss":"a","sub":"x"}"#, policy) == .claimMissing)
        #expect(Self.check(#"{"iss":"a","aud":"me"}"#, policy) == .claimMissing)
        #expect(
            Self.check(#"{"iss":"\u00e9"}"#, JWTClaimsPolicy(requiresExpiry: false, issuers: ["e\u{301}"]))
                == .issuerNotAccepted)
    }

    @Test("the extremes of now and exp do not overflow", arguments: [Int64.min, -1, 0, Int64.max])
    func extremes(now: Int64) {
        for expiry in ["-9223372036854775808", "9223372036854775807", "0", "1e308", "-1e308"] {
            let found = Self.check(#"{"exp":\#(expiry),"nbf":\#(expiry)}"#, JWTClaimsPolicy(tolerance: 0), now: now)
            #expect(found == nil || found == .tokenExpired || found == .tokenNotYetValid)
        }
    }
}
