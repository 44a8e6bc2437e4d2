#!/usr/bin/env python3
"""Proves that audit.py agrees with the server, and that it can fail.

    audit_test.py URL DIR/log

The balances that it makes of URL/log must be those that the server answers. Then copies are made of the exported log in
DIR/log, each with one lie and signed anew, so that neither signature nor root tells: each must be found at its entry.
"""
import base64, contextlib, io, json, struct, sys, tempfile, urllib.request
from collections import Counter
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

sys.dont_write_bytecode = True
import audit

LIFE = ("available", "held", "buffer", "retired", "cancelled", "reversed")


def run(where):
    """The exit code and the report of the auditor."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = audit.main(where)
    return code, json.loads(out.getvalue())


def balances_agree(url):
    query = "{ batches(first: 100) { nodes { id life { %s } } } }" % " ".join(LIFE)
    request = urllib.request.Request(f"{url}/graphql", json.dumps({"query": query}).encode(), {"content-type": "application/json"})
    answered = json.load(urllib.request.urlopen(request, timeout=30))["data"]["batches"]["nodes"]
    server = {(node["id"].split(":")[1], bucket): int(node["life"][bucket]) for node in answered for bucket in LIFE}
    code, report = run(f"{url}/log")
    assert code == 0, report
    own = Counter()
    for key, amount in report["balances"].items():
        batch, _, bucket = key.split("/")
        own[batch, bucket] += amount
    own = {key: amount for key, amount in own.items() if key[1] != "issuance"}
    assert own and own == {key: amount for key, amount in server.items() if amount}, (own, server)
    print(f"audit.py: {report['size']} entries, balances of {len(answered)} batches as the server answers")


def root(leaves):
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return audit.sha(b"\1", root(leaves[:split]), root(leaves[split:]))


def publish(log, entries, folder):
    """Writes the entries as a log of the same name that is signed with a new key."""
    key = Ed25519PrivateKey.generate()
    typed = b"\1" + key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    key_id = audit.sha(log.origin.encode(), b"\n", typed)[:4]
    tree = root([audit.sha(b"\0", entry) for entry in entries])
    text = f"{log.origin}\n{len(entries)}\n{base64.b64encode(tree).decode()}\n"
    signature = base64.b64encode(key_id + key.sign(text.encode())).decode()
    (folder / "vkey").write_text(f"{log.origin}+{key_id.hex()}+{base64.b64encode(typed).decode()}\n")
    (folder / "checkpoint").write_text(f"{text}\n\u2014 {log.origin} {signature}\n")
    (folder / "tile/entries").mkdir(parents=True)
    for tile in range(0, len(entries), 256):
        part = entries[tile : tile + 256]
        path = folder / f"tile/entries/{tile // 256:03}" if len(part) == 256 else folder / f"tile/entries/{tile // 256:03}.p/{len(part)}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"".join(struct.pack(">H", len(entry)) + entry for entry in part))
    (folder / "blob").symlink_to(Path(log.where, "blob").resolve())


def edit_mark(body):
    body["lots"][0]["result"]["scores"][0]["marks"][0] = "39.0000"


def edit_level(body):
    body["bids"][0]["marks"][0]["level"] = 5 - body["bids"][0]["marks"][0]["level"]


def forge_ranking(body):
    first, second = body["lots"][0]["result"]["ranking"]["ranked"][:2]
    first["bid"], second["bid"] = second["bid"], first["bid"]


def forge_issue(body):
    body["available_units"] = str(int(body["available_units"]) + 100)


def forge_transfer(body):
    body["units"] = str(int(body["units"]) + 1_000_000)


def forge_median(body):
    body["verified"] = max((one["accepted"] for one in body["verifications"]), key=audit.units)


# What is done to the body of the first entry of a kind that fits, and at which kind of entry it must show.
LIES = [
    ("a mark edited in the ranking", "ranking.computed", edit_mark, "ranking.computed"),
    ("a level edited after the panel agreed", "consensus.signed", edit_level, "ranking.computed"),
    ("a ranking forged", "ranking.computed", forge_ranking, "ranking.computed"),
    ("more credits than were verified", "credits.issued", forge_issue, "credits.issued"),
    ("a transfer of what nobody has", "credits.transferred", forge_transfer, "credits.transferred"),
    ("the higher of two quantities", "claim.verified", forge_median, "claim.verified"),
]


def lies_are_found(where):
    log = audit.Log(where)
    entries = list(log.entries())

    def told(change, expected, words):
        with tempfile.TemporaryDirectory() as folder:
            changed = list(entries)
            index = change(changed)
            publish(log, changed, Path(folder))
            code, report = run(folder)
            found = [audit.jcs(one).decode() for one in report["found"]]
            at = {json.loads(changed[one["index"]])["kind"] for one in report["found"]}
            assert code == expected, (words, code, found)
            print(f"audit.py: {words} (entry {index}): exit code {code}")
            return at

    def edit(kind, lie):
        def change(changed):
            for index, raw in enumerate(changed):
                entry = json.loads(raw)
                if entry["kind"] == kind and (kind != "claim.verified" or len(entry["body"]["verifications"]) > 1):
                    lie(entry["body"])
                    changed[index] = audit.jcs(entry)
                    assert changed[index] != raw, "the lie changes nothing"
                    return index
            raise AssertionError(f"the demo has no {kind}")

        return change

    assert told(lambda changed: None, 0, "the log itself, signed anew") == set()
    for words, kind, lie, shows in LIES:
        at = told(edit(kind, lie), 1, words)
        assert shows in at, (words, at)

    def rename(changed):
        index = next(n for n, raw in enumerate(changed) if json.loads(raw)["kind"] == "credits.transferred")
        changed[index] = changed[index].replace(b"credits.transferred", b"credits.lent")
        return index

    assert "credits.lent" in told(rename, 2, "a kind that nobody knows")


if __name__ == "__main__":
    balances_agree(sys.argv[1].rstrip("/"))
    lies_are_found(sys.argv[2])
