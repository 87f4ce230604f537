import HTTPTypes
import JSON
import Logging
import TesseraRuntime

extension AuthAPI {
    /// `POST _log`: what the browser client reports (contract 1.5).
    ///
    /// Anybody can send it, so only a known level and a code of harmless characters reach the log, and nothing else.
    func takeLog(_ exchange: Exchange) -> Answer {
        let levels: [String: Logger.Level] = ["error": .warning, "warn": .notice, "debug": .debug]
        let code = exchange.request.body["code"]?.string ?? ""
        if let level = exchange.request.body["level"]?.string.flatMap({ levels[$0] }),
            (1...64).contains(code.utf8.count),
            code.utf8.allSatisfy({ (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F })
        {
            flow.logger.log(level: level, "browser client reports", metadata: ["code": "\(code)"])
        }
        return Answer(.nothing, status: .ok)
    }
}
