import JSON
import TesseraCore

/// Which issuers a provider's documents and tokens may name.
package struct IssuerRule: Sendable {
    /// As configured.
    let configured: String
    let check: ProviderEntry.IssuerCheck
    /// Another name that the same provider goes by.
    let alternatives: [String]
    /// The tenants that may sign in; empty for any.
    let tenants: [String]

    init(_ provider: ConfiguredProvider, issuer: String) {
        configured = issuer
        check = provider.entry.discovery?.issuerCheck ?? .equal
        // LinkedIn's document has named either.
        let isLinkedIn = provider.entry.id == "linkedin" || provider.has(.linkedInV4Mixed)
        alternatives = isLinkedIn ? ["https://www.linkedin.com", "https://www.linkedin.com/oauth"] : []
        tenants = provider.settings.tenants
    }

    /// Checks the issuer that a discovery document names; what tokens have to be compared with afterwards.
    func accept(document issuer: String) throws(ProvidersError) -> String {
        let isAccepted =
            switch check {
            case .equal: Self.isSame(issuer, configured) || alternatives.contains(issuer)
            case .fromMetadata: Self.haveSameParent(issuer, configured)
            case .tenantTemplate:
                Self.isSame(issuer, configured)
                    || issuer.contains("{tenantid}") && Self.haveSameOrigin(issuer, configured)
            }
        guard isAccepted else {
            throw ProvidersError(.issuerMismatch, "the discovery document names another issuer")
        }
        return issuer
    }

    /// Checks the issuer of a genuine token against that of the discovery document.
    func check(_ claims: JSONObject, document: String) throws(ProvidersError) {
        guard let issuer = claims["iss"]?.string else {
            throw ProvidersError(.idTokenInvalid, "the ID token has no iss")
        }
        var expected = document
        if check == .tenantTemplate {
            let tenant = claims["tid"]?.string
            if document.contains("{tenantid}") {
                guard let tenant, !tenant.isEmpty, tenant.utf8.allSatisfy(Self.isTenantByte) else {
                    throw ProvidersError(.idTokenInvalid, "the ID token names no tenant")
                }
                expected = document.replacing("{tenantid}", with: tenant)
            }
            try checkTenant(tenant)
        }
        guard issuer.utf8.elementsEqual(expected.utf8) || alternatives.contains(issuer) else {
            throw ProvidersError(.idTokenInvalid, "the ID token is another issuer's")
        }
    }

    private func checkTenant(_ tenant: String?) throws(ProvidersError) {
        if !tenants.isEmpty, !tenants.contains(where: { $0 == tenant }) {
            throw ProvidersError(.idTokenInvalid, "the ID token is of a tenant that may not sign in")
        }
        // A tenant that is configured by its id is the only one.
        let parts = WebURL(configured)?.rest.split(separator: "/") ?? []
        guard let first = parts.first, first.count == 36, first.contains("-") else { return }
        guard tenant?.lowercased() == first.lowercased() else {
            throw ProvidersError(.idTokenInvalid, "the ID token is of another tenant")
        }
    }

    private static func isTenantByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
    }

    /// Equal but for one slash at the end.
    static func isSame(_ left: String, _ right: String) -> Bool {
        left.droppingOneSlash.utf8.elementsEqual(right.droppingOneSlash.utf8)
    }

    private static func haveSameOrigin(_ left: String, _ right: String) -> Bool {
        // The text in braces is no part of a host.
        guard let left = WebURL(left), let right = WebURL(right) else { return false }
        return left.origin == right.origin
    }

    /// Whether both are of the same scheme and parent domain: the last two labels of a name, a whole address.
    private static func haveSameParent(_ left: String, _ right: String) -> Bool {
        guard let left = WebURL(left)?.origin, let right = WebURL(right)?.origin, left.scheme == right.scheme else {
            return false
        }
        if left == right { return true }
        guard left.host.contains(where: \.isLetter), left.port == right.port else { return false }
        // A country's second level is no domain of anybody's own: then three labels.
        return parent(of: left.host) == parent(of: right.host)
    }

    private static func parent(of host: String) -> String {
        let labels = host.split(separator: ".")
        let isCountry = labels.last?.count == 2 && (labels.dropLast().last?.count ?? 9) <= 3
        return labels.suffix(isCountry ? 3 : 2).joined(separator: ".")
    }
}

extension String {
    fileprivate var droppingOneSlash: Substring { hasSuffix("/") ? dropLast() : self[...] }
}
