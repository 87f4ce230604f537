#!/usr/bin/env python3
"""Makes joserfc.json and jwcrypto.json, tokens of every algorithm by two independent libraries, rsa1_5.json,
tokens of RSA1_5 with malformed blocks, and pss.json, signatures with other salts and masks.

    python3 -m venv environment
    environment/bin/pip install joserfc jwcrypto
    environment/bin/python make_vectors.py

Keys, initialisation vectors and salts are new at every run, so the files change as a whole. What a library
cannot do is listed under "unsupported" with its own words, and a test knows the list.
"""

import base64
import importlib.metadata
import json
import os
import pathlib
import warnings

import joserfc.jwk
from joserfc import jwe as joserfc_jwe
from joserfc import jws as joserfc_jws
from jwcrypto import jwe as jwcrypto_jwe
from jwcrypto import jwk as jwcrypto_jwk
from jwcrypto import jws as jwcrypto_jws

warnings.simplefilter("ignore")

FOLDER = pathlib.Path(__file__).parent
PAYLOAD = "The watchword of tonight is tessera – ✓".encode()

ENCRYPTIONS = ["A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512", "A128GCM", "A192GCM", "A256GCM"]
CONTENT_KEY_BYTES = dict(zip(ENCRYPTIONS, [32, 48, 64, 16, 24, 32]))
AGREEMENTS = ["ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW"]
AGREEMENT_CURVES = ["P-256", "P-384", "P-521", "X25519", "X448"]
SIGNATURES = {
    "HS256": "oct-32", "HS384": "oct-48", "HS512": "oct-64",
    "RS256": "RSA", "RS384": "RSA", "RS512": "RSA", "PS256": "RSA", "PS384": "RSA", "PS512": "RSA",
    "ES256": "P-256", "ES384": "P-384", "ES512": "P-521",
}


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def make_keys():
    keys = {f"oct-{count}": {"kty": "oct", "k": text(os.urandom(count))} for count in (16, 24, 32, 48, 64)}
    keys["password"] = {"kty": "oct", "k": text("correct horse – battery staple".encode())}
    keys["RSA"] = json.loads(jwcrypto_jwk.JWK.generate(kty="RSA", size=2048).export())
    for curve in ("P-256", "P-384", "P-521"):
        keys[curve] = json.loads(jwcrypto_jwk.JWK.generate(kty="EC", crv=curve).export())
    for curve in ("Ed25519", "Ed448", "X25519", "X448"):
        keys[curve] = json.loads(jwcrypto_jwk.JWK.generate(kty="OKP", crv=curve).export())
    for key in keys.values():
        key.pop("kid", None)
    return keys


def signed_cases():
    for alg, key in SIGNATURES.items():
        yield alg, key
    yield "EdDSA", "Ed25519"
    yield "EdDSA", "Ed448"


def sealed_cases(every_encryption):
    """Each alg with each enc, or with one of them in turn so that each enc comes up."""
    turn = 0
    plain = {
        "RSA1_5": "RSA", "RSA-OAEP": "RSA", "RSA-OAEP-256": "RSA",
        "A128KW": "oct-16", "A192KW": "oct-24", "A256KW": "oct-32",
        "A128GCMKW": "oct-16", "A192GCMKW": "oct-24", "A256GCMKW": "oct-32",
        "PBES2-HS256+A128KW": "password", "PBES2-HS384+A192KW": "password", "PBES2-HS512+A256KW": "password",
    }
    for enc in ENCRYPTIONS:
        yield "dir", enc, f"oct-{CONTENT_KEY_BYTES[enc]}"
    for alg, key in plain.items():
        chosen = ENCRYPTIONS if every_encryption else [ENCRYPTIONS[turn % 6]]
        turn += 1
        for enc in chosen:
            yield alg, enc, key
    for alg in AGREEMENTS:
        for curve in AGREEMENT_CURVES:
            everything = every_encryption and curve in ("P-256", "X25519")
            chosen = ENCRYPTIONS if everything else [ENCRYPTIONS[turn % 6]]
            turn += 1
            for enc in chosen:
                yield alg, enc, curve


def header(alg, enc=None):
    members = {"alg": alg}
    if enc:
        members["enc"] = enc
    if alg.startswith("PBES2"):
        members["p2c"] = 1000
        members["p2s"] = text(os.urandom(16))
    return members


class JoseRFC:
    name = "joserfc"
    every_encryption = True

    @staticmethod
    def key(jwk):
        return joserfc.jwk.import_key(jwk)

    @classmethod
    def seal(cls, jwk, alg, enc):
        return joserfc_jwe.encrypt_compact(header(alg, enc), PAYLOAD, cls.key(jwk), algorithms=[alg, enc])

    @classmethod
    def sign(cls, jwk, alg):
        return joserfc_jws.serialize_compact(header(alg), PAYLOAD, cls.key(jwk), algorithms=[alg])

    @classmethod
    def open(cls, jwk, token, alg, enc):
        return joserfc_jwe.decrypt_compact(token, cls.key(jwk), algorithms=[alg, enc]).plaintext

    @classmethod
    def verify(cls, jwk, token, alg):
        return joserfc_jws.deserialize_compact(token, cls.key(jwk), algorithms=[alg]).payload


class JWCrypto:
    name = "jwcrypto"
    every_encryption = False

    @staticmethod
    def key(jwk):
        return jwcrypto_jwk.JWK(**jwk)

    @classmethod
    def seal(cls, jwk, alg, enc):
        token = jwcrypto_jwe.JWE(PAYLOAD, json.dumps(header(alg, enc)), algs=[alg, enc])
        token.add_recipient(cls.key(jwk))
        return token.serialize(compact=True)

    @classmethod
    def sign(cls, jwk, alg):
        token = jwcrypto_jws.JWS(PAYLOAD)
        token.allowed_algs = [alg]
        token.add_signature(cls.key(jwk), alg, json.dumps(header(alg)))
        return token.serialize(compact=True)

    @classmethod
    def open(cls, jwk, token, alg, enc):
        opened = jwcrypto_jwe.JWE(algs=[alg, enc])
        opened.deserialize(token, key=cls.key(jwk))
        return opened.payload

    @classmethod
    def verify(cls, jwk, token, alg):
        verified = jwcrypto_jws.JWS()
        verified.allowed_algs = [alg]
        verified.deserialize(token, key=cls.key(jwk), alg=alg)
        return verified.payload


LIBRARIES = [JoseRFC, JWCrypto]


def make(library):
    keys = make_keys()
    signed, sealed, unsupported = [], [], []
    for alg, key in signed_cases():
        try:
            signed.append({"alg": alg, "key": key, "token": library.sign(keys[key], alg)})
        except Exception as error:
            unsupported.append({"alg": alg, "key": key, "reason": f"{type(error).__name__}: {error}"})
    for alg, enc, key in sealed_cases(library.every_encryption):
        try:
            sealed.append({"alg": alg, "enc": enc, "key": key, "token": library.seal(keys[key], alg, enc)})
        except Exception as error:
            unsupported.append(
                {"alg": alg, "enc": enc, "key": key, "reason": f"{type(error).__name__}: {error}"})
    return {
        "library": f"{library.name} {importlib.metadata.version(library.name)}",
        "payload": text(PAYLOAD), "keys": keys, "signed": signed, "sealed": sealed, "unsupported": unsupported,
    }


def make_rsa1_5():
    """Tokens whose RSA block is wrong in every way that matters, besides one that is right. The content is always
    sealed with the key that the block would have, so that only the check of the block can refuse the token."""
    jwk = make_keys()["RSA"]
    modulus = int.from_bytes(base64.urlsafe_b64decode(jwk["n"] + "=="), "big")
    exponent = int.from_bytes(base64.urlsafe_b64decode(jwk["e"] + "=="), "big")
    size = (modulus.bit_length() + 7) // 8
    alg, enc = "RSA1_5", "A128CBC-HS256"
    content_key = os.urandom(32)

    def sealed(key_bytes, block):
        # Sealed by hand, because libraries take no block of one's own (RFC 7518, section 5.2.2.1).
        from cryptography.hazmat.primitives import hashes, hmac, padding
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
        protected = text(json.dumps({"alg": alg, "enc": enc}, separators=(",", ":")).encode())
        vector = os.urandom(16)
        padder = padding.PKCS7(128).padder()
        encryptor = Cipher(algorithms.AES(key_bytes[16:32]), modes.CBC(vector)).encryptor()
        ciphertext = encryptor.update(padder.update(PAYLOAD) + padder.finalize()) + encryptor.finalize()
        code = hmac.HMAC(key_bytes[:16], hashes.SHA256())
        code.update(protected.encode() + vector + ciphertext + (len(protected) * 8).to_bytes(8, "big"))
        encrypted = block if isinstance(block, bytes) else pow(block, exponent, modulus).to_bytes(size, "big")
        return ".".join(
            [protected, text(encrypted), text(vector), text(ciphertext), text(code.finalize()[:16])])

    def block(first, second, filler, separator, key_bytes):
        data = bytes([first, second]) + filler + bytes([separator]) + key_bytes
        assert len(data) == size
        return int.from_bytes(data, "big")

    filler = bytes(1 + byte % 255 for byte in os.urandom(size - 3 - 32))
    with_zero = filler[:20] + b"\0" + filler[21:]
    early_zero = b"\0" + filler[1:]
    long_key = content_key + os.urandom(16)
    short_key = content_key[:24]
    cases = {
        "right": sealed(content_key, block(0, 2, filler, 0, content_key)),
        "wrong first byte": sealed(content_key, block(1, 2, filler, 0, content_key) % modulus),
        "wrong block type": sealed(content_key, block(0, 1, filler, 0, content_key)),
        "no separator": sealed(content_key, block(0, 2, filler, 7, content_key)),
        "zero in the filler": sealed(content_key, block(0, 2, with_zero, 0, content_key)),
        "zero at the start of the filler": sealed(content_key, block(0, 2, early_zero, 0, content_key)),
        "longer key": sealed(content_key, block(0, 2, filler[:-16], 0, long_key)),
        "shorter key": sealed(
            short_key + bytes(8), block(0, 2, filler + bytes([5] * 8), 0, short_key)),
        "all zero": sealed(bytes(32), 0),
        "number above the modulus": sealed(content_key, b"\xff" * size),
        "encrypted key of one byte": sealed(content_key, b"\x01"),
        "encrypted key one byte too long": sealed(
            content_key, b"\0" + pow(block(0, 2, filler, 0, content_key), exponent, modulus).to_bytes(size, "big")),
    }
    return {"payload": text(PAYLOAD), "key": jwk, "cases": [{"name": k, "token": v} for k, v in cases.items()]}


def make_pss():
    """Signatures that are valid RSASSA-PSS, but not as RFC 7518, section 3.5, wants it, besides one that is."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding
    jwk = make_keys()["RSA"]
    key = joserfc.jwk.import_key(jwk).private_key
    message = f"{text(json.dumps({'alg': 'PS256'}).encode())}.{text(PAYLOAD)}"
    cases = {
        "right": (hashes.SHA256(), 32), "no salt": (hashes.SHA256(), 0), "salt of 20 bytes": (hashes.SHA256(), 20),
        "longest salt": (hashes.SHA256(), 222), "mask by SHA-1": (hashes.SHA1(), 32),
        "mask by SHA-512": (hashes.SHA512(), 32),
    }
    tokens = []
    for name, (mask, count) in cases.items():
        signature = key.sign(message.encode(), padding.PSS(padding.MGF1(mask), count), hashes.SHA256())
        tokens.append({"name": name, "token": f"{message}.{text(signature)}"})
    return {"payload": text(PAYLOAD), "key": jwk, "cases": tokens}


if __name__ == "__main__":
    result = make_pss()
    (FOLDER / "pss.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    print(f"pss.json: {len(result['cases'])} cases")
    result = make_rsa1_5()
    (FOLDER / "rsa1_5.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    print(f"rsa1_5.json: {len(result['cases'])} cases")
    for library in LIBRARIES:
        result = make(library)
        path = FOLDER / f"{library.name}.json"
        path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
        print(f"{path.name}: {len(result['signed'])} signed, {len(result['sealed'])} sealed,"
              f" {len(result['unsupported'])} unsupported")
        for entry in result["unsupported"]:
            print("  unsupported:", entry)
