import JSON
package import TesseraTokens

/// A service that sends mail over HTTP: one request for one message, made from the facts of the table.
package struct MailService: Sendable {
    private let provider: ConfiguredProvider
    private let facts: EmailFacts.Request
    private let http: any OutboundHTTP
    private let random: RandomBytes

    /// What a message's request may contain (the placeholders of kind e-mail).
    package struct Message: Sendable {
        package var from: String
        package var to: String
        package var subject: String
        package var html: String
        package var text: String
        /// The sign-in link, for services whose templates have everything else.
        package var url: String
        package var host: String

        package init(
            from: String, to: String, subject: String, html: String, text: String, url: String, host: String
        ) {
            self.from = from
            self.to = to
            self.subject = subject
            self.html = html
            self.text = text
            self.url = url
            self.host = host
        }
    }

    /// `nil` for a provider that is none of these.
    package init?(_ provider: ConfiguredProvider, http: any OutboundHTTP, random: RandomBytes = .system) {
        guard let facts = provider.entry.email?.request else { return nil }
        self.provider = provider
        self.facts = facts
        self.http = http
        self.random = random
    }

    /// How long a link works, in seconds, as the entry has it.
    package var maximumAge: Int { provider.entry.email?.maximumAge ?? 86_400 }

    /// The sender: as the operator has set it, or the entry's default.
    package var sender: String? { provider.values["from"] }

    /// Hands a message over; an answer without success is an error.
    package func send(_ message: Message) async throws(ProvidersError) {
        let response = try await http.send(request(message))
        guard response.isSuccess else {
            throw ProvidersError(.status, "the mail service answered with status \(response.status)")
        }
    }

    func request(_ message: Message) throws(ProvidersError) -> OutboundRequest {
        let values = values(message)
        var headers = [("User-Agent", provider.settings.userAgent)]
        if facts.basicAuthentication.count == 2 {
            let pair = facts.basicAuthentication.compactMap { values.text($0) }.joined(separator: ":")
            headers.append(("Authorization", "Basic \(Base64.encode(Array(pair.utf8)))"))
        }
        let body: [UInt8]
        switch facts.body.form {
        case .json, .form: body = try facts.body.bytes(values, headers: &headers)
        case .multipart: body = try multipart(values, &headers)
        }
        headers += values.pairs(facts.headers)
        return OutboundRequest(
            method: facts.method.rawValue, url: try values.url(facts.url), headers: headers, body: body,
            timeout: provider.settings.timeout)
    }

    private func values(_ message: Message) -> PlaceholderValues {
        var values = provider.values
        for (name, value) in [
            ("from", message.from), ("to", message.to), ("subject", message.subject), ("html", message.html),
            ("text", message.text), ("url", message.url), ("host", message.host), ("providerName", provider.name),
        ] { values[name] = value }
        let domain = message.from.split(separator: "@").last.map { $0.filter { $0 != ">" && $0 != " " } }
        values["fromDomain"] = domain.map { String($0) }
        return values
    }

    /// A form of several parts (RFC 7578). The boundary is random, so that no content can hold it.
    private func multipart(
        _ values: PlaceholderValues, _ headers: inout [(String, String)]
    ) throws(ProvidersError) -> [UInt8] {
        let boundary = "tessera" + random.bytes(16).map { String($0, radix: 16) }.joined()
        headers.append(("Content-Type", "multipart/form-data; boundary=\(boundary)"))
        var text = ""
        for member in try ProfileRequest.Body.filled(facts.body.value, values).object?.members ?? [] {
            text += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(member.name)\"\r\n\r\n"
            text += "\(member.value.mappedText ?? "")\r\n"
        }
        return Array("\(text)--\(boundary)--\r\n".utf8)
    }
}
