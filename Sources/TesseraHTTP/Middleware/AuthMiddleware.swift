package import Hummingbird
import NIOCore

/// Answers what is below the base path, and hands on everything else.
package struct AuthMiddleware<Context: RequestContext>: RouterMiddleware {
    private let api: AuthAPI

    package init(api: AuthAPI) { self.api = api }

    package func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        if let response = await api.respond(to: request, peer: context.peerAddress) { return response }
        return try await next(request, context)
    }
}

extension RequestContext {
    /// The address of whoever sent the request to us, where the context knows it.
    var peerAddress: String? { (self as? any RemoteAddressRequestContext)?.remoteAddress?.ipAddress }
}
