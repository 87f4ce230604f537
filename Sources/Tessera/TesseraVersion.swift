/// The version of Tessera.
package enum TesseraVersion {
    package static let text = "0.1.0"
}
