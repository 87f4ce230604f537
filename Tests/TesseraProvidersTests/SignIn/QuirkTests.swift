import JOSE
import JSON
import TesseraCore
import TesseraRuntime
import Testing

@testable import TesseraProviders

@Suite("Quirks of OAuth 2.0 providers", .timeLimit(.minutes(2)))
struct QuirkTests {
    private typealias Script = ScriptedProvider

    @Test("github-primary-email: only a verified address is taken, the primary one first")
    func githubEmail() async throws {
        var script = Script("github")
        script.answers["https://github.com/login/oauth/access_token"] = Script.tokens()
        script.answers["https://api.github.com/user"] = Script.json(["id": 1, "login": "ada", "email": nil])
        let cases: [(JSONValue, String?)] = [
            ([["email": "p@x.example", "primary": true, "verified": true]], "p@x.example"),
            ([["email": "p@x.example", "primary": true, "verified": false]], nil),
            (
                [
                    ["email": "p@x.example", "primary": true, "verified": false],
                    ["email": "v@x.example", "primary": false, "verified": true],
                ], "v@x.example"
            ),
        ]
        for (addresses, email) in cases {
            script.answers["https://api.github.com/user/emails"] = Script.json(addresses)
            let outcome = try await script.run()
            #expect(try outcome.user.user.email == email)
            #expect(try outcome.user.user.name == "ada")
        }
        script.answers["https://api.github.com/user/emails"] = nil
        #expect(try await script.run().user.user.email == nil, "a request that fails leaves the profile as it is")
    }

    @Test("116 callback-iss-parameter: GitHub's iss is compared where it is there, and may be missing")
    func githubIssuer() async throws {
        var script = Script("github")
        script.answers["https://github.com/login/oauth/access_token"] = Script.tokens()
        script.answers["https://api.github.com/user"] = Script.json(["id": 1, "email": "a@x.example"])
        #expect(try await script.run().user.user.id == "1")
        script.back["iss"] = "https://github.com/login/oauth"
        #expect(try await script.run().user.user.id == "1")
        script.back["iss"] = "https://evil.example"
        let outcome = try await script.run()
        #expect(outcome.failure?.cause == "iss_mismatch")
        #expect(outcome.seen.isEmpty, "the code went nowhere")
    }

    @Test("116 A provider without an issuer of record is not measured by an iss")
    func strangeIssuer() async throws {
        var script = spotify()
        script.back["iss"] = "https://accounts.spotify.com"
        #expect(try await script.run().user.user.id == "s")
    }

    private func spotify() -> Script {
        var script = Script("spotify")
        script.answers["https://accounts.spotify.com/api/token"] = Script.tokens()
        script.answers["https://api.spotify.com/v1/me"] = Script.json(["id": "s"])
        return script
    }

    @Test(
        "discord-default-avatar: the picture of who has none is computed",
        arguments: [
            ("0", "20971525", "https://cdn.discordapp.com/embed/avatars/5.png"),
            ("1337", "175928847299117063", "https://cdn.discordapp.com/embed/avatars/2.png"),
        ])
    func discord(discriminator: String, id: String, image: String) async throws {
        var script = Script("discord")
        script.answers["https://discord.com/api/oauth2/token"] = Script.tokens()
        script.answers["https://discord.com/api/users/@me"] = Script.json([
            "id": .string(id), "username": "ada", "discriminator": .string(discriminator), "avatar": nil,
            "email": "a@x.example", "verified": false,
        ])
        let end = try await script.run().user
        #expect(end.user.image == image)
        #expect(end.isEmailVerified == false)
        script.answers["https://discord.com/api/users/@me"] = Script.json([
            "id": .string(id), "username": "ada", "discriminator": "0", "avatar": "a_hash",
        ])
        #expect(try await script.run().user.user.image == "https://cdn.discordapp.com/avatars/\(id)/a_hash.gif")
    }

    @Test("wechat-app-id: id and secret in the query, the fragment, errcode, and no id without unionid")
    func wechat() async throws {
        var script = Script("wechat")
        let token = "https://api.weixin.qq.com/sns/oauth2/access_token"
        script.answers[token] = { _ in .json(["access_token": "t", "openid": "o"] as JSONValue) }
        script.answers["https://api.weixin.qq.com/sns/userinfo"] = Script.json(["unionid": "u", "nickname": "n"])
        let good = try await script.run()
        #expect(good.begin.url.hasSuffix("#wechat_redirect"))
        #expect(good.address["appid"] == "client")
        #expect(good.seen(token)?.query("secret") == "secret-of-32-bytes-0123456789-abc")
        #expect(try good.user.account.tokens["token_type"] == "bearer")
        #expect(good.seen("https://api.weixin.qq.com/sns/userinfo")?.headers["authorization"] == nil)
        script.answers["https://api.weixin.qq.com/sns/userinfo"] = Script.json(["openid": "o", "nickname": "n"])
        #expect(try await script.run().failure?.code == .profile)
        script.answers[token] = { _ in .json(["errcode": 40029, "errmsg": "invalid code"] as JSONValue) }
        #expect(try await script.run().failure?.cause == "token_error")
    }

    @Test("vk-token-response and tiktok-client-key: failures that arrive with status 200 are failures")
    func failuresIn200() async throws {
        var vk = Script("vk")
        vk.answers["https://oauth.vk.com/access_token"] = Script.tokens(["email": "Vk@x.example", "user_id": 5])
        vk.answers["https://api.vk.com/method/users.get"] = Script.json(["response": [["id": 5, "first_name": "V"]]])
        let end = try await vk.run().user
        #expect(end.user.id == "5" && end.user.email == "vk@x.example")
        vk.answers["https://api.vk.com/method/users.get"] = Script.json(["error": ["error_code": 5]])
        #expect(try await vk.run().failure?.cause == "response_malformed")

        var tiktok = Script("tiktok")
        let profile = "https://open.tiktokapis.com/v2/user/info/"
        tiktok.answers["https://open.tiktokapis.com/v2/oauth/token/"] = Script.tokens()
        tiktok.answers[profile] = Script.json(["data": ["user": ["open_id": "o"]], "error": ["code": "ok"]])
        let outcome = try await tiktok.run()
        #expect(try outcome.user.user.id == "o")
        #expect(outcome.address["client_key"] == "client")
        tiktok.answers[profile] = Script.json(["data": ["user": ["open_id": "o"]], "error": ["code": "scope"]])
        #expect(try await tiktok.run().failure?.cause == "response_malformed")
    }

    @Test("twitch-token-response: a list of scopes is joined, a failure without error is one")
    func twitch() async throws {
        var script = Script.openID("twitch", issuer: "https://id.twitch.tv/oauth2")
        let usual = try #require(script.answers["https://id.twitch.tv/token"])
        script.answers["https://id.twitch.tv/token"] = { request in
            var object = (try? JSONObject(parsing: usual(request).body)) ?? JSONObject()
            object["scope"] = ["openid", "user:read:email"]
            return .json(.object(object))
        }
        let outcome = try await script.run()
        #expect(try outcome.user.account.tokens["scope"] == "openid user:read:email")
        #expect(
            outcome.address["claims"] == "{\"id_token\":{\"email\":null,\"picture\":null,\"preferred_username\":null}}")
        script.answers["https://id.twitch.tv/token"] = { _ in
            .json(["status": 400, "message": "Invalid authorization code"] as JSONValue, status: 400)
        }
        let failure = try await script.run().failure
        #expect(failure?.cause == "token_error" && failure?.message.contains("invalid_request") == true)
    }

    @Test("microsoft-error-in-200: an error is one whatever the status")
    func errorIn200() async throws {
        var script = spotify()
        script.answers["https://accounts.spotify.com/api/token"] = Script.tokens(["error": "invalid_grant"])
        let failure = try await script.run().failure
        #expect(failure?.cause == "token_error" && failure?.message.contains("invalid_grant") == true)
    }

    @Test(
        "103, 104 boxyhq-tenant-product, workos-connection-selector, reddit-refresh-duration: what may be forwarded, no more"
    )
    func forwarded() async throws {
        let all = [
            "tenant": "t", "product": "p", "connection": "c", "organization": "o", "provider": "x", "domain": "d",
            "duration": "permanent", "login_hint": "ada", "prompt": "login", "ui_locales": "de",
            "client_id": "evil", "redirect_uri": "https://evil.example", "scope": "everything", "state": "fixed",
            "response_type": "token", "nonce": "fixed", "code_challenge": "fixed", "code_challenge_method": "plain",
        ]
        let allowed: [String: Set<String>] = [
            "boxyhq-saml": ["tenant", "product"], "workos": ["connection", "organization", "provider", "domain"],
            "reddit": ["duration"], "spotify": [],
        ]
        for (id, names) in allowed {
            var script = Script(id, id == "boxyhq-saml" ? ["issuer": "https://saml.example"] : [:])
            script.begin = all
            let address = try await script.run().address
            for name in ["tenant", "product", "connection", "organization", "domain", "duration"] {
                #expect((address[name] != nil) == names.contains(name), "\(id): \(name)")
            }
            for name in ["login_hint", "prompt", "ui_locales"] { #expect(address[name] == all[name]) }
            #expect(address["client_id"] == "client" && address["redirect_uri"] == EverySignInTests.callback)
            #expect(
                address["response_type"] == "code" && address["state"] != "fixed" && address["scope"] != "everything")
            #expect(address["nonce"] != "fixed" && address["code_challenge"] != "fixed")
            #expect(address["code_challenge_method"] != "plain")
        }
    }

    @Test("104 What the operator adds cannot replace what makes a journey safe either")
    func reserved() async throws {
        var script = Script("spotify")
        script.settings.authorizationParameters = [
            "client_id": "evil", "redirect_uri": "https://evil.example", "response_type": "token", "state": "fixed",
            "show_dialog": "true",
        ]
        let address = try await script.run().address
        #expect(address["client_id"] == "client" && address["redirect_uri"] == EverySignInTests.callback)
        #expect(address["response_type"] == "code" && address["state"] != "fixed")
        #expect(address["show_dialog"] == "true")
    }

    @Test("empty-scope and scope-left-implicit: nothing takes the place of an empty scope, and FACEIT gets one")
    func scopes() async throws {
        for id in ["kakao", "trakt", "wikimedia", "zoom", "netlify"] {
            #expect(try await Script(id).run().address["scope"] == nil, "\(id)")
        }
        #expect(try await Script("faceit").run().address["scope"] == "openid email profile")
        #expect(try await Script("dribbble").run().address["scope"] == "public")
        var own = Script("spotify")
        own.settings.scope = "user-read-private"
        #expect(try await own.run().address["scope"] == "user-read-private")
    }

    @Test("zoho-regional-hosts: endpoints can be in other places")
    func zoho() async throws {
        var script = Script("zoho")
        script.settings.endpoints = .init(
            authorization: "https://accounts.zoho.eu/oauth/v2/auth", token: "https://accounts.zoho.eu/oauth/v2/token",
            userinfo: "https://accounts.zoho.eu/oauth/user/info")
        script.answers["https://accounts.zoho.eu/oauth/v2/token"] = Script.tokens(["api_domain": "https://x.example"])
        script.answers["https://accounts.zoho.eu/oauth/user/info"] = Script.json(["ZUID": 7])
        let outcome = try await script.run()
        #expect(outcome.address.url == "https://accounts.zoho.eu/oauth/v2/auth")
        #expect(try outcome.user.account.tokens["api_domain"] == "https://x.example")
    }

    @Test("user-agent-required: every request has one, the configured one")
    func userAgent() async throws {
        var script = spotify()
        script.settings.userAgent = "example.com sign-in"
        let seen = try await script.run().seen
        #expect(seen.count == 2 && seen.allSatisfy { $0.headers["user-agent"] == "example.com sign-in" })
    }

    @Test("token-in-url: HubSpot's token is encoded into the path, and no Authorization is sent")
    func hubspot() async throws {
        var script = Script("hubspot")
        script.answers["https://api.hubapi.com/oauth/v1/token"] = { _ in .json(["access_token": "a/b?c"] as JSONValue) }
        script.answers["https://api.hubapi.com/oauth/v1/access-tokens/a/b?c"] = Script.json([
            "user_id": 3, "user": "H@x.example",
        ])
        let outcome = try await script.run()
        #expect(try outcome.user.user.email == "h@x.example")
        #expect(outcome.seen.last?.headers["authorization"] == nil)
    }

    @Test("threads-flat-response: the fields are found inside data and outside")
    func threads() async throws {
        var script = Script("threads")
        script.answers["https://graph.threads.net/oauth/access_token"] = Script.tokens()
        for profile in [["id": "9", "username": "t"], ["data": ["id": "9", "username": "t"]]] as [JSONValue] {
            script.answers["https://graph.threads.net/v1.0/me"] = Script.json(profile)
            #expect(try await script.run().user.user.name == "t")
        }
    }

    @Test("114 An ID token that nobody asked for is neither verified nor kept")
    func uninvited() async throws {
        var script = spotify()
        script.answers["https://accounts.spotify.com/api/token"] = Script.tokens(["id_token": "not-even-a-token"])
        #expect(try await script.run().user.account.tokens["id_token"] == nil)
    }
}
