import JSON
import TesseraCore

/// The claims of a token as they are read: those that Tessera reserves, by their meaning, and the others as they are.
struct TokenClaims {
    private(set) var others = JSONObject(capacity: 8)
    private(set) var issuedAt: Timestamp?
    private(set) var expires: Timestamp?
    private(set) var notBefore: Timestamp?
    private(set) var isWellFormed = true
    private var session: JSONValue?
    private var generation: JSONValue?
    private var token: JSONValue?
    private var userEpoch: JSONValue?
    private var deploymentEpoch: JSONValue?
    private var authenticated: JSONValue?
    private var fresh: JSONValue?
    private var adopted: JSONValue?

    /// The claims whose meaning is Tessera's; a callback cannot set them.
    static func isReserved(_ name: String) -> Bool {
        switch name {
        case "iat", "exp", "nbf", "jti", "sid", "gen", "epoch", "depoch", "auth_time", "fresh", "adopted": true
        default: false
        }
    }

    /// Claims without those that are reserved.
    static func withoutReserved(_ claims: JSONObject) -> JSONObject {
        guard claims.members.contains(where: { isReserved($0.name) }) else { return claims }
        return JSONObject(claims.members.filter { !isReserved($0.name) })
    }

    mutating func take(_ member: JSONObject.Member) {
        switch member.name {
        case "iat": issuedAt = moment(member.value)
        case "exp": expires = moment(member.value)
        case "nbf": notBefore = moment(member.value)
        case "sid": session = member.value
        case "gen": generation = member.value
        case "jti": token = member.value
        case "epoch": userEpoch = member.value
        case "depoch": deploymentEpoch = member.value
        case "auth_time": authenticated = member.value
        case "fresh": fresh = member.value
        case "adopted": adopted = member.value
        default: others.append(unique: member)
        }
    }

    /// A `NumericDate` (RFC 7519, section 2); anything else makes the claims malformed.
    private mutating func moment(_ value: JSONValue) -> Timestamp? {
        guard let number = value.number, abs(number) < 1e15 else {
            isWellFormed = false
            return nil
        }
        return Timestamp(seconds: Int64(number.rounded(.down)))
    }

    /// The `jti`, where it can be one.
    var id: TokenID? { token?.string.flatMap { TokenID($0) } }

    /// The token of ours that these claims are; `nil` where they are not, as with NextAuth.js, whose application may
    /// well use some of our names for its own.
    var ownToken: SessionToken? {
        guard let session = session?.string.flatMap({ SessionID($0) }), let generation = generation?.counter,
            let fresh = fresh?.integer, let id, let authenticated = authenticated?.integer, let issuedAt, let expires,
            let user = others["sub"]?.string.flatMap({ UserID($0) })
        else { return nil }
        return SessionToken(
            user: user, session: session, generation: Generation(generation),
            userEpoch: Epoch(userEpoch?.counter ?? 0), deploymentEpoch: Epoch(deploymentEpoch?.counter ?? 0), id: id,
            issuedAt: issuedAt, expires: expires, freshUntil: Timestamp(seconds: fresh),
            authenticatedAt: Timestamp(seconds: authenticated),
            adoptedUntil: adopted?.integer.map { Timestamp(seconds: $0) }, claims: others)
    }

    /// The payload of a token: the application's claims first, then ours; epochs only where they were ever raised.
    static func payload(of token: SessionToken) -> JSONObject {
        var payload = token.claims
        payload.append(unique: ("iat", .integer(token.issuedAt.seconds)))
        payload.append(unique: ("exp", .integer(token.expires.seconds)))
        payload.append(unique: ("jti", .string(token.id.text)))
        payload.append(unique: ("sid", .string("\(token.session)")))
        payload.append(unique: ("gen", .integer(Int64(token.generation.number))))
        if token.userEpoch > .initial { payload.append(unique: ("epoch", .integer(Int64(token.userEpoch.number)))) }
        if token.deploymentEpoch > .initial {
            payload.append(unique: ("depoch", .integer(Int64(token.deploymentEpoch.number))))
        }
        if let adopted = token.adoptedUntil { payload.append(unique: ("adopted", .integer(adopted.seconds))) }
        payload.append(unique: ("auth_time", .integer(token.authenticatedAt.seconds)))
        payload.append(unique: ("fresh", .integer(token.freshUntil.seconds)))
        return payload
    }
}

extension JSONValue {
    /// A generation's or an epoch's number.
    fileprivate var counter: UInt32? { integer.flatMap { UInt32(exactly: $0) } }
}
