import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import TesseraCore

/// Requests over the network, on AsyncHTTPClient: without redirects, with a time-out for everything and a limit for the
/// answer, and only to addresses that are allowed.
///
/// The address is checked twice: all addresses of the name before anything is connected to, and the connection's own
/// before anything is sent, because a name may have other addresses a moment later.
package struct GuardedHTTP: OutboundHTTP {
    private let client: HTTPClient
    private let allowsPrivate: Bool
    private let checksNames: Bool

    /// To the public Internet only.
    package static let publicInternet = GuardedHTTP(allowsPrivate: false)
    /// To any address, for providers that the operator says are in a network of his own.
    package static let anyNetwork = GuardedHTTP(allowsPrivate: true)

    /// The clients live as long as the process; idle connections do not.
    ///
    /// - Parameter checksNames: only a test of the second check does without the first.
    init(allowsPrivate: Bool, checksNames: Bool = true) {
        self.allowsPrivate = allowsPrivate
        self.checksNames = checksNames
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: .seconds(3), read: .seconds(10)))
        configuration.httpVersion = .http1Only
        configuration.connectionPool.idleTimeout = .seconds(20)
        configuration.connectionPool.retryConnectionEstablishment = false
        // Many may come back from one provider at once; whoever waits for a connection loses his time for the answer.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        if !allowsPrivate {
            configuration.http1_1ConnectionDebugInitializer = { channel in
                guard let address = channel.remoteAddress?.ipAddress.flatMap({ NetworkAddress($0) }), address.isPublic
                else {
                    channel.close(promise: nil)
                    return channel.eventLoop.makeFailedFuture(Self.refused)
                }
                return channel.eventLoop.makeSucceededVoidFuture()
            }
        }
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    private static let refused = ProvidersError(
        .addressRefused, "the provider's address is in a private network; privateNetwork allows it")

    package func send(_ request: OutboundRequest) async throws(ProvidersError) -> OutboundResponse {
        guard let url = WebURL(request.url) else { throw ProvidersError(.settings, "not a URL") }
        if !allowsPrivate, checksNames { try await checkAddress(of: url, request) }
        let outcome = await withDeadline(request.timeout) { await exchange(request) }
        let response = try outcome.get()
        guard !(300..<400).contains(response.status) else {
            throw ProvidersError(.redirected, "\(request) was answered with a redirect")
        }
        return response
    }

    private func checkAddress(of url: WebURL, _ request: OutboundRequest) async throws(ProvidersError) {
        guard url.origin.scheme == .https else { throw ProvidersError(.addressRefused, "the address is not https") }
        let host = String(url.origin.host.drop { $0 == "[" }.prefix { $0 != "]" })
        let addresses = try await NameResolver.addresses(
            of: host, within: .milliseconds(request.timeout.milliseconds))
        guard !addresses.isEmpty else { throw ProvidersError(.unreachable, "\(request): the host is not known") }
        guard addresses.allSatisfy({ NetworkAddress($0)?.isPublic ?? false }) else { throw Self.refused }
    }

    private func exchange(_ request: OutboundRequest) async -> Result<OutboundResponse, ProvidersError> {
        var outgoing = HTTPClientRequest(url: request.url)
        outgoing.method = HTTPMethod(rawValue: request.method)
        for header in request.headers { outgoing.headers.replaceOrAdd(name: header.name, value: header.value) }
        if let body = request.body { outgoing.body = .bytes(ByteBuffer(bytes: body)) }
        do {
            let response = try await client.execute(outgoing, timeout: .milliseconds(request.timeout.milliseconds))
            let body = try await response.body.collect(upTo: request.limit)
            let type = response.headers.first(name: "Content-Type")?.prefix { $0 != ";" && $0 != " " }
            return .success(
                OutboundResponse(
                    status: Int(response.status.code), contentType: type?.lowercased(),
                    body: Array(body.readableBytesView)))
        } catch {
            return .failure(Self.translated(error, request))
        }
    }

    private static func translated(_ error: any Error, _ request: OutboundRequest) -> ProvidersError {
        switch error {
        case let error as ProvidersError: error
        case is NIOTooManyBytesError: ProvidersError(.tooLarge, "the answer to \(request) is too long")
        case let error as HTTPClientError
        where [.deadlineExceeded, .connectTimeout, .readTimeout, .writeTimeout].contains(error):
            ProvidersError(.timedOut, "\(request) was not answered in time")
        case is CancellationError: ProvidersError(.timedOut, "\(request) was given up")
        // The kind of the error only: its text may hold the URL.
        default: ProvidersError(.unreachable, "\(request) failed: \(type(of: error))")
        }
    }

    /// Whatever comes first: what `body` answers, or the end of the time.
    private func withDeadline(
        _ timeout: Duration, _ body: @escaping @Sendable () async -> Result<OutboundResponse, ProvidersError>
    ) async -> Result<OutboundResponse, ProvidersError> {
        await withTaskGroup(of: Result<OutboundResponse, ProvidersError>.self) { group in
            group.addTask { await body() }
            group.addTask {
                try? await Task.sleep(for: timeout)
                return .failure(ProvidersError(.timedOut, "the provider did not answer in time"))
            }
            let first = await group.next() ?? .failure(ProvidersError(.unavailable, "no answer"))
            group.cancelAll()
            return first
        }
    }
}
