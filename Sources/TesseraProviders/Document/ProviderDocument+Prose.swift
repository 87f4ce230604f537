extension ProviderDocument {
    /// What comes before the table.
    static let header = """
        # Providers

        (Made from the provider table by `tessera providers`; a test fails where it is out of date.)

        A provider is named and gets its parameters, in the file:

        ```yaml
        providers:
          github:
            clientId: Iv1.0123456789abcdef
            clientSecret: 0123456789abcdef
          keycloak:
            clientId: app
            clientSecret: 0123456789abcdef
            issuer: https://id.example.com/realms/main
          partners:
            provider: keycloak
            name: Partners
            clientId: app
            clientSecret: 0123456789abcdef
            issuer: https://id.partner.example/realms/main
        ```

        or in the environment, as Auth.js reads it: `AUTH_GITHUB_ID` and `AUTH_GITHUB_SECRET`, further parameters as
        `AUTH_KEYCLOAK_ISSUER`; hyphens become underscores (`AUTH_AZURE_AD_B2C_TENANT_ID`). Whoever has an id in the
        environment is a provider. The file counts less than the environment.

        The callback URL to register is `<url>/callback/<provider>`, such as
        `https://example.com/api/auth/callback/github`. A wrong or missing parameter keeps the program from starting, and
        `tessera check` names all of them.

        ## Settings of every provider

        | name | default | meaning |
        | --- | --- | --- |
        | `provider` | the name itself | the entry of the table; so one entry can be used twice |
        | `name` | the entry's | the name on the button |
        | `clientId`, `clientSecret` | | what the provider has given out |
        | `scope` | the entry's | the scopes to ask for |
        | `authorizationParameters` | none | further parameters of the authorization request, by name |
        | `endpoints` | the entry's | `discovery`, `authorization`, `token`, `userinfo` in other places |
        | `clientAuthentication` | the entry's | `client_secret_basic`, `client_secret_post`, `client_secret_jwt`, `private_key_jwt`, `none` |
        | `clientKey` | none | the private key for `private_key_jwt`, as PEM |
        | `idTokenAlgorithm` | the entry's | the one algorithm that ID tokens may be signed with, such as `ES256` |
        | `pkce`, `nonce` | as suits the provider | whether they are used; `state` always is |
        | `completesProfile` | `true` | whether further requests complete the profile (photos, addresses) |
        | `allowDangerousEmailAccountLinking` | `false` | whether an account there is linked to the user with the same address ([Accounts.md](Accounts.md)) |
        | `federatedSignOut` | `never` | whether signing out goes on to the provider: `never`, `ask` (the user chooses), `always`; OpenID Connect only ([Accounts.md](Accounts.md#8-signing-out-together)) |
        | `backChannelLogout` | `false` | whether the provider may end sessions here; OpenID Connect only |
        | `tenants` | any | the tenants that may sign in |
        | `privateNetwork` | `false` | whether it may be in a private network and without TLS, for providers of your own |
        | `facts` | `recommended` | `v4` for strictly those of NextAuth.js v4 |
        | `definition` | none | the facts of a provider that the table does not have, in its schema |

        ## A provider of your own

        `definition` takes the schema of the table (`Sources/TesseraProviders/Resources/providers.json`). An OpenID
        Connect provider needs no more than this:

        ```yaml
        providers:
          example:
            clientId: app
            clientSecret: 0123456789abcdef
            definition:
              name: Example
              protocol: oidc
              issuer: https://id.example.com
              discovery: {url: https://id.example.com/.well-known/openid-configuration}
              authorization: {fromDiscovery: true, params: {scope: openid profile email}}
              token: {fromDiscovery: true, method: POST, auth: client_secret_basic, authFromDiscovery: true}
              idToken: {signingAlg: RS256}
              profileSource: id_token
              profile: {id: /sub, name: /name, email: /email, image: /picture}
        ```

        ## What is checked

        Every sign-in has a `state` of its own, PKCE where the provider does not refuse it, and a nonce with OpenID Connect;
        parallel sign-ins of one browser have cookies of their own. An `iss` that comes back must be the provider's, and must
        be there where the provider promises it. ID tokens are verified with the provider's keys and the one configured
        algorithm, whatever their header says: issuer, audience, `azp`, times within 10 seconds, nonce, `at_hash`. A profile
        from elsewhere must be of the same subject. Keys are fetched once however many wait for them, again where a token's
        key is not among them, and at most every ten seconds.

        Requests to providers take 3.5 seconds at most and read 1 MiB at most, follow no redirect, and go to public addresses
        only, which is checked on the address that is connected to; `privateNetwork` lifts that for one provider.

        """

    /// Which providers run beside the tests, and what was seen with them.
    static let real = """
        ## Providers that run for real

        Three OpenID providers run beside the tests, on the machine itself. One is made for the tests, on Authlib: strict, and
        wrong in one way at a time on request (below). The other two were written by others and know nothing of Tessera; users
        sign in on their own pages, with their own passwords:

        | provider | what is tried with it |
        | --- | --- |
        | [Canaille](https://pypi.org/project/canaille/) 0.3.6, in Python | sign-in with PKCE, `state`, `nonce` and `iss`, RS256 with `client_secret_basic`, ES256 with `client_secret_post`; the profile from the ID token and from the userinfo endpoint; renewed tokens; sign-out that goes on to it and comes back; a user who says no |
        | [Glewlwyd](https://packages.debian.org/glewlwyd), in C, from the system's packages | sign-in, renewal and sign-out in the same way, with RS256, ES256 and EdDSA; `response_mode=form_post`; its own logout tokens, which are refused (below) |

        Seen with them, and how it ends:

        | what it does | what happens | why |
        | --- | --- | --- |
        | Canaille: `auth_time` with a fraction, `aud` in a list | accepted | the standard has numbers there, and lists |
        | Canaille: status 500 for a second token within a second | the application is told to try again; the refresh token stays | a provider that fails has not said that the grant has ended |
        | Glewlwyd: `at_hash` and `c_hash` of EdDSA tokens made with SHA-256 | accepted, as with SHA-512 | no standard says which is EdDSA's, and either binds as well |
        | Glewlwyd: a logout token without `exp` | refused | it follows a draft; the standard demands `exp` (Back-Channel Logout 1.0, section 2.4) |
        | Glewlwyd: `iss` percent-encoded within the form of `form_post` | refused | it is compared as it is (RFC 9207, section 2.4); without `iss` that provider is fine |
        """

    /// What comes after it: what of a provider's faults is accepted, and why.
    static let faults = """
        ## Faults of providers that are accepted

        The tests sign in at a provider with 49 faults, one after the other. All but these end in a refusal:

        | fault | what happens | why |
        | --- | --- | --- |
        | an ID token without `kid` | accepted if one of the provider's keys fits | the standard leaves `kid` out where there is one key, and providers do |
        | `expires_in` as a text | read as a number | providers do, and no check depends on it |
        | no e-mail address | signed in without one | 18 providers never give one |
        | an address that is not verified | signed in; the address does not count as verified, so nothing is linked by it | the user is known by his id |
        | another address than before | signed in with it | addresses change; the user is known by his id |
        """

    /// What of the table was tried, and what could not be.
    static let tried = """
        ## What was tried, and what could not be

        Of the 105 entries, 94 are signed in through in the tests, whole, at a server that is made from the entry's own
        facts and refuses a request that is not as they say; those that have facts of NextAuth.js v4 and newer ones, with
        both. Twitter is tried with OAuth 2.0 and with OAuth 1.0a. The other eleven:

        | entries | how they are tried |
        | --- | --- |
        | `email`, `nodemailer` | with a real SMTP server that demands STARTTLS and a password, and one that refuses |
        | `forwardemail`, `loops`, `mailgun`, `postmark`, `resend`, `sendgrid` | each request, against what its facts say |
        | `credentials` | with a check in code, and as the `authorize` webhook; by name alone it cannot be configured |
        | `passkey`, `webauthn` | not at all: there are no passkeys here yet, and configuring one stops the program |

        No request was ever sent to a vendor: that takes an account with each of them, and some accept nobody any more.
        So the tests show that requests and answers are as the facts say, and not that the facts still hold.

        Of the 53 special behaviours (`quirks`), 43 are tried at such servers, by tests that name them or by the entry's own
        sign-in. These could not be:

        | quirk | why |
        | --- | --- |
        | `webauthn-ceremony` | it is not carried out |
        | `instagram-basic-display-closed`, `medium-closed` | the vendor has closed: only the warning at the start is tried |
        | `eveonline-verify-deprecated`, `todoist-sync-version` | what the vendor has in place of it is not used; the entry is tried as its facts have it |
        | `b2c-claims-must-be-enabled` | it is set up at the vendor; what is missing from the token is null |
        | `bitbucket-no-email`, `twitter-no-email` | there is nothing to carry out: no address comes, and none is asked for |
        | `image-not-hotlinkable` | it is for whoever shows the picture |
        | `freshbooks-v3-option-names` | it is about options of NextAuth.js; the entry is tried as its facts have it |
        """
}
