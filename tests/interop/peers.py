"""Reads two sizes of a log with tools that others wrote: aics-tlog (tiles, signatures, cosignature quorum), pymerkle (root and
proofs from the entries), and drives a live aics-witness with every answer that it knows.

Usage: peers.py OLD NEW WITNESS_URL WITNESS_VKEY (folders with checkpoint, vkey, policy and tile/)
"""
import base64
import sys
import urllib.error
import urllib.request
from pathlib import Path

import aics_tlog as tlog
from pymerkle import InmemoryTree, verify_consistency, verify_inclusion

OLD, NEW = Path(sys.argv[1]), Path(sys.argv[2])
WITNESS, WITNESS_KEY = sys.argv[3].rstrip("/"), sys.argv[4]
vkey = tlog.parse_vkey((NEW / "vkey").read_text().strip())


def refuse(what, action):
    try:
        result = action()
    except Exception:
        return
    assert result is False or getattr(result, "ok", True) is False, f"{what} passes"


def head(folder):
    note = tlog.parse_note((folder / "unwitnessed").read_text())
    assert tlog.verify_note(note, [vkey]), "the signature of the log"
    return tlog.parse_checkpoint(note.text)


def aics():
    old, new = head(OLD), head(NEW)
    reader = tlog.FileSystemTileReader(NEW)
    report = tlog.audit_tiles(reader, new.size, new.root)
    assert tlog.tree_root_from_tiles(reader, new.size) == new.root, report
    for index in range(0, new.size, 997):
        leaf = tlog.leaf_hash(tlog.read_entry(reader, index, new.size))
        proof = tlog.inclusion_proof_from_tiles(reader, index, new.size)
        assert tlog.verify_inclusion(leaf, index, new.size, proof, new.root)
        refuse("an altered entry", lambda: tlog.verify_inclusion(tlog.leaf_hash(b"x"), index, new.size, proof, new.root))
    proof = tlog.consistency_proof_from_tiles(reader, old.size, new.size)
    assert tlog.verify_consistency(old.size, new.size, old.root, new.root, proof)
    refuse("a fork", lambda: tlog.verify_consistency(old.size, new.size, bytes(32), new.root, proof))
    witnesses = [tlog.parse_vkey(line.split()[2]) for line in (NEW / "policy").read_text().splitlines() if line.startswith("witness")]
    note = tlog.parse_note((NEW / "checkpoint").read_text())
    result = tlog.verify_checkpoint(note, vkey, witnesses, quorum=2)
    assert result.ok, result
    refuse("a quorum of strangers", lambda: tlog.verify_checkpoint(note, vkey, [], quorum=2))
    altered = tlog.parse_note((NEW / "checkpoint").read_text().replace(f"\n{new.size}\n", f"\n{new.size - 1}\n", 1))
    refuse("an altered checkpoint", lambda: tlog.verify_checkpoint(altered, vkey, witnesses, quorum=2))
    print(f"aics-tlog: {old.size} to {new.size} entries, tiles, proofs, quorum of cosignatures; altered entry and fork refused")
    return old, new, proof


def pymerkle(old, new):
    tree = InmemoryTree(algorithm="sha256")
    reader = tlog.FileSystemTileReader(NEW)
    for index in range(new.size):
        tree.append_entry(tlog.read_entry(reader, index, new.size))
        if index + 1 == old.size:
            assert tree.get_root() == old.root
    assert tree.get_root() == new.root, "another root"
    for index in range(0, new.size, 9973):
        proof = tree.prove_inclusion(index + 1)
        verify_inclusion(tree.get_leaf(index + 1), new.root, proof)
        refuse("an altered entry", lambda: verify_inclusion(bytes(32), new.root, proof))
    verify_consistency(old.root, new.root, tree.prove_consistency(old.size, new.size))
    print(f"pymerkle: the roots of {old.size} and {new.size} entries, proofs; altered entry refused")


def add(old, proof, checkpoint):
    lines = "".join(base64.b64encode(h).decode() + "\n" for h in proof)
    body = f"old {old}\n{lines}\n{checkpoint}".encode()
    request = urllib.request.Request(f"{WITNESS}/add-checkpoint", data=body, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def witness(old, new, proof):
    first, second = [(folder / "unwitnessed").read_text() for folder in (OLD, NEW)]
    status, line = add(0, [], first)
    assert status == 200, (status, line)
    key = tlog.parse_vkey(WITNESS_KEY)
    note = tlog.parse_note(first + line)
    mine = [s for s in note.signatures if s.name == key.name]
    assert any(tlog.verify_cosignature(s.signature, key.name, key.public_key, old.origin, old.size, old.root) for s in mine)
    status, size = add(0, [], second)
    assert (status, size) == (409, f"{old.size}\n"), (status, size)
    status, _ = add(old.size, proof[:-1] + [bytes(32)], second)
    assert status == 422, status
    status, _ = add(old.size, proof, second.replace("\n\n", "\n", 1))
    assert status == 400, status
    status, _ = add(old.size, proof, second)
    assert status == 200, status
    print("aics-witness: 200, 409 with its size, 422, 400, 200")


if __name__ == "__main__":
    before, after, consistency = aics()
    pymerkle(before, after)
    witness(before, after, consistency)
