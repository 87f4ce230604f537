import JOSE
import JSON
import TesseraCore
import TesseraRuntime
import TesseraTestKit
import TesseraTokens

@testable import TesseraProviders

/// The clock of these tests.
let now = Timestamp(seconds: 1_800_000_000)

/// A request as the edge hands it to a provider.
func signInRequest(
    _ method: String = "GET", query: [String: String] = [:], body: JSONObject = JSONObject()
) -> SignInRequest {
    SignInRequest(
        method: method, headers: [:], query: query, body: body, origin: RequestOrigin(userAgent: nil, address: nil))
}

extension SignInProvider {
    /// The provider behind the port.
    var redirecting: any RedirectingProvider {
        get throws {
            guard case .redirecting(let provider) = self else { throw ProvidersError(.settings, "does not redirect") }
            return provider
        }
    }
}

/// An address that a browser is sent to, taken apart.
struct Address {
    let text: String
    let url: String
    let query: [(name: String, value: String)]

    init(_ text: String) {
        self.text = text
        let parts = text.split(separator: "?", maxSplits: 1)
        url = String(parts[0])
        let tail = parts.count > 1 ? parts[1].prefix { $0 != "#" } : ""
        query = PercentEncoding.decodeForm(tail)
    }

    subscript(name: String) -> String? { query.first { $0.name == name }?.value }
    func count(_ name: String) -> Int { query.filter { $0.name == name }.count }
}

/// Keys that are made once for all tests of a run.
enum TestKeys {
    static let rsa = try? JWK.generateRSA(restrictions: .init(kid: "rsa-1"))
    static let ec = try? JWK.generate(on: .p256, restrictions: .init(kid: "ec-1"))
}
