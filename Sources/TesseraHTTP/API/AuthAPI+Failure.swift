import HTTPTypes
import Hummingbird
import Logging
import TesseraCore
import TesseraPages
import TesseraRuntime

extension AuthAPI {
    /// The answer to what went wrong: here errors get their statuses, and those of the operator in `OperatorAPI`.
    func failure(_ error: any Error, _ request: Request) -> Answer {
        switch error {
        case let error as RequestError:
            return refusal(error, request)
        case let error as FlowError:
            return unavailable(error, request)
        case is CancellationError:
            var answer = Answer.error("cancelled", "The request was given up.", status: .serviceUnavailable)
            answer.forbidStoring()
            return answer
        default:
            // Reading the body failed, or random bytes or OpenSSL did: nothing that says anything about a session.
            flow.logger.error("request failed", metadata: ["error": "\(type(of: error))"])
            return unavailable(FlowError(.unavailable, "internal"), request)
        }
    }

    private func refusal(_ error: RequestError, _ request: Request) -> Answer {
        let (code, message, status) = error.description
        guard request.wantsPage else { return .error(code, message, status: status) }
        return page(
            pages.refused(RefusedPage(site: site(of: request), code: code, explanation: message)), status: status)
    }

    /// 503: try again. Never clears a cookie, never says that somebody is signed out (design, promise 2).
    private func unavailable(_ error: FlowError, _ request: Request) -> Answer {
        flow.logger.warning(
            "request not answered", metadata: ["code": "\(error.code.rawValue)", "reason": "\(error.message)"])
        var answer: Answer
        if request.wantsPage {
            let target = request.method == .get ? request.head.path ?? "/" : "/"
            answer = page(
                pages.unavailable(UnavailablePage(site: site(of: request), retryURL: target)),
                status: .serviceUnavailable)
        } else {
            answer = .error(error.code.rawValue, "Try again; nobody was signed out.", status: .serviceUnavailable)
        }
        answer.forbidStoring()
        return answer
    }

    private func site(of request: Request) -> PageSite {
        PageSite(publicURL(of: request) ?? PublicURL(origin: Origin(localhostPort: 3000)))
    }
}
