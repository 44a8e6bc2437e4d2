#!/usr/bin/env python3
"""A second auditor of a Commonweal log, written from docs/log.md alone: the standard library and one Ed25519 package.
    audit.py DIR/log|URL/log [VKEY]
Checks the checkpoint's signature, the root, every entry's form, time and actors, every sealed entry against its opening, the rankings of
the rules that it knows, and awards; with audit_credits.py every issue, what falls, and balances. Prints a line of JSON; exit code 0 clean,
1 discrepancy, 2 cannot tell.
"""
import base64, hashlib, json, re, struct, sys, urllib.request
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from audit_credits import Credits, Wrong, day, must, shown, units
sha = lambda *parts: hashlib.sha256(b"".join(parts)).digest()
uid = lambda text: bytes.fromhex(text.replace("-", ""))
# RFC 8785 for what entries hold: keys in ASCII, integers, no floats.
jcs = lambda value: json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
class CannotTell(Exception): "An unknown kind, or a file that cannot be had."
class Log:
    """The files, and the entries that a signed checkpoint covers."""
    def __init__(self, where, vkey):
        self.where = where.rstrip("/")
        self.vkey = vkey or self.read("vkey").decode().strip()
        self.text, self.lines = self.read("checkpoint").decode().rsplit("\n\n", 1)
        self.origin, size, root = self.text.split("\n")[:3]
        self.size, self.root = int(size), base64.b64decode(root)
    def read(self, path):
        try:
            http = self.where.startswith("http")
            return urllib.request.urlopen(f"{self.where}/{path}", timeout=30).read() if http else (Path(self.where) / path).read_bytes()
        except OSError as error:
            raise CannotTell(f"{path}: {error}")
    def signed(self, vkey):
        name, key_id, key = vkey.split("+", 2)
        typed = base64.b64decode(key)
        must("key id", sha(name.encode(), b"\n", typed)[:4].hex() == key_id and typed[0] == 1 and name == self.origin)
        for line in self.lines.splitlines():
            dash, signer, blob = line.split(" ")
            if dash == "\u2014" and signer == name and base64.b64decode(blob)[:4].hex() == key_id:
                Ed25519PublicKey.from_public_bytes(typed[1:]).verify(base64.b64decode(blob)[4:], f"{self.text}\n".encode())
                return True
        return False
    def entries(self):
        for n in range((self.size + 255) // 256):
            width = min(256, self.size - 256 * n)
            groups = re.sub(r"(...)(?=.)", r"x\1/", str(n).zfill(-(-len(str(n)) // 3) * 3))
            bundle = self.read(f"tile/entries/{groups}" + ("" if width == 256 else f".p/{width}"))
            for _ in range(width):
                (length,) = struct.unpack(">H", bundle[:2])
                yield bundle[2 : 2 + length]
                bundle = bundle[2 + length :]
def commitment(opening):
    hashes = {}
    for name, field in opening["fields"].items():
        hashes[name] = field.get("hash") or sha(b"commonweal/field/v1\n", bytes.fromhex(field["salt"]),
            jcs({"name": name, "value": field["value"]}).encode()).hex()
    return sha(b"commonweal/sealed/v1\n", bytes.fromhex(opening["salt"]), sha(jcs(hashes).encode()),
        bytes.fromhex(opening["ciphertext_hash"])).hex()
def leaves(criteria, part=Fraction(1)):
    for one in criteria:
        below = part * Fraction(one["weight"]) / 100
        if "group" in one["kind"]:
            yield from leaves(one["kind"]["group"], below)
        else:
            yield one["code"], 100 * below, *next(iter(one["kind"]["rule"].items()))
text = lambda number, scale: f"{Decimal(number.numerator) / number.denominator:.{scale}f}"
class Auditor(Credits):
    def __init__(self, log):
        super().__init__()
        self.log, self.last, self.found, self.blind = log, None, [], False
        self.organisations, self.grants, self.certifications, self.measures, self.sealed, self.tenders = {}, set(), {}, {}, {}, {}
        self.bids, self.kinds, self.policies, self.sectors, self.codes = {}, Counter(), set(), {}, {}
    def replay(self):
        edge = []
        for index, bytes_ in enumerate(self.log.entries()):
            hash, at = sha(b"\0", bytes_), index
            while at & 1:
                hash, at = sha(b"\1", edge.pop(), hash), at >> 1
            edge.append(hash)
            try:
                self.take(index, bytes_)
            except Exception as error:  # a log that breaks a reader is wrong, too
                self.blind |= isinstance(error, CannotTell)
                verdict = "cannotTell" if self.blind else "discrepancy"
                self.found.append({"index": index, "verdict": verdict, "what": f"{type(error).__name__} {error}"})
        root = edge.pop() if edge else sha()
        while edge:
            root = sha(b"\1", edge.pop(), root)
        if root != self.log.root:
            self.found.append({"index": None, "verdict": "discrepancy", "what": "root"})
        self.end()
    def take(self, index, bytes_):
        entry = json.loads(bytes_)
        must("form", jcs(entry).encode() == bytes_)
        last, self.last = self.last, entry["at"]
        body = entry.get("body")
        if body is None:
            blob = self.log.read(f"blob/{entry['blob']}")
            must("blob", sha(blob).hex() == entry["blob"])
            body = json.loads(blob)
        apply = getattr(self, entry["kind"].replace(".", "_"), None)
        if apply is None or entry["v"] != 1 or entry["bv"] != 1:
            raise CannotTell(f"the kind {entry['kind']} version {entry['bv']}")
        self.index, self.entry, self.actors = index, entry, entry["actors"]
        apply(body)
        self.kinds[entry["kind"]] += 1
        must("time", last is None or last <= entry["at"], f"not before {last}", entry["at"])
        must("inputs_upto", entry.get("inputs_upto", 0) <= index)
        lets_in = entry["kind"] in ("organisation.registered", "role.granted")
        for a in self.actors:
            operator = a["role"] == "operator" and lets_in
            must("role", operator or (a["id"], a["organisation"], a["role"]) in self.grants, a["role"], "no such grant")
    people = lambda self, role, at=None: {a["id"] for a in self.actors if a["role"] == role and at in (None, a["organisation"])}
    groups_of = lambda self, person: {self.organisations[o] for p, o, _ in self.grants if p == person}
    # Organisations, catalogues, policies, keys
    def organisation_registered(self, b):
        must("actors", self.people("registrar") or self.people("operator"), "a registrar", "none")
        top = b["group"] == b["organisation"] or self.organisations.get(b["group"]) == b["group"]
        must("organisation", b["organisation"] not in self.organisations and top, "one registration, in a group by its top")
        self.organisations[b["organisation"]], self.sectors[b["organisation"]] = b["group"], b["sector"]
        must("privacy", ("committed" in b["name"]) == (b["legal_form"] == "sole_trader"))
    def role_granted(self, b):
        must("actors", self.people("registrar") or self.people("operator"), "a registrar", "none")
        grant = (b["person"], b["organisation"], b["role"])
        must("role", grant not in self.grants and b["organisation"] in self.organisations, "a role not yet held")
        self.grants.add(grant)
    def certification_recorded(self, b):
        one = b["certification"]
        must("certification", one["id"] not in self.certifications and self.people("registrar"), "a new id, by a registrar")
        self.certifications[one["id"]] = dict(one, index=self.index)
    def catalogue_published(self, b):
        self.measures.update({(b["catalogue"]["id"], one["code"]): one for one in b["catalogue"]["measures"]})
        self.codes[b["catalogue"]["id"]] = b["catalogue"]["code"]
    def policy_published(self, b):
        key = (b["policy"]["text"]["code"], b["policy"]["text"]["version"])
        must("policy", self.people("registrar") and not {key, b["policy"]["id"]} & self.policies, "a new version, by a registrar", key)
        self.policies |= {key, b["policy"]["id"]}
    def seal(self, kind, b):
        must("actors", not self.actors and self.entry["subject"] == b["sealed"], "nobody", "somebody")
        self.register(kind, b)
    def register(self, kind, b):
        must("sealed", b["sealed"] not in self.sealed, "a new sealed id", b["sealed"])
        self.sealed[b["sealed"]] = {"kind": kind, "commitment": b["commitment"], "index": self.index, "at": self.entry["at"]}
    bid_sealed, mark_sealed, confirmation_sealed, calibration_sealed = (
        lambda self, b, kind=kind: self.seal(kind, b) for kind in ("bid", "mark", "confirmation", "calibration"))
    def settle(self, id):
        must("sealed", id in self.sealed, "a sealed entry that is not accounted for", id)
        return self.sealed.pop(id)
    def reveal(self, b):
        sealed, made = self.settle(b["sealed"]), commitment(b["opening"])
        must("commitment", made == sealed["commitment"], sealed["commitment"], made)
        return sealed
    # Tenders
    def tender_published(self, b):
        must("people", self.people("officer", b["buyer"]), "an officer of the buyer")
        must("plan", b["plan"]["closes_at"] > self.entry["at"], "a deadline in the future")
        self.tenders[b["tender"]] = {"plan": b["plan"], "buyer": b["buyer"], "bids": {}, "opened": None, "levels": {}, "salts": [],
            "confirmed": set(), "to_open": set(), "ranking": None, "awards": {}, "proposal": None, "inputs": self.index, "judges": set()}
    def tender_opened(self, b):
        tender = self.tenders[b["tender"]]
        must("people", len(self.people("officer", tender["buyer"])) == 2, "two officers")
        must("stage", tender["opened"] is None and self.entry["at"] > tender["plan"]["closes_at"], "after the deadline")
        tender["opened"], tender["to_open"], tender["inputs"] = self.index, set(b["opened"]), self.index
        must("sealed", set(b["opened"]) <= self.sealed.keys(), "sealed bids that are still waiting", b["opened"])
        [self.settle(id) for id in b["void"]]
    def tender_cancelled(self, b):
        must("people", self.people("officer", self.tenders[b["tender"]]["buyer"]))
        [self.settle(id) for id in b["void"]]
    def confirmation_opened(self, b):
        tender, sealed = self.tenders[b["tender"]], self.reveal(b)
        must("received_at", b["received_at"] <= min(tender["plan"]["closes_at"], sealed["at"]))
        tender["confirmed"].add(tuple(shown(b["opening"], name) for name in ("bidder", "organisation", "share")))
    def bid_opened(self, b):
        tender = self.tenders[b["tender"]]
        must("opening", b["sealed"] in tender["to_open"], "a bid that the opening names", b["sealed"])
        tender["to_open"].discard(b["sealed"])
        sealed, opening = self.settle(b["sealed"]), b["opening"]
        head = (b["tender"], b["supplier"], b["lot"]) == tuple(shown(opening, name) for name in ("tender", "supplier", "lot"))
        matches = commitment(opening) == sealed["commitment"] and head
        must("validity", (b["validity"] == "commitment_mismatch") == (not matches), "what the opening makes", b["validity"])
        must("received_at", b["received_at"] <= min(tender["plan"]["closes_at"], sealed["at"]), "in time", b["received_at"])
        tender["salts"] += [bytes.fromhex(opening["salt"])] * matches
        tender["bids"][b["bid"]] = dict(b, valid=b["validity"] == "valid")
        tender["inputs"] = self.index
        self.bids[b["bid"]] = b["tender"]
    panel_assigned = lambda self, b: self.tenders[b["tender"]]["judges"].update((b["chair"], *b["evaluators"]))
    # What the log only attests, and what a full auditor recomputes beside.
    conflict_declared = moderation_started = consensus_signed_off = letters_sent = award_notified = lambda self, b: None
    robustness_reported = noise_reported = lambda self, b: must("ranking", self.tenders[b["tender"]]["ranking"][0] == b["ranking"])
    def calibration_prepared(self, b):
        tender, answers = self.tenders[b["tender"]], {str(n): a["criterion"] for n, a in enumerate(b["answers"], 1)}
        must("people", self.people("officer", tender["buyer"]) | self.people("chair", tender["buyer"]))
        must("calibration", "prepared" not in tender and 1 <= len(answers) <= 20, "1 to 20 answers, put in once", len(answers))
        tender["prepared"] = (self.index, answers)
        if b.get("reference"):
            self.register(f"reference of {b['tender']}", b["reference"])
    def calibration_released(self, b):
        tender, sealed, opening = self.tenders[b["tender"]], self.reveal(b), b["opening"]
        (prepared, answers), levels, by = tender["prepared"], shown(opening, "levels"), shown(opening, "evaluator")
        whole = sealed["kind"] == "calibration" and by in tender["judges"] and levels.keys() == answers.keys()
        own = sealed["kind"] == f"reference of {shown(opening, 'tender')}"
        must("calibration", own if by is None else whole and sealed["index"] > prepared, "every answer, or the reference", by)
        tables = {rule[0]: {one["points"] for one in rule[3].get("levels", [])} for lot in tender["plan"]["lots"] for rule in leaves(lot["criteria"])}
        must("level", all(level in tables[answers[n]] for n, level in levels.items()), "levels of the criteria's tables", levels)
    def consensus_signed(self, b):
        tender = self.tenders[b["tender"]]
        tender["inputs"] = self.index
        tender["levels"].update({(bid["bid"], m["criterion"]): m["level"] for bid in b["bids"] for m in bid["marks"]})
    def mark_released(self, b):
        self.reveal(b)
        must("mark", self.bids.get(shown(b["opening"], "bid")) == b["tender"] == shown(b["opening"], "tender"))
    # Rankings
    def certified(self, organisation, kinds, on, upto):
        return any(one["organisation"] == organisation and one["kind"] in kinds and one["index"] < upto
            and one["from"] <= on < one.get("to", "9999-12-31") for one in self.certifications.values())
    def share(self, tender, bid, kinds):
        parts = {p["organisation"]: p for p in shown(bid["opening"], "participations")}
        total = Fraction(0)
        for id, part in parts.items():
            own = Fraction(part["share"]) * (1 - sum(Fraction(p["share"]) for p in parts.values() if p.get("under") == id))
            at, counts = part, True
            while at:
                counts &= at["organisation"] == bid["supplier"] or (bid["supplier"], at["organisation"], at["share"]) in tender["confirmed"]
                at = parts.get(at.get("under"))
                own *= Fraction(at["share"]) if at else 1
            if counts and self.certified(id, kinds, day(tender["plan"]["closes_at"]), tender["opened"]):
                total += own
        return total
    def exact(self, tender, bids, bid, code, points, rule, p):
        price = lambda bid: Fraction(shown(bid["opening"], "price")["amount"])
        if rule == "price_linear":
            top, low = Fraction(p["ceiling"]["amount"]), Fraction(p["floor"]["amount"])
            return points * min(max((top - price(bid)) / (top - low), 0), 1)
        if rule == "price_relative_lowest":
            return points * min(map(price, bids)) / price(bid) if price(bid) else None
        if rule == "quality_levels":
            return points * Fraction(tender["levels"][bid["bid"], code], max(one["points"] for one in p["levels"]))
        if rule == "seo_participation":
            return points * min(self.share(tender, bid, p["kinds"]) / Fraction(p["target"]), 1)
        if rule == "quantity_to_target":
            promised = [c for c in shown(bid["opening"], "commitments") if c["measure"]["code"] in p["measures"]]
            return points * min(sum(Fraction(c["quantity"]["quantity"]) for c in promised) / Fraction(p["target"]["quantity"]), 1)
        raise CannotTell(f"the rule {rule}")
    def ranking_computed(self, b):
        tender = self.tenders[b["tender"]]
        plan, scale = tender["plan"], tender["plan"]["mark_scale"]
        must("inputs_upto", tender["inputs"] < self.entry.get("inputs_upto", 0) <= self.index)
        seed = sha(b"commonweal/draw/v1\n", *sorted(tender["salts"]))
        firsts = {}
        for lot, said in zip(plan["lots"], b["lots"]):
            bids = sorted((x for x in tender["bids"].values() if x["valid"] and x["lot"] == lot["code"]), key=lambda x: x["bid"])
            rules, scores, totals = list(leaves(lot["criteria"])), [], {}
            for bid in bids:
                exact = [self.exact(tender, bids, bid, *rule) for rule in rules]
                marks = [None if mark is None else Fraction(round(mark, scale)) for mark in exact]  # half to even
                score = {"bid": bid["bid"], "marks": [None if m is None else text(m, scale) for m in marks]}
                if None not in marks:
                    totals[bid["bid"]] = (sum(marks), dict(zip([rule[0] for rule in rules], marks)), bid)
                    score["total"] = text(sum(marks), scale)
                scores.append(score)
            must("marks", said["result"]["scores"] == scores, json.dumps(scores), json.dumps(said["result"]["scores"]))
            if len(totals) < len(bids):
                must("ranking", "withheld" in said["result"]["ranking"], "withheld")
                continue
            def order(item):
                total, marks, bid = item[1]
                known = {"lower_price": Fraction(shown(bid["opening"], "price")["amount"]), "earlier_receipt": bid["received_at"],
                    "drawn_lot": sha(b"commonweal/lot/v1\n", seed, uid(bid["sealed"]))}
                ties = plan["tie_breaks"]
                return [-total] + [-marks.get(t["criterion_mark"], 0) if isinstance(t, dict) else known[t] for t in ties]
            ranked = [bid for bid, _ in sorted(totals.items(), key=order)]
            must("ranking", [r["bid"] for r in said["result"]["ranking"]["ranked"]] == ranked, ranked, said["result"]["ranking"])
            firsts[lot["code"]] = ranked
        for one in b.get("allocation", []):
            passed = one.get("passed_over", [])
            must("allocation", firsts[one["lot"]][: len(passed) + 1] == passed + [one["bid"]], firsts[one["lot"]], one)
        tender["ranking"] = (self.index, {one["lot"]: one["bid"] for one in b.get("allocation", [])})
    def check_award(self, b, people):
        officers = self.people("officer", (tender := self.tenders[b["tender"]])["buyer"])
        must("people", len(officers) == people and not officers & tender["judges"], f"{people} officers who judged nothing", officers)
        must("ranking", tender["ranking"] and tender["ranking"][0] == b["ranking"], "the last ranking", b["ranking"])
        won = {lot["lot"]: lot["winner"]["bid"] for lot in b["lots"] if lot.get("winner")}
        must("winner", won == tender["ranking"][1], tender["ranking"][1], won)
        return tender, officers, won
    def award_proposed(self, b):
        tender, officers, won = self.check_award(b, 1)
        tender["proposal"] = (self.index, officers, won)
    def award_decided(self, b):
        tender, officers, won = self.check_award(b, 2)
        index, proposer, proposed = tender["proposal"]
        must("proposal", index == b["proposal"] and proposer <= officers and won == proposed, "the last proposal, by two")
        tender["awards"] = {lot: tender["bids"][bid] for lot, bid in won.items()}
    def end(self):
        for id in self.conserved():
            self.found.append({"index": None, "verdict": "discrepancy", "what": f"conservation of units of {id}"})
def main(where, vkey=None):
    try:
        log = Log(where, vkey)
        auditor = Auditor(log)
        if not log.signed(log.vkey):
            raise Wrong("not signed with this key")
        auditor.replay()
    except (InvalidSignature, Wrong, CannotTell) as error:
        print(json.dumps({"error": f"{type(error).__name__} {error}"}))
        return 2 if isinstance(error, CannotTell) else 1
    balances = {"/".join(map(str, key)): n for key, n in sorted(auditor.balance.items(), key=str) if n}
    print(json.dumps({"size": log.size, "found": auditor.found, "entries": auditor.kinds, "balances": balances}))
    verdicts = {finding["verdict"] for finding in auditor.found}
    return 1 if "discrepancy" in verdicts else 2 if verdicts else 0
if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
