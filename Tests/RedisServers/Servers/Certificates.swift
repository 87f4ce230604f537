import Foundation

/// Certificates for TLS, made once by `openssl`.
package struct Certificates: Sendable {
    /// A certificate that a server can present; the raw value is the name of its files.
    package enum Server: String, Sendable, CaseIterable {
        /// For `localhost` and `127.0.0.1`.
        case valid
        /// Like `valid`, but its time is over.
        case expired
        /// For another host.
        case wrongHost = "wrong-host"
        /// Like `valid`, but of an authority that nobody trusts.
        case unknownAuthority = "stranger"
    }

    package static let shared = Result { try Certificates() }

    private let folder: String

    private static let script = """
        set -eu
        cd "$0"
        key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }
        authority() { key "$1"; openssl req -x509 -new -key "$1.key" -subj "/CN=$1" -days 30 -out "$1.pem"; }
        # NAME AUTHORITY DAYS NAMES
        certificate() {
            key "$1"
            printf 'subjectAltName=%s\\n' "$4" > "$1.ext"
            openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
            openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days "$3" \
                -extfile "$1.ext" -out "$1.pem"
        }
        authority authority
        authority stranger-authority
        certificate valid authority 30 DNS:localhost,IP:127.0.0.1
        certificate expired authority -1 DNS:localhost,IP:127.0.0.1
        certificate wrong-host authority 30 DNS:redis.example,IP:192.0.2.1
        certificate stranger stranger-authority 30 DNS:localhost,IP:127.0.0.1
        certificate client authority 30 DNS:client.example
        """

    private init() throws {
        folder = try Watchdog.shared.get().folder + "/certificates"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", Self.script, folder]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw RedisServersError("openssl made no certificates") }
    }

    /// The authority that signed all but the stranger's.
    package var authority: String { path("authority.pem") }
    /// A client's certificate, and its key.
    package var client: String { path("client.pem") }
    package var clientKey: String { path("client.key") }

    func path(_ name: String) -> String { "\(folder)/\(name)" }
}
