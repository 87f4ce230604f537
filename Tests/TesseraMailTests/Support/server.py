"""A mail server for tests, on aiosmtpd: prints its port, then one line of JSON for every message that it takes.

Arguments: none | starttls | implicit, then optional | required | off (AUTH), then the files of certificate and key.
Recipients decide what happens: refused@ is refused, later@ is refused for now, full@ is refused after the message,
silent@ gets no answer, gone@ cuts the connection.
"""
import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

tls, auth, certificate, key = sys.argv[1:5]
context = None
if tls != "none":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)


def authenticate(server, session, envelope, mechanism, data):
    known = isinstance(data, LoginPassword) and (data.login, data.password) == (b"mailer", "geheim ü".encode())
    return AuthResult(success=known, handled=False)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        if name == "refused":
            return "550 5.1.1 nobody of that name"
        if name == "later":
            return "451 4.7.1 try again later"
        if name == "gone":
            server.transport.abort()
        if name == "silent":
            await asyncio.sleep(3600)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        if any(address.startswith("full@") for address in envelope.rcpt_tos):
            return "552 5.2.2 mailbox full"
        message = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        part = lambda kind: message.get_body((kind,)).get_content()
        print(json.dumps({
            "from": envelope.mail_from, "to": envelope.rcpt_tos, "tls": session.ssl is not None or tls == "implicit",
            "authenticated": bool(session.authenticated), "peer": str(session.peer),
            "headers": {name: str(value) for name, value in message.items()},
            "text": part("plain"), "html": part("html"),
            "longest": max(len(line) for line in envelope.original_content.split(b"\r\n")),
            "defects": [repr(defect) for p in message.walk() for defect in p.defects],
        }), flush=True)
        return "250 2.0.0 taken"


def session():
    return SMTP(
        Handler(), hostname="mail.test", ident="test", authenticator=None if auth == "off" else authenticate,
        auth_required=auth == "required", auth_require_tls=tls == "starttls", enable_SMTPUTF8=True,
        tls_context=context if tls == "starttls" else None, require_starttls=tls == "starttls")


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        session, host="127.0.0.1", port=0, ssl=context if tls == "implicit" else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    # Ends with the test, however that ends.
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
