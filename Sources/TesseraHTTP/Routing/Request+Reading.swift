import HTTPTypes
import Hummingbird
import NIOCore

extension HTTPFields {
    /// Whether a person looks at the answer.
    var wantPage: Bool { self[.accept]?.contains("text/html") ?? false }
}

extension Request {
    /// Whether a person looks at the answer.
    var wantsPage: Bool { headers.wantPage }

    /// The bytes of the body, up to its end; `nil` where there are more than `limit`.
    func bodyBytes(upTo limit: Int) async throws -> [UInt8]? {
        do {
            return try await Array(body.collect(upTo: limit).readableBytesView)
        } catch is NIOTooManyBytesError {
            return nil
        }
    }
}
