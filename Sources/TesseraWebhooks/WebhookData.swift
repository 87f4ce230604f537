import JSON
import TesseraCore
import TesseraRuntime
import TesseraTokens

/// What messages say. Never a provider's tokens, nor a session token.
enum WebhookData {
    static func user(_ profile: UserProfile) -> JSONObject {
        var object: JSONObject = ["id": .string(profile.id)]
        object["name"] = profile.name.map(JSONValue.string)
        object["email"] = profile.email.map(JSONValue.string)
        object["image"] = profile.image.map(JSONValue.string)
        return object
    }

    static func account(_ account: Account) -> JSONObject {
        [
            "provider": .string(account.provider), "type": .string(account.type.rawValue),
            "providerAccountId": .string(account.providerAccountID),
        ]
    }

    static func attempt(_ attempt: SignInAttempt) -> JSONObject {
        var object: JSONObject = [
            "user": .object(user(attempt.user)), "account": .object(account(attempt.account)),
        ]
        object["profile"] = attempt.profile.map(JSONValue.object)
        object["credentials"] = attempt.credentials.map { .object(withoutFrame($0)) }
        if attempt.isEmailRequest { object["email"] = ["verificationRequest": true] }
        return object
    }

    static func jwt(_ request: JWTRequest) -> JSONObject {
        var object: JSONObject = ["token": .object(request.token)]
        object["user"] = request.user.map { .object(user($0)) }
        object["account"] = request.account.map { .object(account($0)) }
        object["profile"] = request.profile.map(JSONValue.object)
        object["isNewUser"] = request.isNewUser.map(JSONValue.bool)
        object["trigger"] = request.trigger.map { .string($0.rawValue) }
        object["session"] = request.session
        return object
    }

    static func credentials(_ credentials: Credentials, _ request: SignInRequest, provider: String) -> JSONObject {
        var object: JSONObject = [
            "provider": .string(provider), "credentials": .object(withoutFrame(credentials.body)),
        ]
        object["address"] = request.origin.address.map(JSONValue.string)
        object["userAgent"] = request.origin.userAgent.map(JSONValue.string)
        return object
    }

    /// The fields of a form without those that are ours.
    private static func withoutFrame(_ body: JSONObject) -> JSONObject {
        var body = body
        for name in ["csrfToken", "callbackUrl", "json"] { body[name] = nil }
        return body
    }

    /// Which event tells of something, and what it says.
    static func event(_ occurrence: Occurrence) -> (event: WebhookSettings.Event, data: JSONObject) {
        switch occurrence {
        case .signIn(let event): (.signIn, signIn(event))
        case .signOut(let event):
            (.signOut, ["user": .string("\(event.token.user)"), "sid": .string("\(event.token.session)")])
        case .sessionsEnded(let event): (.sessionsEnded, ended(event))
        case .createUser(let event): (.createUser, ["user": .object(user(event.user))])
        case .updateUser(let event): (.updateUser, ["user": .object(user(event.user))])
        case .linkAccount(let event): (.linkAccount, changed(event))
        case .unlinkAccount(let event): (.unlinkAccount, changed(event))
        }
    }

    static func signIn(_ event: Events.SignIn) -> JSONObject {
        var object: JSONObject = [
            "user": .object(user(event.user)), "account": .object(account(event.account)),
            "sid": .string("\(event.session)"),
        ]
        object["isNewUser"] = event.isNewUser.map(JSONValue.bool)
        return object
    }

    static func ended(_ event: Events.SessionsEnded) -> JSONObject {
        var object: JSONObject = [
            "user": .string("\(event.user)"), "reason": .string(event.reason.rawValue),
            "sids": .array(event.sessions.map { .string("\($0)") }),
        ]
        object["reuse"] = event.reuse.map { .string($0.rawValue) }
        return object
    }

    static func changed(_ event: Events.AccountChanged) -> JSONObject {
        var object: JSONObject = [
            "user": .object(user(event.user)), "account": .object(account(event.account)),
        ]
        object["profile"] = event.profile.map { .object(user($0)) }
        return object
    }
}

/// What answers mean. One that means nothing is an error, never a yes or a no.
enum WebhookAnswer {
    private static func malformed(_ question: String) -> WebhookError {
        WebhookError(.malformed, "the answer to \(question) says nothing that is known")
    }

    /// `{"user": {"id", "name", "email", "image"}}`; `null` for wrong credentials; `{"error": text}` for the user to see.
    static func user(_ answer: JSONObject) throws -> UserProfile? {
        if let text = answer["error"]?.string { throw SignInRejection(text) }
        switch answer["user"] {
        case .null: return nil
        case .object(let user):
            guard let id = user["id"]?.string ?? user["id"]?.integer.map({ String($0) }) else {
                throw malformed("authorize")
            }
            var attributes = user
            for name in ["id", "name", "email", "image"] { attributes[name] = nil }
            return UserProfile(
                id: id, name: user["name"]?.string, email: user["email"]?.string, image: user["image"]?.string,
                attributes: attributes)
        default: throw malformed("authorize")
        }
    }

    /// `{"allow": true}`, `{"allow": false}`, `{"redirect": url}` or `{"error": text}`.
    static func verdict(_ answer: JSONObject) throws -> SignInVerdict {
        if let text = answer["error"]?.string { throw SignInRejection(text) }
        if let url = answer["redirect"]?.string { return .redirect(url) }
        guard let allow = answer["allow"]?.bool else { throw malformed("signIn") }
        return allow ? .allow : .deny
    }

    /// `{"token": claims}`; `null` ends the session.
    static func token(_ answer: JSONObject) throws -> JSONObject? {
        switch answer["token"] {
        case .null: return nil
        case .object(let claims): return claims
        default: throw malformed("jwt")
        }
    }

    /// `{"session": answer}`.
    static func session(_ answer: JSONObject) throws -> JSONObject {
        guard let session = answer["session"]?.object else { throw malformed("session") }
        return session
    }

    /// `{"url": url}`.
    static func url(_ answer: JSONObject) throws -> String {
        guard let url = answer["url"]?.string else { throw malformed("redirect") }
        return url
    }
}
