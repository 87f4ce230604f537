import TesseraCore

/// One request of ours to a provider. Its URL may hold secrets (`token-in-url`): it prints as its method and origin.
package struct OutboundRequest: Sendable, CustomStringConvertible {
    package var method: String
    package var url: String
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]?
    /// How many bytes of an answer are read; a longer one is an error.
    package var limit: Int
    /// How long everything may take, from the look-up of the name to the last byte.
    package var timeout: Duration

    package init(
        method: String = "GET", url: String, headers: [(name: String, value: String)] = [], body: [UInt8]? = nil,
        limit: Int = standardLimit, timeout: Duration
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.limit = limit
        self.timeout = timeout
    }

    /// 1 MiB.
    package static let standardLimit = 1 << 20

    package var description: String { "\(method) \(WebURL(url).map { "\($0.origin)" } ?? "no URL")" }
}

/// What came back.
package struct OutboundResponse: Sendable {
    package let status: Int
    /// Without parameters, in lower case.
    package let contentType: String?
    package let body: [UInt8]

    package init(status: Int, contentType: String? = nil, body: [UInt8] = []) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    package var isSuccess: Bool { (200..<300).contains(status) }
}

/// The port for requests to providers. Follows no redirects: whoever is sent elsewhere could hand over what he brings.
package protocol OutboundHTTP: Sendable {
    /// Sends a request and reads the whole answer, whatever its status but for redirects.
    ///
    /// - Throws: `address_refused`, `provider_unreachable`, `provider_timed_out`, `response_too_large` or
    ///   `redirect_refused`.
    func send(_ request: OutboundRequest) async throws(ProvidersError) -> OutboundResponse
}
