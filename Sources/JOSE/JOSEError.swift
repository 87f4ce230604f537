/// Why a token, a key or a request to make one was refused.
///
/// The code is stable and may be logged, counted and shown; the message is for people and never contains
/// key material or the content of a token.
package struct JOSEError: Error, Equatable, CustomStringConvertible {
    /// The stable reason.
    package enum Code: String, Sendable, CaseIterable {
        /// The token is longer than the policy's limit.
        case tokenTooLarge = "token_too_large"
        /// Not a compact serialisation, or parts of a length that its algorithms cannot have.
        case tokenMalformed = "token_malformed"
        /// A part is not base64url as RFC 7515, section 2, defines it.
        case encodingMalformed = "encoding_malformed"
        /// The protected header is not a JSON object with unique names and members of the right types.
        case headerMalformed = "header_malformed"
        /// `alg` is not among those that the caller accepts.
        case algorithmNotAccepted = "algorithm_not_accepted"
        /// `enc` is not among those that the caller accepts.
        case encryptionNotAccepted = "encryption_not_accepted"
        /// `typ` is not among those that the caller accepts.
        case typeNotAccepted = "type_not_accepted"
        /// `crit` names an extension; none is understood.
        case criticalNotUnderstood = "critical_not_understood"
        /// `zip` is present.
        case compressionNotSupported = "compression_not_supported"
        /// `b64` is present (RFC 7797).
        case unencodedNotSupported = "unencoded_not_supported"
        /// A parameter of the key management algorithm is missing, malformed or outside the limits.
        case parameterNotAccepted = "parameter_not_accepted"
        /// No key of the caller has the `kid` of the token, or there is no key at all.
        case keyUnknown = "key_unknown"
        /// The key's type, curve, use, operations or algorithm do not allow what was asked.
        case keyUnsuitable = "key_unsuitable"
        /// The key is shorter, or of another length, than the algorithm requires.
        case keyLength = "key_length"
        /// More keys than the limit could be meant.
        case keyAmbiguous = "key_ambiguous"
        /// Not a key: syntax, missing members, or numbers that make no valid key.
        case keyMalformed = "key_malformed"
        /// The token was not sealed with this key, or it was changed. Nothing more is said (RFC 7516, section 11.5).
        case decryptionFailed = "decryption_failed"
        /// The signature or MAC is not this key's over this token.
        case signatureInvalid = "signature_invalid"
        /// More tokens inside tokens than the limit.
        case nestingTooDeep = "nesting_too_deep"
        /// The claims are not a JSON object, or a registered claim has the wrong type.
        case claimsMalformed = "claims_malformed"
        /// A required claim is not there.
        case claimMissing = "claim_missing"
        /// `exp` has passed.
        case tokenExpired = "token_expired"
        /// `nbf` is to come.
        case tokenNotYetValid = "token_not_yet_valid"
        /// `iss` is not among those accepted.
        case issuerNotAccepted = "issuer_not_accepted"
        /// `aud` does not name the reader.
        case audienceNotAccepted = "audience_not_accepted"
        /// What the caller wants to make cannot be made as asked.
        case requestInvalid = "request_invalid"
        /// The source of random bytes failed.
        case randomUnavailable = "random_unavailable"
        /// OpenSSL lacks an algorithm or failed for a reason outside the input.
        case cryptographyUnavailable = "cryptography_unavailable"
    }

    /// The stable reason.
    package let code: Code
    /// What exactly, in a few words.
    package let message: String

    /// An error with a code and a few words.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The code and the message.
    package var description: String { "\(code.rawValue): \(message)" }
}
