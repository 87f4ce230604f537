import JOSE
import JSON
import TesseraCore
import TesseraRuntime

/// A provider's discovery document and its keys, kept.
final class ProviderDocuments: Sendable {
    private let metadata: FetchedValue<ProviderMetadata>
    private let keys: FetchedValue<JWKSet>
    private let rule: IssuerRule

    /// `nil` for a provider without discovery.
    init?(_ provider: ConfiguredProvider, http: any OutboundHTTP, clock: WallClock) {
        guard let issuer = provider.issuer, let url = provider.discoveryURL else { return nil }
        let rule = IssuerRule(provider, issuer: issuer)
        self.rule = rule
        let requests = DocumentRequests(provider, http: http, url: url)
        let metadata = FetchedValue<ProviderMetadata>(
            times: .init(fresh: .hours(1), usable: .days(1), cooldown: .seconds(10)), clock: clock
        ) { () throws(ProvidersError) in try await requests.metadata(rule: rule) }
        self.metadata = metadata
        keys = FetchedValue<JWKSet>(
            times: .init(fresh: .minutes(10), usable: .hours(1), cooldown: .seconds(10)), clock: clock
        ) { () throws(ProvidersError) in try await requests.keys(metadata.value().value) }
    }

    func current() async throws(ProvidersError) -> ProviderMetadata { try await metadata.value().value }

    func currentKeys() async throws(ProvidersError) -> JWKSet { try await keys.value().value }

    /// Verifies a token with the provider's keys. Where they do not fit, they are fetched anew once, for the provider may
    /// have changed them.
    func open(_ token: String, rules: IDTokenRules) async throws(ProvidersError) -> JSONObject {
        let first = try await keys.value()
        do throws(JOSEError) {
            return try rules.open(token, keys: first.value)
        } catch {
            guard [.keyUnknown, .signatureInvalid, .keyUnsuitable].contains(error.code) else { throw refused(error) }
            let second = try await keys.value(newerThan: first.asked)
            guard second.asked > first.asked else { throw refused(error) }
            do throws(JOSEError) { return try rules.open(token, keys: second.value) } catch { throw refused(error) }
        }
    }

    private func refused(_ error: JOSEError) -> ProvidersError {
        ProvidersError(.idTokenInvalid, "the token is refused: \(error)")
    }

    /// The rules for its ID tokens.
    func rules(
        clientID: String, algorithm: SignatureAlgorithm
    ) async throws(ProvidersError) -> IDTokenRules {
        IDTokenRules(
            clientID: clientID, algorithm: algorithm, issuer: rule, documentIssuer: try await current().issuer)
    }
}

/// The requests for a provider's documents.
private struct DocumentRequests: Sendable {
    let provider: ConfiguredProvider
    let http: any OutboundHTTP
    let url: String

    init(_ provider: ConfiguredProvider, http: any OutboundHTTP, url: String) {
        self.provider = provider
        self.http = http
        self.url = url.addingQuery(provider.values.pairs(provider.entry.discovery?.query ?? []))
    }

    func metadata(rule: IssuerRule) async throws(ProvidersError) -> ProviderMetadata {
        let document = try await object(at: url, "the discovery document")
        return try ProviderMetadata(document, rule: rule, allowsHTTP: provider.settings.isInPrivateNetwork)
    }

    func keys(_ metadata: ProviderMetadata) async throws(ProvidersError) -> JWKSet {
        guard let url = metadata.keysURL else {
            throw ProvidersError(.malformed, "the discovery document has no jwks_uri")
        }
        let body = try await body(at: url, "the key set")
        do throws(JOSEError) { return try JWKSet(parsing: body) } catch {
            throw ProvidersError(.malformed, "the key set cannot be read: \(error)")
        }
    }

    private func object(at url: String, _ what: String) async throws(ProvidersError) -> JSONObject {
        let body = try await body(at: url, what)
        do throws(JSONError) { return try JSONObject(parsing: body) } catch {
            throw ProvidersError(.malformed, "\(what) is no JSON object: \(error)")
        }
    }

    private func body(at url: String, _ what: String) async throws(ProvidersError) -> [UInt8] {
        let request = OutboundRequest(
            url: url, headers: [("Accept", "application/json"), ("User-Agent", provider.settings.userAgent)],
            timeout: provider.settings.timeout)
        let response = try await http.send(request)
        guard response.status == 200 else {
            throw ProvidersError(.status, "\(what) was answered with status \(response.status)")
        }
        return response.body
    }
}

extension String {
    /// This URL with further parameters, behind those that it has.
    func addingQuery(_ pairs: [(name: String, value: String)]) -> String {
        guard !pairs.isEmpty else { return self }
        let query = pairs.map {
            "\(PercentEncoding.encodeStrictly($0.name))=\(PercentEncoding.encodeStrictly($0.value))"
        }.joined(separator: "&")
        let separator = contains("?") ? (hasSuffix("?") || hasSuffix("&") ? "" : "&") : "?"
        return self + separator + query
    }
}
