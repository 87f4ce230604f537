extension ConfiguredProvider {
    /// What an operator should know about it, in words.
    package var warnings: [String] {
        var warnings: [String] = []
        if let note = entry.status.note, entry.status.state != .active { warnings.append(note) }
        if has(.instagramBasicDisplayClosed), warnings.isEmpty {
            warnings.append("the API that this entry uses answers with errors since December 2024")
        }
        if has(.mediumClosed), warnings.isEmpty { warnings.append("its vendor accepts no new applications") }
        if has(.microsoftTenantIssuer), settings.tenants.isEmpty, isMultiTenant {
            warnings.append("anybody of any Microsoft tenant can sign in; tenants lists those that may")
        }
        return warnings.map { "providers.\(id): \($0)" }
    }

    /// Whether the configured Microsoft tenant stands for many.
    var isMultiTenant: Bool {
        ["common", "organizations", "consumers"].contains { issuer?.contains("/\($0)/") ?? false }
    }
}
