"""An OpenID provider for tests, on Authlib and Flask: strict while it works, and wrong in one way at a time on request.

    provider.py CLIENT_ID CLIENT_SECRET REDIRECT_URI POST_LOGOUT_REDIRECT_URI

It takes a free port on 127.0.0.1, prints `ready PORT`, and ends when its standard input does. There is one user, and
nobody is asked for a password: whoever comes to /authorize is that user.

    GET  /control/faults            all faults, by the step that they concern
    PUT  /control/faults            {"name": "..."} or {"name": null}
    POST /control/rotate            new keys; the old ones are gone
    GET  /control/requests          every request that was made to it
    DELETE /control/requests        forgets them
    POST /control/logout-token      {"claims": {...}, "header": {...}}: a logout token with these on top of the usual ones
    GET  /control/sessions          the sid of every session, in the order in which they began
    PUT  /control/backchannel       {"uri": "..."}: where it tells that somebody has signed out
    GET  /control/backchannel       what was answered there
"""
import base64
import hashlib
import hmac
import json
import os
import secrets
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin, TokenMixin, grants
from authlib.oauth2.rfc6750 import BearerTokenValidator
from authlib.oauth2.rfc7636 import CodeChallenge
from flask import Flask, g, jsonify, redirect, request
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey
from werkzeug.serving import WSGIRequestHandler, make_server

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

FAULTS = {
    "discovery": ["issuer_mismatch", "discovery_500", "discovery_slow", "discovery_html"],
    "keys": ["jwks_500", "jwks_empty", "jwks_slow", "jwks_no_kid"],
    "authorization": ["state_missing", "state_wrong", "iss_wrong", "iss_missing", "access_denied"],
    "token": [
        "token_500", "token_slow", "token_html", "token_redirect", "token_no_id_token", "token_type_mac",
        "token_expires_string", "token_huge",
    ],
    "id_token": [
        "alg_none", "sig_bad", "sig_other_key", "hs256_secret", "hs256_pubkey", "iss_wrong_in_token", "aud_wrong",
        "aud_extra_no_azp", "azp_wrong", "nonce_wrong", "nonce_missing", "exp_past", "exp_missing", "iat_future",
        "nbf_future", "sub_missing", "at_hash_wrong", "kid_missing", "kid_unknown", "crit_header", "jku_header",
        "jwk_header",
    ],
    "profile": [
        "userinfo_sub_other", "userinfo_500", "userinfo_html", "email_unverified", "email_missing", "email_other",
    ],
}
# Not wrong, only less: no page to sign out at.
WITHOUT = ["no_logout"]
CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, POST_LOGOUT_REDIRECT_URI = sys.argv[1:5]
SLOW = 3.0
USER = {"sub": "user-1", "name": "Ada Example", "email": "Ada@Example.test", "email_verified": True}


@dataclass
class State:
    """What the provider remembers; one lock for all of it."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    fault: str | None = None
    keys: list = field(default_factory=list)
    codes: dict = field(default_factory=dict)
    tokens: dict = field(default_factory=dict)
    requests: list = field(default_factory=list)
    sessions: dict = field(default_factory=dict)
    backchannel: str | None = None
    told: list = field(default_factory=list)
    issuer: str = ""


state = State()
app = Flask(__name__)
app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True


def wrong(name):
    """Whether this fault is asked for."""
    return state.fault == name


def fresh_keys():
    return [ECKey.generate_key("P-256", auto_kid=True), RSAKey.generate_key(2048, auto_kid=True)]


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


# --- what Authlib wants to know


class TheClient(ClientMixin):
    client_id = CLIENT_ID

    def get_client_id(self):
        return CLIENT_ID

    def get_default_redirect_uri(self):
        return None

    def get_allowed_scope(self, scope):
        return " ".join(word for word in (scope or "").split() if word in ("openid", "profile", "email"))

    def check_redirect_uri(self, uri):
        return uri == REDIRECT_URI

    def check_client_secret(self, secret):
        return secrets.compare_digest(secret, CLIENT_SECRET)

    def check_endpoint_auth_method(self, method, endpoint):
        return method in ("client_secret_basic", "client_secret_post")

    def check_response_type(self, kind):
        return kind == "code"

    def check_grant_type(self, kind):
        return kind in ("authorization_code", "refresh_token")


class TheUser(dict):
    def get_user_id(self):
        return self["sub"]


@dataclass
class IssuedCode(AuthorizationCodeMixin):
    code: str
    redirect_uri: str
    scope: str
    nonce: str | None
    code_challenge: str | None
    code_challenge_method: str | None
    sid: str

    def get_redirect_uri(self):
        return self.redirect_uri

    def get_scope(self):
        return self.scope


@dataclass
class IssuedToken(TokenMixin):
    scope: str
    expires_in: int
    refresh: bool = False
    revoked: bool = False

    def check_client(self, client):
        return True

    def get_scope(self):
        return self.scope

    def get_expires_in(self):
        return self.expires_in

    def is_expired(self):
        return False

    def is_revoked(self):
        return self.revoked


class CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]

    def save_authorization_code(self, code, asked):
        values = asked.payload.data
        with state.lock:
            state.codes[code] = IssuedCode(
                code, values.get("redirect_uri"), asked.payload.scope, values.get("nonce"),
                values.get("code_challenge"), values.get("code_challenge_method"), secrets.token_hex(8))

    def query_authorization_code(self, code, client):
        with state.lock:
            found = state.codes.pop(code, None)
        if found:
            g.nonce, g.sid = found.nonce, found.sid
        return found

    def delete_authorization_code(self, code):
        pass

    def authenticate_user(self, code):
        return TheUser(USER)


class RefreshGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, text):
        with state.lock:
            token = state.tokens.get(text)
        return token if token and token.refresh and not token.revoked else None

    def authenticate_user(self, token):
        return TheUser(USER)

    def revoke_old_credential(self, token):
        token.revoked = True


class Challenge(CodeChallenge):
    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]


class Presented(BearerTokenValidator):
    def authenticate_token(self, text):
        with state.lock:
            token = state.tokens.get(text)
        return token if token and not token.refresh else None


def save_token(token, asked):
    scope = token.get("scope", "")
    with state.lock:
        state.tokens[token["access_token"]] = IssuedToken(scope, token["expires_in"])
        if "refresh_token" in token:
            state.tokens[token["refresh_token"]] = IssuedToken(scope, token["expires_in"], refresh=True)
    if "openid" in scope.split() and not wrong("token_no_id_token"):
        token["id_token"] = id_token(token["access_token"])
        with state.lock:
            state.sessions[token["id_token"]] = g.get("sid")


server = AuthorizationServer(
    app, query_client=lambda name: TheClient() if name == CLIENT_ID else None, save_token=save_token)
server.register_grant(CodeGrant, [Challenge(required=True)])
server.register_grant(RefreshGrant)
protector = ResourceProtector()
protector.register_token_validator(Presented())


# --- ID tokens, right and wrong


def usual_claims(access):
    now = int(time.time())
    digest = hashlib.sha256(access.encode()).digest()
    claims = {
        "iss": state.issuer, "sub": USER["sub"], "aud": CLIENT_ID, "iat": now, "exp": now + 300,
        "at_hash": encoded(digest[:16]),
    }
    if g.get("nonce"):
        claims["nonce"] = g.nonce
    if g.get("sid"):
        claims["sid"] = g.sid
    return claims


def spoilt(claims):
    now = int(time.time())
    changes = {
        "iss_wrong_in_token": {"iss": "https://evil.example"}, "aud_wrong": {"aud": "another-client"},
        "aud_extra_no_azp": {"aud": [CLIENT_ID, "another-client"]}, "azp_wrong": {"azp": "another-client"},
        "nonce_wrong": {"nonce": "another-nonce"}, "exp_past": {"iat": now - 7200, "exp": now - 3600},
        "iat_future": {"iat": now + 86400, "exp": now + 90000}, "nbf_future": {"nbf": now + 86400},
        "at_hash_wrong": {"at_hash": "A" * 22},
    }
    claims.update(changes.get(state.fault, {}))
    missing = {"nonce_missing": "nonce", "exp_missing": "exp", "sub_missing": "sub"}.get(state.fault)
    if missing:
        claims.pop(missing, None)
    return claims


def id_token(access):
    return signed(spoilt(usual_claims(access)))


def signed(claims, more=None):
    """Made by hand: a library would refuse to make some of these."""
    key = state.keys[0]
    header = {"alg": "ES256", "kid": key.kid, "typ": "JWT", **(more or {})}
    shared = None
    if wrong("alg_none"):
        header = {"alg": "none"}
    elif wrong("hs256_secret"):
        header, shared = {"alg": "HS256"}, CLIENT_SECRET.encode()
    elif wrong("hs256_pubkey"):
        header = {"alg": "HS256", "kid": state.keys[1].kid}
        shared = state.keys[1].as_pem(private=False)
    elif wrong("kid_missing"):
        del header["kid"]
    elif wrong("kid_unknown"):
        header["kid"] = "nobody"
    elif wrong("crit_header"):
        header.update(crit=["urn:example:unknown"], **{"urn:example:unknown": 1})
    elif state.fault in ("sig_other_key", "jku_header", "jwk_header"):
        key = ECKey.generate_key("P-256")
        if wrong("jku_header"):
            header["jku"] = state.issuer + "/trap"
        if wrong("jwk_header"):
            header["jwk"] = key.as_dict(private=False)
    text = encoded(json.dumps(header).encode()) + "." + encoded(json.dumps(claims).encode())
    if wrong("alg_none"):
        return text + "."
    if shared:
        signature = hmac.new(shared, text.encode(), "sha256").digest()
    else:
        signature = jws.JWSRegistry.algorithms["ES256"].sign(text.encode(), key)
    if wrong("sig_bad"):
        signature = bytes([signature[0] ^ 1]) + signature[1:]
    return text + "." + encoded(signature)


# --- the provider's pages


@app.before_request
def note():
    if request.path.startswith("/control/"):
        return
    with state.lock:
        state.requests.append({
            "method": request.method, "host": request.host, "path": request.path,
            "query": request.query_string.decode(), "body": request.get_data(as_text=True, cache=True),
            "authorization": request.headers.get("Authorization", ""),
        })


@app.get("/.well-known/openid-configuration")
def discovery():
    if wrong("discovery_500"):
        return "out of order", 500
    if wrong("discovery_html"):
        return "<h1>Maintenance</h1>"
    if wrong("discovery_slow"):
        time.sleep(SLOW)
    document = {
        "issuer": "https://evil.example" if wrong("issuer_mismatch") else state.issuer,
        "authorization_endpoint": state.issuer + "/authorize", "token_endpoint": state.issuer + "/token",
        "userinfo_endpoint": state.issuer + "/userinfo", "jwks_uri": state.issuer + "/keys",
        "end_session_endpoint": state.issuer + "/logout", "response_types_supported": ["code"],
        "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "authorization_response_iss_parameter_supported": True,
    }
    if wrong("no_logout"):
        del document["end_session_endpoint"]
    return jsonify(document)


@app.get("/keys")
def keys():
    if wrong("jwks_500"):
        return "out of order", 500
    if wrong("jwks_slow"):
        time.sleep(SLOW)
    published = []
    for key in state.keys if not wrong("jwks_empty") else []:
        entry = {**key.as_dict(private=False), "use": "sig"}
        if wrong("jwks_no_kid"):
            entry.pop("kid", None)
        published.append(entry)
    return jsonify({"keys": published})


@app.get("/authorize")
def authorize():
    grant = server.get_consent_grant(end_user=TheUser(USER))
    if wrong("access_denied"):
        location = REDIRECT_URI + "?" + urllib.parse.urlencode(
            {"error": "access_denied", "state": request.args.get("state", "")})
    else:
        location = server.create_authorization_response(grant=grant, grant_user=TheUser(USER)).headers["Location"]
    parts = urllib.parse.urlsplit(location)
    values = dict(urllib.parse.parse_qsl(parts.query))
    if not wrong("iss_missing"):
        values["iss"] = "https://evil.example" if wrong("iss_wrong") else state.issuer
    if wrong("state_missing"):
        values.pop("state", None)
    if wrong("state_wrong"):
        values["state"] = "another" + values.get("state", "")
    return redirect(urllib.parse.urlunsplit(parts._replace(query=urllib.parse.urlencode(values))))


@app.post("/token")
def token():
    if wrong("token_500"):
        return "out of order", 500
    if wrong("token_html"):
        return "<h1>Sign in to the network</h1>"
    if wrong("token_slow"):
        time.sleep(SLOW)
    if wrong("token_redirect"):
        # The same machine under another name: another origin.
        return redirect(request.host_url.replace("127.0.0.1", "localhost") + "trap", 307)
    answer = server.create_token_response()
    if answer.status_code != 200:
        return answer
    values = answer.get_json()
    if wrong("token_type_mac"):
        values["token_type"] = "mac"
    if wrong("token_expires_string"):
        values["expires_in"] = str(values["expires_in"])
    if wrong("token_huge"):
        values["padding"] = "x" * (32 << 20)
    answer.set_data(json.dumps(values))
    return answer


@app.get("/userinfo")
@protector("openid")
def userinfo():
    if wrong("userinfo_500"):
        return "out of order", 500
    if wrong("userinfo_html"):
        return "<h1>Hello</h1>"
    values = dict(USER)
    if wrong("userinfo_sub_other"):
        values["sub"] = "user-2"
    if wrong("email_unverified"):
        values["email_verified"] = False
    if wrong("email_missing"):
        del values["email"], values["email_verified"]
    if wrong("email_other"):
        values["email"] = "bob@example.test"
    return jsonify(values)


@app.get("/logout")
def logout():
    """RP-initiated: nobody is asked, if the hint is an ID token of this client's."""
    hint, back = request.args.get("id_token_hint"), request.args.get("post_logout_redirect_uri")
    with state.lock:
        sid = state.sessions.pop(hint, None)
    if sid is None or request.args.get("client_id") != CLIENT_ID or back != POST_LOGOUT_REDIRECT_URI:
        return "Do you want to sign out?", 400
    if state.backchannel:
        tell({"sub": USER["sub"], "sid": sid})
    query = urllib.parse.urlencode({"state": request.args["state"]} if "state" in request.args else {})
    return redirect(back + "?" + query)


def tell(claims):
    """Back-channel: the client is told, and what it answers is kept."""
    form = urllib.parse.urlencode({"logout_token": signed({**logout_claims(), **claims}, {"typ": "logout+jwt"})})
    try:
        with urllib.request.urlopen(state.backchannel, form.encode(), timeout=20) as answer:
            status, headers = answer.status, answer.headers
    except urllib.error.HTTPError as error:
        status, headers = error.code, error.headers
    with state.lock:
        state.told.append({"status": status, "cacheControl": headers.get("Cache-Control", "")})


@app.route("/trap", methods=["GET", "POST"])
def trap():
    """Nobody is to come here: the log shows who did, and with what."""
    return jsonify({"keys": []})


# --- what tests ask of it


@app.route("/control/faults", methods=["GET", "PUT"])
def faults():
    if request.method == "PUT":
        name = request.get_json()["name"]
        if name is not None and not any(name in names for names in [*FAULTS.values(), WITHOUT]):
            return jsonify({"error": "unknown"}), 400
        with state.lock:
            state.fault = name
    return jsonify(FAULTS)


@app.post("/control/rotate")
def rotate():
    with state.lock:
        state.keys = fresh_keys()
    return "", 204


@app.route("/control/requests", methods=["GET", "DELETE"])
def requests_():
    with state.lock:
        if request.method == "DELETE":
            state.requests.clear()
        return jsonify(state.requests)


def logout_claims():
    now = int(time.time())
    return {
        "iss": state.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 120, "jti": secrets.token_hex(8),
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    }


@app.post("/control/logout-token")
def logout_token():
    asked = request.get_json()
    claims = {**logout_claims(), **asked["claims"]}
    return signed({name: value for name, value in claims.items() if value is not None}, asked.get("header"))


@app.get("/control/sessions")
def sessions():
    with state.lock:
        return jsonify([sid for sid in state.sessions.values() if sid])


@app.route("/control/backchannel", methods=["GET", "PUT"])
def backchannel():
    with state.lock:
        if request.method == "PUT":
            state.backchannel = request.get_json()["uri"]
        return jsonify(state.told)


class Quiet(WSGIRequestHandler):
    def log(self, kind, message, *args):
        pass


def main():
    state.keys = fresh_keys()
    http = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    state.issuer = f"http://127.0.0.1:{http.server_port}"
    threading.Thread(target=http.serve_forever, daemon=True).start()
    print("ready", http.server_port, flush=True)
    sys.stdin.read()


main()
