#!/usr/bin/env python3
"""Checks ours.json, tokens that this package made, with two independent libraries.

Set up as for make_vectors.py, then

    TESSERA_JOSE_TOKENS=$PWD/ours.json swift test --filter OurTokensTests
    environment/bin/python check_ours.py

Ends with status 1 if a library that supports an algorithm does not get the payload back.
"""

import base64
import json
import pathlib
import sys

from make_vectors import LIBRARIES

FOLDER = pathlib.Path(__file__).parent


def main():
    ours = json.loads((FOLDER / "ours.json").read_text())
    payload = base64.urlsafe_b64decode(ours["payload"] + "==")
    failures = 0
    for library in LIBRARIES:
        made = json.loads((FOLDER / f"{library.name}.json").read_text())
        unsupported = {(entry["alg"], entry.get("enc"), entry["key"]) for entry in made["unsupported"]}
        checked = 0
        for kind in ("signed", "sealed"):
            for entry in ours[kind]:
                case = (entry["alg"], entry.get("enc"), entry["key"])
                if case in unsupported:
                    continue
                key = ours["keys"][entry["key"]]
                try:
                    if kind == "signed":
                        found = library.verify(key, entry["token"], entry["alg"])
                    else:
                        found = library.open(key, entry["token"], entry["alg"], entry["enc"])
                    reason = None if found == payload else "another payload"
                except Exception as error:
                    reason = f"{type(error).__name__}: {error}"
                checked += 1
                if reason:
                    failures += 1
                    print(f"{library.name}: {case}: {reason}")
        print(f"{library.name}: {checked} tokens checked")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
