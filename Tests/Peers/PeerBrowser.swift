import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// A browser at a provider: it keeps the provider's cookies, follows redirects, and fills in forms.
///
/// It comes to rest on a page of the provider's, or where that sends it away: what is there is somebody else's matter.
package struct PeerBrowser: Sendable {
    private let origin: String
    private var cookies: [String: String] = [:]

    init(at origin: String) { self.origin = origin }

    /// Opens an address of the provider's.
    package mutating func open(_ url: String) async throws -> PeerPage { try await send("GET", url) }

    /// Sends the page's form, with what a person puts into it.
    package mutating func submit(_ page: PeerPage, _ values: [String: String]) async throws -> PeerPage {
        let fields = page.form.fields.merging(values) { $1 }
        let text = fields.map { "\(Self.encode($0.key))=\(Self.encode($0.value))" }.joined(separator: "&")
        let action = page.form.action.isEmpty ? page.url : page.form.action
        return try await send("POST", action, type: "application/x-www-form-urlencoded", body: text)
    }

    /// Sends a request, and follows where it leads as long as that is the provider's.
    mutating func send(
        _ method: String, _ url: String, type: String? = nil, body: String? = nil
    ) async throws -> PeerPage {
        var (method, url, body) = (method, url, body)
        for _ in 0..<10 {
            let response = try await exchange(method, url, type, body)
            guard (300..<400).contains(response.status.code), let location = response.headers.first(name: "Location")
            else {
                let text = String(buffer: try await response.body.collect(upTo: 1 << 20))
                return PeerPage(url: url, status: response.status.code, body: text)
            }
            guard let next = URL(string: location, relativeTo: URL(string: url))?.absoluteString else {
                throw PeerFailure("\(url) leads nowhere")
            }
            guard next.hasPrefix("\(origin)/") else {
                return PeerPage(url: next, status: response.status.code, body: "")
            }
            (method, url, body) = ("GET", next, nil)
        }
        throw PeerFailure("\(url) leads on and on")
    }

    private mutating func exchange(
        _ method: String, _ url: String, _ type: String?, _ body: String?
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: url)
        request.method = .init(rawValue: method)
        if !cookies.isEmpty {
            let text = cookies.map { "\($0)=\($1)" }.joined(separator: "; ")
            request.headers.add(name: "Cookie", value: text)
        }
        if let body {
            request.headers.add(name: "Content-Type", value: type ?? "text/plain")
            request.body = .bytes(ByteBuffer(string: body))
        }
        let response = try await PeerHTTP.client.execute(request, timeout: .seconds(20))
        for header in response.headers["Set-Cookie"] {
            let pair = header.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { continue }
            cookies[String(pair[0])] = pair[1].isEmpty ? nil : String(pair[1])
        }
        return response
    }

    private static func encode(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }
}

/// A page that a browser has come to.
package struct PeerPage: Sendable {
    package let url: String
    package let status: UInt
    package let body: String

    /// The first form that is on it: where it goes, and what it carries by itself.
    package var form: (action: String, fields: [String: String]) {
        let action = body.firstMatch(of: /<form[^>]*?\saction="([^"]*)"/).map { Self.plain($0.1) } ?? ""
        var fields: [String: String] = [:]
        for input in body.matches(of: /<input[^>]*type="hidden"[^>]*>/) {
            guard let name = input.0.firstMatch(of: /\sname="([^"]*)"/) else { continue }
            fields[String(name.1)] = input.0.firstMatch(of: /\svalue="([^"]*)"/).map { Self.plain($0.1) } ?? ""
        }
        return (action, fields)
    }

    /// A parameter of its address.
    package subscript(name: String) -> String? {
        let item = URLComponents(string: url)?.percentEncodedQueryItems?.first { $0.name == name }
        return item?.value?.replacingOccurrences(of: "+", with: " ").removingPercentEncoding
    }

    /// The text that HTML stands for.
    private static func plain(_ html: Substring) -> String {
        html.replacingOccurrences(of: "&#34;", with: "\"").replacingOccurrences(of: "&amp;", with: "&")
    }
}

/// A client that follows nothing, as long as the tests run.
enum PeerHTTP {
    static let client = HTTPClient(
        eventLoopGroupProvider: .singleton, configuration: .init(redirectConfiguration: .disallow))
}
