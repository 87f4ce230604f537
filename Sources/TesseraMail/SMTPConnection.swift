internal import CCurl
import TesseraCore
import TesseraRuntime

/// A libcurl handle, which keeps its connection open from one message to the next. Used by one thread at a time.
final class SMTPConnection: Sendable {
    // The handle's address, because pointers are not Sendable.
    private let address: UInt
    private let server: SMTPServer

    private let curl: LibCurl

    init(to server: SMTPServer) throws(MailError) {
        guard let curl = LibCurl.loaded, let handle = unsafe tessera_curl_init(curl.pointer) else {
            throw MailError(.failed, "libcurl 7.85 or newer is not there, or cannot be used")
        }
        address = UInt(bitPattern: handle)
        self.server = server
        self.curl = curl
    }

    deinit { unsafe tessera_curl_cleanup(curl.pointer, UnsafeMutableRawPointer(bitPattern: address)) }

    /// Sends a message; returns when the server has taken it. Blocks.
    func send(_ message: MailMessage, timeLimit: Duration) throws(MailError) {
        guard let handle = unsafe UnsafeMutableRawPointer(bitPattern: address) else {
            throw MailError(.failed, "libcurl cannot be used")
        }
        // Forgets the options, and keeps the connection.
        unsafe tessera_curl_reset(curl.pointer, handle)
        var recipients: UnsafeMutablePointer<curl_slist>?
        unsafe recipients = tessera_curl_list(curl.pointer, "<\(message.recipient.address)>")
        defer { unsafe tessera_curl_free_list(curl.pointer, recipients) }
        guard unsafe configure(handle, message, timeLimit: timeLimit),
            unsafe tessera_curl_set_recipients(curl.pointer, handle, recipients) == CURLE_OK
        else { throw MailError(.failed, "libcurl does not take the options of the message") }
        let outcome = unsafe perform(handle, message.bytes)
        if let problem = outcome.problem(with: server) { throw problem }
    }

    private func configure(
        _ handle: UnsafeMutableRawPointer, _ message: MailMessage, timeLimit: Duration
    ) -> Bool {
        let milliseconds = Int(timeLimit.milliseconds)
        let scheme = server.security == .implicitTLS ? "smtps" : "smtp"
        let tls = server.security == .startTLS ? Int(CURLUSESSL_ALL.rawValue) : Int(CURLUSESSL_NONE.rawValue)
        var texts: [(CURLoption, String)] = [
            (CURLOPT_URL, "\(scheme)://\(server.host):\(server.port)/tessera"),
            (CURLOPT_PROTOCOLS_STR, "smtp,smtps"), (CURLOPT_PROXY, ""),
            (CURLOPT_MAIL_FROM, "<\(message.sender.address)>"),
        ]
        if let user = server.user { texts.append((CURLOPT_USERNAME, user)) }
        if let password = server.password { texts.append((CURLOPT_PASSWORD, password)) }
        if let file = server.certificates { texts.append((CURLOPT_CAINFO, file)) }
        let numbers: [(CURLoption, Int)] = [
            (CURLOPT_USE_SSL, tls), (CURLOPT_SSL_VERIFYPEER, 1), (CURLOPT_SSL_VERIFYHOST, 2),
            // No signals: a thread of ours does not have the process's to itself.
            (CURLOPT_NOSIGNAL, 1), (CURLOPT_TIMEOUT_MS, milliseconds),
            (CURLOPT_CONNECTTIMEOUT_MS, min(milliseconds, 10_000)),
        ]
        return texts.allSatisfy { unsafe tessera_curl_set_text(curl.pointer, handle, $0.0, $0.1) == CURLE_OK }
            && numbers.allSatisfy { unsafe tessera_curl_set_number(curl.pointer, handle, $0.0, $0.1) == CURLE_OK }
    }

    private func perform(_ handle: UnsafeMutableRawPointer, _ bytes: [UInt8]) -> SMTPOutcome {
        var mail = unsafe tessera_mail()
        var problem = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
        let code = unsafe bytes.withUnsafeBytes { content -> CURLcode in
            unsafe mail.bytes = content.bindMemory(to: CChar.self).baseAddress
            unsafe mail.count = content.count
            return unsafe problem.withUnsafeMutableBufferPointer { buffer in
                _ = unsafe tessera_curl_set_error_buffer(curl.pointer, handle, buffer.baseAddress)
                defer { _ = unsafe tessera_curl_set_error_buffer(curl.pointer, handle, nil) }
                return unsafe withUnsafeMutablePointer(to: &mail) { mail in
                    guard unsafe tessera_curl_set_mail(curl.pointer, handle, mail) == CURLE_OK else { return CURLE_FAILED_INIT }
                    return unsafe tessera_curl_perform(curl.pointer, handle)
                }
            }
        }
        let reply = unsafe withUnsafeBytes(of: mail.reply) { bytes in
            unsafe Array(bytes.prefix(mail.reply_count))
        }
        let explanation = String(decoding: problem.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return SMTPOutcome(
            code: code, response: unsafe tessera_curl_response_code(curl.pointer, handle),
            reply: String(decoding: reply, as: UTF8.self),
            explanation: explanation.isEmpty
                ? unsafe String(cString: tessera_curl_explanation(curl.pointer, code)) : explanation)
    }
}

/// libcurl, once it is loaded; then for as long as the process lives.
private struct LibCurl: Sendable {
    /// `nil` where there is none that can be used.
    static let loaded = LibCurl()

    // Address of the functions, because pointers are not Sendable.
    private let address: UInt

    private init?() {
        let curl = UnsafeMutablePointer<tessera_curl>.allocate(capacity: 1)
        unsafe curl.initialize(to: tessera_curl())
        guard unsafe tessera_curl_load(curl) != 0 else {
            unsafe curl.deallocate()
            return nil
        }
        address = UInt(bitPattern: curl)
    }

    var pointer: UnsafePointer<tessera_curl>? { unsafe UnsafePointer(bitPattern: address) }
}

/// What a transfer came to.
private struct SMTPOutcome {
    let code: CURLcode
    /// The server's last code (RFC 5321, section 4.2); 0 for none.
    let response: Int
    /// The line by which the server refused something; empty where it did not.
    let reply: String
    /// What libcurl says of it.
    let explanation: String

    /// Why the message was not taken; `nil` where it was.
    func problem(with server: SMTPServer) -> MailError? {
        let said = reply.isEmpty ? "" : "; the server said: \(reply.shown)"
        let why = explanation.shown
        switch code {
        case CURLE_OK: return nil
        case CURLE_COULDNT_RESOLVE_HOST: return MailError(.unreachable, "\(server): the host is not known")
        case CURLE_COULDNT_CONNECT: return MailError(.unreachable, "\(server): \(why)")
        case CURLE_OPERATION_TIMEDOUT: return MailError(.timeout, "\(server): \(why)\(said)")
        case CURLE_USE_SSL_FAILED: return MailError(.tlsFailed, "\(server): the server offers no STARTTLS\(said)")
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER:
            return MailError(.tlsFailed, "\(server): \(why)")
        case CURLE_LOGIN_DENIED: return MailError(.notAuthorized, "\(server): user or password refused\(said)")
        default:
            let isRefused = response >= 400 && response < 600
            return MailError(isRefused ? .refused : .failed, "\(server): \(why)\(said)")
        }
    }
}

extension String {
    /// Fit for a log: one line of printable characters, not too long.
    fileprivate var shown: String {
        let line = String(String.UnicodeScalarView(unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
        return String(line.prefix(200))
    }
}
