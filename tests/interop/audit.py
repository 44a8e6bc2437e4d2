#!/usr/bin/env python3
"""A second auditor of a Commonweal log, written from docs/log.md alone: the standard library and one Ed25519 package.

    audit.py DIR/log|URL/log [VKEY]

It checks the signature of the checkpoint and the root over all entries, opens what was sealed, and recomputes by the rules
that the demo city uses: marks, rankings and awards; verified quantities; issues, and every balance of credits. From the other
kinds that it knows neither a ranking nor a balance follows: they are read and counted. It prints one JSON object. Exit code 0:
everything agrees; 1: a discrepancy, each with the index of its entry; 2: cannot tell, because a file or a kind is not known.
"""
import base64, hashlib, json, re, struct, sys, urllib.request
from collections import Counter
from datetime import datetime, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

READ = set("""role.granted policy.published panel.assigned conflict.declared moderation.started consensus.signed_off
    robustness.reported noise.reported letters.sent award.notified kpi.rated quorum.published verifiers.assigned
    verification.sealed claim.information_requested claim.information_given claim.rejected challenge.answered
    challenge.accepted programme.opened programme.stated programme.paid""".split())

sha = lambda *parts: hashlib.sha256(b"".join(parts)).digest()
# RFC 8785 for what entries hold: keys in ASCII, integers, no floats.
jcs = lambda value: json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
day = lambda micros: datetime.fromtimestamp(micros // 1_000_000, timezone.utc).date().isoformat()
units = lambda quantity: int(quantity["quantity"].replace(".", ""))
width = lambda serials: int(serials["to"]) - int(serials["from"])
decimal = lambda number, scale: f"{Decimal(number.numerator) / number.denominator:.{scale}f}"
shown = lambda opening, name: opening["fields"].get(name, {}).get("value")

class Wrong(Exception): "The log contradicts its rules."
class CannotTell(Exception): "A kind that this auditor does not know, or a file that cannot be had."

def must(check, expected, found):
    if expected != found:
        raise Wrong(f"{check}: expected {expected}, found {found}")

def meet(a, b):
    """Whether two outcomes have a day and a spot in common."""
    one, other = f"{a['place']}-", f"{b['place']}-"
    days = a["period"]["from"] < b["period"]["to"] and b["period"]["from"] < a["period"]["to"]
    return days and (one.startswith(other) or other.startswith(one))

class Log:
    """The files, and the entries that the checkpoint covers."""

    def __init__(self, where, vkey=None):
        self.where = where.rstrip("/")
        self.vkey = vkey or self.read("vkey").decode().strip()
        self.text, self.lines = self.read("checkpoint").decode().rsplit("\n\n", 1)
        self.origin, size, root = self.text.split("\n")[:3]
        self.size, self.root = int(size), base64.b64decode(root)

    def read(self, path):
        try:
            if self.where.startswith("http"):
                return urllib.request.urlopen(f"{self.where}/{path}", timeout=30).read()
            return Path(self.where, path).read_bytes()
        except OSError as error:
            raise CannotTell(f"{path}: {error}") from error

    def check_signature(self):
        name, key_id, key = self.vkey.split("+", 2)
        typed = base64.b64decode(key)
        must("key", (key_id, self.origin), (sha(name.encode(), b"\n", typed)[:4].hex(), name))
        for line in self.lines.splitlines():
            _, signer, blob = line.split(" ")
            signature = base64.b64decode(blob)
            if signer == name and signature[:4].hex() == key_id:
                return Ed25519PublicKey.from_public_bytes(typed[1:]).verify(signature[4:], f"{self.text}\n".encode())
        raise Wrong(f"signature: expected one by {name}, found none")

    def entries(self):
        for tile in range((self.size + 255) // 256):
            count = min(256, self.size - 256 * tile)
            path = re.sub(r"(...)(?=.)", r"x\1/", str(tile).zfill(-(-len(str(tile)) // 3) * 3))
            bundle = self.read(f"tile/entries/{path}" + ("" if count == 256 else f".p/{count}"))
            for _ in range(count):
                (length,) = struct.unpack(">H", bundle[:2])
                yield bundle[2 : 2 + length]
                bundle = bundle[2 + length :]

def commitment(opening):
    hashes = {}
    for name, field in opening["fields"].items():
        value = b"" if "hash" in field else jcs({"name": name, "value": field["value"]})
        hashes[name] = field.get("hash") or sha(b"commonweal/field/v1\n", bytes.fromhex(field["salt"]), value).hex()
    salt, ciphertext = bytes.fromhex(opening["salt"]), bytes.fromhex(opening["ciphertext_hash"])
    return sha(b"commonweal/sealed/v1\n", salt, sha(jcs(hashes)), ciphertext).hex()

def leaves(criteria, part=Fraction(100)):
    """Each leaf criterion with its points and its rule."""
    for one in criteria:
        points = part * Fraction(one["weight"]) / 100
        if "group" in one["kind"]:
            yield from leaves(one["kind"]["group"], points)
        else:
            yield one["code"], points, *next(iter(one["kind"]["rule"].items()))

class Auditor:
    def __init__(self, log):
        self.log, self.found, self.blind, self.kinds = log, [], False, Counter()
        self.groups, self.certifications, self.measures = {}, [], {}
        self.sealed, self.tenders, self.kpis, self.claims, self.challenges = {}, {}, {}, {}, {}
        self.classes, self.batches, self.balance = {}, {}, Counter()

    def replay(self):
        edge, last = [], 0
        for self.index, raw in enumerate(self.log.entries()):
            node, at = sha(b"\0", raw), self.index
            while at & 1:
                node, at = sha(b"\1", edge.pop(), node), at >> 1
            edge.append(node)
            try:
                last = self.take(raw, last)
            except Exception as error:  # what breaks a reader is wrong, too
                self.blind |= isinstance(error, CannotTell)
                self.report(self.index, f"{type(error).__name__}: {error}")
        root = edge.pop() if edge else sha()
        while edge:
            root = sha(b"\1", edge.pop(), root)
        if root != self.log.root:
            self.report(None, f"root: expected {self.log.root.hex()}, found {root.hex()}")

    def report(self, index, what):  # after something that is not known, nothing that follows is certain
        self.found.append({"index": index, "verdict": "cannotTell" if self.blind else "discrepancy", "what": what})

    def take(self, raw, last):
        self.entry = entry = json.loads(raw)
        must("form", raw, jcs(entry))
        must("time", True, last <= entry["at"])
        kind, body = entry["kind"], entry.get("body")
        apply = (lambda _: None) if kind in READ else getattr(self, kind.replace(".", "_"), None)
        if apply is None or (entry["v"], entry["bv"]) != (1, 1):
            raise CannotTell(f"the kind {kind} version {entry['bv']}")
        if body is None:
            blob = self.log.read(f"blob/{entry['blob']}")
            must("blob", entry["blob"], sha(blob).hex())
            body = json.loads(blob)
        self.kinds[kind] += 1
        apply(body)
        return entry["at"]

    # Organisations and catalogues
    def organisation_registered(self, b): self.groups[b["organisation"]] = b["group"]
    def certification_recorded(self, b): self.certifications.append((self.index, b["certification"]))

    def catalogue_published(self, b):
        for one in b["catalogue"]["measures"]:
            one["outcome"] = one.get("counting", {}).get("outcome") or f"{b['catalogue']['code']}/{one['code']}"
            self.measures[b["catalogue"]["id"], one["code"]] = one

    def measure(self, of): return self.measures[of["measure"]["catalogue"], of["measure"]["code"]]

    # Sealed entries
    def seal(self, b):
        must("sealed by", (False, []), (b["sealed"] in self.sealed, self.entry["actors"]))
        self.sealed[b["sealed"]] = b["commitment"]

    def reveal(self, b): must("commitment", self.sealed.pop(b["sealed"]), commitment(b["opening"]))
    bid_sealed = confirmation_sealed = mark_sealed = seal
    mark_released = reveal

    def confirmation_opened(self, b):
        self.reveal(b)
        fields = (shown(b["opening"], name) for name in ("bidder", "organisation", "share"))
        self.tenders[b["tender"]]["confirmed"].add(tuple(fields))

    # Tenders
    def tender_published(self, b):
        self.tenders[b["tender"]] = {"plan": b["plan"], "bids": {}, "levels": {}, "salts": [], "confirmed": set()}

    def tender_cancelled(self, b): [self.sealed.pop(id) for id in b["void"]]

    def tender_opened(self, b):
        self.tenders[b["tender"]].update(opened=self.index, to_open=set(b["opened"]))
        self.tender_cancelled(b)

    def bid_opened(self, b):
        tender, opening = self.tenders[b["tender"]], b["opening"]
        tender["to_open"].remove(b["sealed"])
        head = tuple(shown(opening, name) for name in ("tender", "supplier", "lot"))
        matches = self.sealed.pop(b["sealed"]) == commitment(opening) and head == (b["tender"], b["supplier"], b["lot"])
        must("validity", matches, b["validity"] != "commitment_mismatch")
        if matches:
            tender["salts"].append(bytes.fromhex(opening["salt"]))
        if b["validity"] == "valid":
            tender["bids"][b["bid"]] = b

    def consensus_signed(self, b):
        levels = {(bid["bid"], mark["criterion"]): mark["level"] for bid in b["bids"] for mark in bid["marks"]}
        self.tenders[b["tender"]]["levels"].update(levels)

    # Rankings
    def certified(self, organisation, kinds, tender):
        on = day(tender["plan"]["closes_at"])
        return any(one["organisation"] == organisation and one["kind"] in kinds and index < tender["opened"]
                   and one["from"] <= on < one.get("to", "9999-12-31") for index, one in self.certifications)

    def participation(self, tender, bid, kinds):
        """The share of the work done by certified organisations, each confirmed with all above it."""
        parts = {part["organisation"]: part for part in shown(bid["opening"], "participations")}
        total = Fraction(0)
        for id, part in parts.items():
            passed_on = sum(Fraction(other["share"]) for other in parts.values() if other.get("under") == id)
            own, counts, at = 1 - passed_on, self.certified(id, kinds, tender), part
            while at:
                own *= Fraction(at["share"])
                named = bid["supplier"], at["organisation"], at["share"]
                counts &= at["organisation"] == bid["supplier"] or named in tender["confirmed"]
                at = parts.get(at.get("under"))
            total += own if counts else 0
        return total

    def mark(self, tender, bids, bid, code, points, rule, p):
        """The exact mark; none where the rule has no value."""
        price = lambda of: Fraction(shown(of["opening"], "price")["amount"])
        if rule == "price_linear":
            ceiling, floor = Fraction(p["ceiling"]["amount"]), Fraction(p["floor"]["amount"])
            return points * min(max((ceiling - price(bid)) / (ceiling - floor), 0), 1)
        if rule == "price_relative_lowest":
            return points * min(map(price, bids)) / price(bid) if price(bid) else None
        if rule == "quality_levels":
            return points * Fraction(tender["levels"][bid["bid"], code], max(one["points"] for one in p["levels"]))
        if rule == "seo_participation":
            return points * min(self.participation(tender, bid, p["kinds"]) / Fraction(p["target"]), 1)
        if rule == "quantity_to_target":
            total = sum(Fraction(one["quantity"]["quantity"]) for one in shown(bid["opening"], "commitments")
                        if one["measure"]["code"] in p["measures"])
            return points * min(total / Fraction(p["target"]["quantity"]), 1)
        raise CannotTell(f"the rule {rule}")

    def ranking_computed(self, b):
        tender, said = self.tenders[b["tender"]], {one["lot"]: one["result"] for one in b["lots"]}
        ranked = {lot["code"]: self.rank(tender, lot, said[lot["code"]]) for lot in tender["plan"]["lots"]}
        tender["allocated"] = {one["lot"]: one["bid"] for one in b.get("allocation", [])}
        for one in b.get("allocation", []):
            first = [*one.get("passed_over", []), one["bid"]]
            must("allocation", ranked[one["lot"]][: len(first)], first)

    def rank(self, tender, lot, said):
        """Recomputes the marks of a lot and the order of its bids, which it answers."""
        scale, seed = tender["plan"]["mark_scale"], sha(b"commonweal/draw/v1\n", *sorted(tender["salts"]))
        bids = sorted((bid for bid in tender["bids"].values() if bid["lot"] == lot["code"]), key=lambda bid: bid["bid"])
        rules, scores, places = list(leaves(lot["criteria"])), [], []
        for bid in bids:
            exact = [self.mark(tender, bids, bid, *rule) for rule in rules]
            marks = [None if mark is None else Fraction(round(mark, scale)) for mark in exact]  # half to even
            score = {"bid": bid["bid"], "marks": [None if mark is None else decimal(mark, scale) for mark in marks]}
            if None not in marks:
                score["total"] = decimal(sum(marks), scale)
                of_rule = dict(zip([rule[0] for rule in rules], marks))
                known = {"lower_price": Fraction(shown(bid["opening"], "price")["amount"]), "earlier_receipt": bid["received_at"],
                         "drawn_lot": sha(b"commonweal/lot/v1\n", seed, bytes.fromhex(bid["sealed"].replace("-", "")))}
                mark_or_fact = lambda tie: known[tie] if isinstance(tie, str) else -of_rule.get(tie["criterion_mark"], 0)
                places.append(([-sum(marks), *map(mark_or_fact, tender["plan"]["tie_breaks"])], score))
            scores.append(score)
        must("marks", scores, said["scores"])
        if len(places) < len(bids):
            return must("ranking", True, "withheld" in said["ranking"]) or []
        ranked = [score for _, score in sorted(places, key=lambda place: place[0])]
        expected = [{"bid": score["bid"], "rank": at, "total": score["total"]} for at, score in enumerate(ranked, 1)]
        must("ranking", expected, said["ranking"]["ranked"])
        return [score["bid"] for score in ranked]

    def award_proposed(self, b):
        won = {lot["lot"]: lot["winner"]["bid"] for lot in b["lots"] if lot.get("winner")}
        must("winners", self.tenders[b["tender"]]["allocated"], won)
    award_decided = award_proposed

    def contract_signed(self, b):
        contract, tender = b["contract"], self.tenders[b["contract"]["award"]["tender"]]
        bid = tender["bids"][tender["allocated"][contract["award"]["lot"]]]
        kpis = [{name: kpi[name] for name in ("measure", "quantity", "period", "place")} for kpi in contract["kpis"]]
        must("contract", (bid["supplier"], shown(bid["opening"], "commitments")), (contract["supplier"], kpis))
        for kpi in contract["kpis"]:
            self.kpis[kpi["id"]] = kpi | {"contract": contract, "open": units(kpi["quantity"]), "circulating": 0}

    # Claims and what stands verified
    def claim_submitted(self, b): self.claims[b["claim"]["id"]] = b["claim"] | {"verified": 0, "batch": None}
    def claim_verified(self, b): self.stands(b["claim"], b["verified"], b["verifications"])

    def claim_confirmed(self, b):
        if not b["audited"]:  # one that chance drew waits for the verifiers
            self.stands(b["claim"], b["finding"]["accepted"], [b["finding"]])

    def stands(self, claim, verified, found):
        """The lower median of what was accepted."""
        claim = self.claims[claim]
        accepted = sorted(units(one["accepted"]) for one in found)
        must("accepted", True, 0 <= accepted[0] <= accepted[-1] <= units(claim["quantity"]))
        must("verified quantity", accepted[(len(accepted) - 1) // 2], units(verified))
        claim["verified"] = units(verified)

    def challenge_raised(self, b): self.challenges[b["challenge"]] = [b["claim"], None]
    def challenge_resolved(self, b): self.challenges[b["challenge"]][1] = b["decision"]

    # Credits
    def class_defined(self, b): self.classes[b["class"]["id"]] = b["class"]
    def surplus_intended(self, b): self.kpis[b["kpi"]["kpi"]]["intent"] = day(self.entry["at"])

    def asked(self, claim):
        """The KPIs that a claim fills, in order."""
        for kpi in self.kpis.values():
            if answers := claim.get("answers"):
                alike = kpi["measure"] == claim["measure"] and kpi["place"] == claim["place"]
                whole = kpi["period"]["from"] <= claim["period"]["from"] and claim["period"]["to"] <= kpi["period"]["to"]
                fits = kpi["contract"]["id"] == answers["contract"] and (alike and whole or kpi["id"] == answers["kpi"])
            else:
                related = self.groups[kpi["contract"]["supplier"]] == self.groups[claim["claimant"]]
                fits = related and meet(kpi, claim) and self.measure(kpi)["outcome"] == self.measure(claim)["outcome"]
            if fits:
                yield kpi

    def move(self, batch, source, target, amount):
        for (holder, bucket), change in ((source, -amount), (target, amount)):
            self.balance[batch, holder, bucket] += change
            enough = bucket == "issuance" or self.balance[batch, holder, bucket] >= 0
            must("movement within the balance", True, amount >= 0 and enough)

    def credits_issued(self, b):
        claim, klass, id, parts = self.claims[b["claim"]], self.classes[b["class"]], b["batch"], []
        must("one issue, to", (None, claim["claimant"]), (claim["batch"], b["claimant"]))
        of_class = (klass["measure"], klass["place"], str(klass["vintage"]))
        must("class", (claim["measure"], claim["place"], claim["period"]["from"][:4]), of_class)
        left, circulating = claim["verified"], 0
        for kpi in self.asked(claim):
            if fills := min(kpi["open"], left):
                kpi["open"], left = kpi["open"] - fills, left - fills
                parts.append(("obligation", kpi["id"], fills))
        named = self.kpis[claim["answers"]["kpi"]] if "answers" in claim else None
        if named is None:
            left = circulating = left and int(left * (1 - Fraction(self.measure(claim)["deadweight"])))
        else:
            most = int(units(named["quantity"]) * Fraction(klass["tradable_share"])) - named["circulating"]
            short = any(kpi["open"] for kpi in self.kpis.values() if kpi["contract"] is named["contract"])
            allowed = named["contract"]["surplus_tradable"] and klass["transferable"] and not short
            intended = named.get("intent", "9999") < claim["period"]["from"]
            circulating = max(0, min(left, most)) if allowed and intended else 0
            named["circulating"] += circulating
        if left > circulating:
            parts.append(("surplus", None, left - circulating))
        buffer, retired = int(circulating * Fraction(klass["buffer_share"])), b.get("retirements", [])
        said = [(one["reason"], one.get("kpi"), width(one["serials"])) for one in retired]
        must("issue", (parts, buffer, circulating - buffer), (said, int(b["buffer_units"]), int(b["available_units"])))
        claim["batch"] = id
        self.batches[id] = {"low": 0, "parts": {one["id"]: list(part) for one, part in zip(retired, parts)}}
        for one in retired:
            self.retire(id, (None, "issuance"), one)
        self.move(id, (None, "issuance"), (b["claimant"], "available"), circulating - buffer)
        self.move(id, (None, "issuance"), (None, "buffer"), buffer)

    def retire(self, id, source, said):
        """Serials leave from the low end, and never twice."""
        batch, serials = self.batches[id], said["serials"]
        must("serials", batch["low"], int(serials["from"]))
        batch["low"] = int(serials["to"])
        self.move(id, source, (None, "retired"), width(serials))

    def credits_retired(self, b): self.retire(b["batch"], (b["holder"], "available"), b["retirement"])

    def credits_transferred(self, b):
        self.move(b["batch"], (b["from"], "available"), (b["to"], "available"), int(b["units"]))

    # What falls when an outcome falls
    def credits_corrected(self, b):
        said = b["reduction"]
        claim, before = self.claims[said["claim"]], self.claims[said["claim"]]["verified"]
        challenged, decision = self.challenges[said["basis"]["id"]]
        must("decision", (challenged, decision["remedy"], decision["verified"]), (said["claim"], "correct", said["verified"]))
        claim["verified"] = min(before, units(said["verified"]))
        if any(name in said for name in ("losses", "drawn", "owed")) or "answers" not in claim:
            raise CannotTell("circulating units that fall")
        for one in said.get("withdrawn", []):
            part, amount = self.batches[one["batch"]]["parts"][one["retirement"]], int(one["units"])
            must("obligation", True, part[0] == "obligation" and part[2] >= amount)
            part[2], before = part[2] - amount, before - amount
            self.kpis[part[1]]["open"] += amount
        must("what falls", claim["verified"], before if claim["batch"] else claim["verified"])

def main(where, vkey=None):
    try:
        log = Log(where, vkey)
        log.check_signature()
        auditor = Auditor(log)
        auditor.replay()
    except (InvalidSignature, Wrong, CannotTell) as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}))
        return 2 if isinstance(error, CannotTell) else 1
    balances = {"/".join(map(str, key)): amount for key, amount in auditor.balance.items() if amount}
    verdicts, read = {one["verdict"] for one in auditor.found}, sorted(READ & auditor.kinds.keys())
    print(json.dumps({"size": log.size, "found": auditor.found, "balances": balances, "entries": auditor.kinds, "onlyRead": read}))
    return 1 if "discrepancy" in verdicts else 2 if verdicts else 0

if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
