import JOSE
import JSON
import TesseraCore

/// Signs requests with OAuth 1.0a's `HMAC-SHA1` (RFC 5849, section 3.4).
struct OAuth1Signature: Sendable {
    let consumerKey: String
    let consumerSecret: String
    /// The token and its secret; empty before there is one.
    var token: String?
    var tokenSecret = ""

    /// The value of the `Authorization` header of a request.
    ///
    /// - Parameters:
    ///   - url: with its query, whose parameters are signed, too.
    ///   - extra: further protocol parameters, such as `oauth_callback`.
    func header(
        method: String, url: String, extra: [(String, String)] = [], nonce: String, at now: Timestamp
    ) throws(JOSEError) -> String {
        var parameters = [
            ("oauth_consumer_key", consumerKey), ("oauth_nonce", nonce), ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", "\(now.seconds)"), ("oauth_version", "1.0"),
        ]
        if let token { parameters.append(("oauth_token", token)) }
        parameters += extra
        let signature = try signature(Self.baseString(method: method, url: url, parameters: parameters))
        parameters.append(("oauth_signature", signature))
        let fields = parameters.sorted { $0.0 < $1.0 }.map { name, value in
            "\(PercentEncoding.encodeStrictly(name))=\"\(PercentEncoding.encodeStrictly(value))\""
        }
        return "OAuth " + fields.joined(separator: ", ")
    }

    private func signature(_ text: String) throws(JOSEError) -> String {
        let key = "\(PercentEncoding.encodeStrictly(consumerSecret))&\(PercentEncoding.encodeStrictly(tokenSecret))"
        return Base64.encode(try HMACSHA1.authenticate(Array(text.utf8), key: SecretBytes(Array(key.utf8))))
    }

    /// Method, address without query, and all parameters, encoded and sorted (section 3.4.1).
    static func baseString(method: String, url: String, parameters: [(String, String)]) -> String {
        let parts = url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var all = parameters
        if parts.count == 2 { all += PercentEncoding.decodeForm(parts[1]).map { ($0.name, $0.value) } }
        let encoded = all.map { (PercentEncoding.encodeStrictly($0.0), PercentEncoding.encodeStrictly($0.1)) }
            .sorted { $0 < $1 }
        let list = encoded.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
        let address = WebURL(String(parts[0])).map { "\($0.origin)\($0.rest)" } ?? String(parts[0])
        return [method.uppercased(), address, list].map { PercentEncoding.encodeStrictly($0) }.joined(separator: "&")
    }
}
