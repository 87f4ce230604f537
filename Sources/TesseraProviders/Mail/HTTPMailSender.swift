import JSON
import TesseraMail
package import TesseraRuntime
package import TesseraTokens

/// Sends messages through a service's HTTP API, as the provider table describes it: one request, and any answer but a 2xx
/// is a failure.
package struct HTTPMailSender: MailSender {
    private let request: EmailFacts.Request
    private let values: PlaceholderValues
    private let http: any OutboundHTTP
    private let random: RandomBytes
    private let service: String

    /// How long the request may take.
    private static let timeout = Duration.seconds(10)

    /// - Parameter values: the operator's parameters.
    package init(
        _ request: EmailFacts.Request, service: String, values: PlaceholderValues, http: any OutboundHTTP,
        random: RandomBytes = .system
    ) {
        self.request = request
        self.service = service
        self.values = values
        self.http = http
        self.random = random
    }

    package func send(_ mail: Mail) async throws(MailError) {
        let outbound: OutboundRequest
        do {
            outbound = try makeRequest(values(for: mail))
        } catch {
            throw MailError(.invalid, "\(service): \(error.message)")
        }
        let response: OutboundResponse
        do {
            response = try await http.send(outbound)
        } catch {
            throw MailError(error.mailCode, "\(service): \(error.message)")
        }
        guard !response.isSuccess else { return }
        let code: MailError.Code =
            switch response.status {
            case 401, 403: .notAuthorized
            case 400..<500: .refused
            default: .failed
            }
        throw MailError(code, "\(service) answered \(response.status): \(response.body.shown)")
    }

    private func values(for mail: Mail) -> PlaceholderValues {
        var values = values
        values["from"] = mail.from
        values["to"] = mail.to
        values["subject"] = mail.subject
        values["html"] = mail.html
        values["text"] = mail.text
        values["url"] = mail.url
        values["host"] = mail.host
        values["providerName"] = mail.providerName
        let address = mail.from.split(separator: "<").last.map { $0.prefix { $0 != ">" } } ?? ""
        values["fromDomain"] = address.split(separator: "@").last.map { String($0) }
        return values
    }

    private func makeRequest(_ values: PlaceholderValues) throws(ProvidersError) -> OutboundRequest {
        var headers = values.pairs(request.headers).filter { $0.name.lowercased() != "content-type" }
        let body: [UInt8]
        switch request.body.form {
        case .json, .form:
            headers.append(("Content-Type", "application/json"))
            body = try Self.filled(request.body.value, values).serialized()
        case .multipart:
            let boundary = "tessera-\(MailEncoding.base64(random.bytes(18)).filter { $0.isLetter || $0.isNumber })"
            headers.append(("Content-Type", "multipart/form-data; boundary=\(boundary)"))
            body = try Self.multipart(request.body.value, values, boundary)
        }
        if request.basicAuthentication.count == 2, let user = values.text(request.basicAuthentication[0]),
            let password = values.text(request.basicAuthentication[1])
        {
            headers.append(("Authorization", "Basic \(MailEncoding.base64(Array("\(user):\(password)".utf8)))"))
        }
        return OutboundRequest(
            method: request.method.rawValue, url: try values.url(request.url), headers: headers, body: body,
            limit: 1 << 16, timeout: Self.timeout)
    }

    /// A value of which every placeholder in every text has been replaced.
    private static func filled(
        _ value: JSONValue, _ values: PlaceholderValues
    ) throws(ProvidersError) -> JSONValue {
        switch value {
        case .string(let text): return .string(try filled(text, values))
        case .array(let elements):
            var filled: [JSONValue] = []
            for element in elements { filled.append(try Self.filled(element, values)) }
            return .array(filled)
        case .object(let object):
            var filled = JSONObject()
            for (name, value) in object.members { filled[name] = try Self.filled(value, values) }
            return .object(filled)
        case .null, .bool, .integer, .number: return value
        }
    }

    private static func filled(_ text: String, _ values: PlaceholderValues) throws(ProvidersError) -> String {
        let template = try PlaceholderText(text, at: "email.request.body")
        guard let filled = values.text(template) else {
            throw ProvidersError(.settings, "a placeholder of \"\(text)\" has no value")
        }
        return filled
    }

    /// RFC 7578. A value that had the boundary in it would end its part: the boundary is random.
    private static func multipart(
        _ value: JSONValue, _ values: PlaceholderValues, _ boundary: String
    ) throws(ProvidersError) -> [UInt8] {
        var text = ""
        for (name, value) in value.object?.members ?? [] {
            let content = try filled(value.string ?? value.description, values)
            text += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(content)\r\n"
        }
        return Array("\(text)--\(boundary)--\r\n".utf8)
    }
}

extension ProvidersError {
    fileprivate var mailCode: MailError.Code {
        switch code {
        case .unreachable, .addressRefused, .redirected: .unreachable
        case .timedOut: .timeout
        default: .failed
        }
    }
}

extension [UInt8] {
    /// Fit for a log: one line of printable characters, not too long.
    fileprivate var shown: String {
        let text = String(decoding: prefix(1000), as: UTF8.self).unicodeScalars
        return String(String.UnicodeScalarView(text.filter { $0.value >= 0x20 && $0.value != 0x7F }).prefix(200))
    }
}
