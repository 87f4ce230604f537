/// Special behaviour of providers that the table's data alone cannot express. Closed: an unknown one is an error.
///
/// Each says where it is carried out. Those that are only about operators stand in `Docs/Providers.md`.
package enum ProviderQuirk: String, Sendable, Hashable, CaseIterable {
    // Apple and Microsoft
    /// `OAuthProvider+Token`: the client secret is a JWT that we sign.
    case appleClientSecretJWT = "apple-client-secret-jwt"
    /// `AuthAPI+FormPost`, for every provider: what is posted comes again with a GET.
    case formPostCallback = "form-post-callback"
    /// `OAuthProvider+Finish`: the posted `user` becomes `/user` of the profile.
    case appleFormPostUser = "apple-form-post-user"
    /// `IssuerRule.tenantTemplate`.
    case microsoftTenantIssuer = "microsoft-tenant-issuer"
    /// `TokenResponse`: an `error` is one whatever the status.
    case microsoftErrorIn200 = "microsoft-error-in-200"
    /// `OAuthProvider+Profile`: the photo becomes a data URL of limited size.
    case azurePhotoFetch = "azure-photo-fetch"
    /// `IssuerRule.fromMetadata`, and `tfp` or `acr` must name the flow.
    case b2cIssuerFromMetadata = "b2c-issuer-from-metadata"
    /// For operators.
    case b2cClaimsMustBeEnabled = "b2c-claims-must-be-enabled"
    /// `OAuthProvider+Token`: the body is the entry's own.
    case azureDevOpsAssertionGrant = "azure-devops-assertion-grant"

    // GitHub and other code hosts
    /// `OAuthProvider+Profile`: only a verified address is taken.
    case githubPrimaryEmail = "github-primary-email"
    /// `OAuthProvider+Finish`: `iss` is compared where it is there.
    case callbackIssParameter = "callback-iss-parameter"
    /// For operators.
    case bitbucketNoEmail = "bitbucket-no-email"

    // X, Discord, games
    /// `OAuth1Provider`.
    case twitterOAuth1 = "twitter-oauth1"
    /// `ProfileQuirks`: the full-size picture.
    case twitterLegacyImageSize = "twitter-legacy-image-size"
    /// For operators.
    case twitterNoEmail = "twitter-no-email"
    /// `ProfileQuirks`: the picture of who has none is computed.
    case discordDefaultAvatar = "discord-default-avatar"
    /// The entry's own placeholders; no scope is sent.
    case bungieMembershipID = "bungie-membership-id"
    /// `OAuthProvider+Begin`: state is always sent.
    case stateRequired = "state-required"
    /// For operators.
    case eveOnlineVerifyDeprecated = "eveonline-verify-deprecated"

    // Meta, TikTok, WeChat, VK
    /// `ProviderWarnings`.
    case instagramBasicDisplayClosed = "instagram-basic-display-closed"
    /// The entry's own mapping.
    case threadsFlatResponse = "threads-flat-response"
    /// `ProfileQuirks`: an `error` whose `code` is not `ok` is a failure.
    case tiktokClientKey = "tiktok-client-key"
    /// `OAuthProvider+Begin`: the fragment; `TokenResponse`: `errcode`; `ProfileQuirks`: why there is no id.
    case wechatAppID = "wechat-app-id"
    /// `TokenResponse` and `ProfileQuirks`: an `error` object with status 200 is a failure.
    case vkTokenResponse = "vk-token-response"
    /// `OutboundRequest`: URLs are never logged, and no `Authorization` is sent.
    case tokenInURL = "token-in-url"

    // Enterprise sign-on
    /// `SignInParameters`: `tenant` and `product` of the sign-in request are forwarded.
    case boxyHQTenantProduct = "boxyhq-tenant-product"
    /// `SignInParameters`: `connection`, `organization`, `provider` and `domain` are forwarded.
    case workOSConnectionSelector = "workos-connection-selector"
    /// `OAuthProvider+Begin`: state and PKCE all the same.
    case salesforceNoChecks = "salesforce-no-checks"
    /// The newer facts are used; `IssuerRule` accepts the issuer of either time.
    case linkedInV4Mixed = "linkedin-v4-mixed"
    /// Only a 401's `WWW-Authenticate` would mean anything; we read none.
    case fusionAuthWWWAuthenticate = "fusionauth-www-authenticate"
    /// `OAuthProvider+Profile`: JSON is read whatever its content type; the URL's own query stays.
    case netSuiteUserinfoRestlet = "netsuite-userinfo-restlet"
    /// `OAuthProvider+Profile`: the answer is a signed JWT.
    case userinfoSignedJWT = "userinfo-signed-jwt"
    /// `IDTokenRules`: the key is the client secret.
    case idTokenHS256 = "id-token-hs256"

    // Small deviations
    /// The newer facts' POST.
    case dropboxUserinfoPost = "dropbox-userinfo-post"
    /// `OAuthProvider+Begin`: an empty scope is not sent, and none takes its place.
    case emptyScope = "empty-scope"
    /// `OAuthProvider+Begin`: `openid email profile` is sent.
    case scopeLeftImplicit = "scope-left-implicit"
    /// The entry's default.
    case dribbbleScopeDefault = "dribbble-scope-default"
    /// `SignInParameters`: `duration` may be configured, and is forwarded.
    case redditRefreshDuration = "reddit-refresh-duration"
    /// `OutboundRequest`: a `User-Agent` is always sent.
    case userAgentRequired = "user-agent-required"
    /// `TokenResponse`: a list of scopes is joined; `message` is the description of an error.
    case twitchTokenResponse = "twitch-token-response"
    /// The entry's own body.
    case todoistSyncVersion = "todoist-sync-version"
    /// The entry's own shape.
    case freshbooksV3OptionNames = "freshbooks-v3-option-names"
    /// `ProviderSettings.endpoints`: hosts can be replaced.
    case zohoRegionalHosts = "zoho-regional-hosts"
    /// `ProviderSettings.id`: two instances have two ids.
    case instanceScopedAccountID = "instance-scoped-account-id"
    /// For operators.
    case imageNotHotlinkable = "image-not-hotlinkable"
    /// `ProviderWarnings`.
    case mediumClosed = "medium-closed"

    // E-mail, credentials, passkeys: carried out by those kinds of provider.
    case emailVerificationToken = "email-verification-token"
    case emailIdentifierNormalisation = "email-identifier-normalisation"
    case emailHTMLSafety = "email-html-safety"
    case loopsTemplateVariables = "loops-template-variables"
    case mailgunDomainFromSender = "mailgun-domain-from-sender"
    case credentialsAuthorizeHook = "credentials-authorize-hook"
    case webAuthnCeremony = "webauthn-ceremony"
}
