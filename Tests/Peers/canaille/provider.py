"""Runs Canaille, an OpenID provider that others wrote, with what a test needs.

    provider.py CLIENT_ID CLIENT_SECRET REDIRECT_URI POST_LOGOUT_REDIRECT_URI

It takes a free port on 127.0.0.1, prints `ready PORT`, and ends when its standard input does. Everything is in memory.

There are two clients: CLIENT_ID proves who it is in the header, CLIENT_ID-post in the body. The users are `ada` and
`grace`; each has the password `NAME-password` and the address `NAME@example.test`.
"""
import datetime
import os
import secrets
import sys
import threading

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from canaille.backends.sql.backend import Base, SQLBackend
from joserfc.jwk import ECKey, OKPKey, RSAKey
from werkzeug.serving import WSGIRequestHandler, make_server

CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, POST_LOGOUT_REDIRECT_URI = sys.argv[1:]
USERS = {"ada": "Lovelace", "grace": "Hopper"}


def settings(port):
    keys = [
        RSAKey.generate_key(2048, auto_kid=True),
        ECKey.generate_key("P-256", auto_kid=True),
        OKPKey.generate_key("Ed25519", auto_kid=True),
    ]
    return {
        "SECRET_KEY": secrets.token_hex(24),
        "SERVER_NAME": f"127.0.0.1:{port}",
        "PREFERRED_URL_SCHEME": "http",
        # So short that the access token is to be renewed at once.
        "OAUTH2_TOKEN_EXPIRES_IN": {"authorization_code": 30, "refresh_token": 30},
        "CANAILLE": {"DATABASE": "sql", "JAVASCRIPT": False, "HTMX": False, "CAPTCHA_ENABLED": False},
        "CANAILLE_SQL": {"DATABASE_URI": "sqlite://"},
        "CANAILLE_OIDC": {"ACTIVE_JWKS": [key.as_dict(private=True) for key in keys]},
    }


def client(name, authentication, algorithm):
    made = models.Client(
        client_id=name,
        client_secret=CLIENT_SECRET,
        client_id_issued_at=datetime.datetime.now(datetime.timezone.utc),
        client_name="The application",
        client_uri="https://app.example",
        redirect_uris=[REDIRECT_URI],
        post_logout_redirect_uris=[POST_LOGOUT_REDIRECT_URI],
        grant_types=["authorization_code", "refresh_token"],
        response_types=["code"],
        scope=["openid", "profile", "email", "offline_access"],
        token_endpoint_auth_method=authentication,
        id_token_signed_response_alg=algorithm,
    )
    Backend.instance.save(made)
    # Otherwise its tokens are for nobody.
    made.audience = [made]
    Backend.instance.save(made)


def seed():
    Base.metadata.create_all(SQLBackend.engine)
    with Backend.instance.session():
        for name, family in USERS.items():
            Backend.instance.save(models.User(
                user_name=name, given_name=name.capitalize(), family_name=family,
                formatted_name=f"{name.capitalize()} {family}", emails=[f"{name}@example.test"],
                password=f"{name}-password",
            ))
        client(CLIENT_ID, "client_secret_basic", "RS256")
        client(f"{CLIENT_ID}-post", "client_secret_post", "ES256")


class Quiet(WSGIRequestHandler):
    def log(self, kind, message, *args):
        pass


def end_with_input():
    sys.stdin.read()
    os._exit(0)


def main():
    threading.Thread(target=end_with_input, daemon=True).start()
    # One thread for all of it, because a database in memory is that of its connection, and so of its thread.
    http = make_server("127.0.0.1", 0, None, request_handler=Quiet)
    http.app = create_app(settings(http.server_port), init_backend=False)
    with http.app.app_context():
        seed()
    print("ready", http.server_port, flush=True)
    http.serve_forever()


main()
