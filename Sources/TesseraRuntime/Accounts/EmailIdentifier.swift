import Foundation
import TesseraCore

/// The default normal form of what somebody types as his e-mail address.
public enum EmailIdentifier {
    /// Unicode's form NFKC, then the rules of contract 5.5. Throws for what is no address.
    public static func normalize(_ text: String) throws -> String {
        guard text.utf8.count <= 1024,
            let address = EmailAddress.normalize(text.precomposedStringWithCompatibilityMapping)
        else { throw NotAnAddress() }
        return address
    }

    /// What was typed is no e-mail address.
    public struct NotAnAddress: Error {}
}
