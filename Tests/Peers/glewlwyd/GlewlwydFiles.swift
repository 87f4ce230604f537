import Foundation
import RedisServers

/// What Glewlwyd needs to start: a database with its tables and its administrator, and a configuration.
struct GlewlwydFiles {
    static let program = "/usr/bin/glewlwyd"
    /// On Debian and Ubuntu. The second one only keeps the first one's installation from wanting a database server.
    static let packages = "glewlwyd dbconfig-sqlite3"
    /// Not the one among the documents, which small systems leave out.
    private static let schema = "/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3"

    let origin: String
    let configuration: String
    private let folder: String

    init() async throws {
        folder = try ProcessFolder.make("glewlwyd")
        let port = try FreePort.next()
        origin = "http://127.0.0.1:\(port)"
        configuration = "\(folder)/glewlwyd.conf"
        let text = Self.text(port: port, origin: origin, database: "\(folder)/glewlwyd.db")
        try Data(text.utf8).write(to: URL(filePath: configuration))
        // In one transaction, for each of its own is written to the disk.
        _ = try await ChildProcess.run(["sqlite3", "\(folder)/glewlwyd.db", "BEGIN", ".read \(Self.schema)", "COMMIT"])
    }

    func remove() { ProcessFolder.remove(folder) }

    private static func text(port: Int, origin: String, database: String) -> String {
        """
        port = \(port)
        bind_address = "127.0.0.1"
        external_url = "\(origin)"
        login_url = "login.html"
        api_prefix = "api"
        static_files_path = "/usr/share/glewlwyd/webapp/"
        static_files_mime_types = ({ extension = ".html"; mime_type = "text/html"; })
        log_mode = "console"
        log_level = "INFO"
        cookie_secure = 0
        cookie_same_site = "empty"
        session_expiration = 3600
        session_key = "GLEWLWYD_SESSION"
        admin_session_authentication = "cookie"
        profile_session_authentication = "cookie"
        admin_scope = "g_admin"
        profile_scope = "g_profile"
        user_module_path = "/usr/lib/glewlwyd/user"
        client_module_path = "/usr/lib/glewlwyd/client"
        user_auth_scheme_module_path = "/usr/lib/glewlwyd/scheme"
        plugin_module_path = "/usr/lib/glewlwyd/plugin"
        hash_algorithm = "SHA512"
        database = { type = "sqlite3"; path = "\(database)"; };

        """
    }
}
