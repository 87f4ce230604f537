import TesseraCore
import TesseraProviders

/// The real client, which goes to a loopback server in place of every https host: `https://host/path` becomes
/// `http://127.0.0.1:port/host/path`. What is sent is the same.
struct RoutedHTTP: OutboundHTTP {
    let port: Int

    func send(_ request: OutboundRequest) async throws(ProvidersError) -> OutboundResponse {
        var routed = request
        if let url = WebURL(request.url), url.origin.scheme == .https {
            routed.url = "http://127.0.0.1:\(port)/\(url.origin.host)\(url.rest)"
        }
        return try await GuardedHTTP.anyNetwork.send(routed)
    }
}
