"""What comes after the award, for audit.py: contracts, ratings, claims, credits, challenges and what falls, by docs/log.md alone."""
import re
from collections import Counter
from datetime import date, datetime, timezone
from fractions import Fraction
DAY = 86_400_000_000
class Wrong(Exception): "The log contradicts its rules."
def must(check, holds, expected="", found=""):
    if not holds: raise Wrong(f"{check}: expected {expected}, found {found}")
day = lambda micros: datetime.fromtimestamp(micros // 1_000_000, timezone.utc).date().isoformat()
shown = lambda opening, name: opening["fields"].get(name, {}).get("value")
units = lambda quantity: int(quantity["quantity"].replace(".", ""))
covers = lambda outer, inner: outer["from"] <= inner["from"] and inner["to"] <= outer["to"]
within = lambda place, outer: f"{place}-".startswith(f"{outer}-")
meet = lambda a, b: (within(a["place"], b["place"]) or within(b["place"], a["place"])) and (
    a["period"]["from"] < b["period"]["to"] and b["period"]["from"] < a["period"]["to"])
over = lambda c: c["done"] or bool(c["decided"]) and "verified" not in c["decided"][-1]["what"] and len(c["decided"]) != c["appealed"]
def spread(total, parts):
    """So many units over periods by their days; what is due to the end of each is rounded down."""
    days = [(date.fromisoformat(end) - date.fromisoformat(start)).days for start, end in parts]
    upto = [total * sum(days[:n]) // sum(days) for n in range(len(days) + 1)] if days else []
    return [[*part[:2], after - before] for part, before, after in zip(parts, upto, upto[1:])]
class Credits:
    def __init__(self):
        self.kpis, self.claims, self.classes, self.batches, self.holds = {}, {}, {}, {}, {}
        self.challenges, self.proposals, self.liabilities, self.balance, self.variations, self.taken = {}, {}, {}, Counter(), Counter(), set()
    def new(self, id):
        must("id", id not in self.taken, "a new one", id)
        self.taken.add(id)
        return id
    bound_to = lambda self, claim, person: self.group(self.claims[claim]["claim"]["claimant"]) in self.groups_of(person)
    group = lambda self, organisation: self.organisations[organisation]
    measure = lambda self, of: self.measures[of["measure"]["catalogue"], of["measure"]["code"]]
    outcome = lambda self, of: self.measure(of).get("counting", {}).get("outcome") or (self.codes[of["measure"]["catalogue"]], of["measure"]["code"])
    def acts(self, organisation, *roles):
        (person,) = set().union(*(self.people(role, organisation) for role in roles)) or [None]
        must("actors", person, f"a person of {organisation} in the role {' or '.join(roles)}", self.actors)
        return person
    # Contracts
    def contract_signed(self, b):
        contract, award = b["contract"], b["contract"].get("award")
        self.acts(contract["buyer"], "officer")
        if award:
            tender = self.tenders[award["tender"]]
            plan, bid = tender["plan"], tender["awards"].pop(award["lot"])
            kpis = [{name: kpi[name] for name in ("measure", "quantity", "period", "place")} for kpi in contract["kpis"]]
            must("contract", contract["supplier"] == bid["supplier"] and kpis == shown(bid["opening"], "commitments"), "as awarded", kpis)
            must("contract", all(contract.get(name) == plan.get(name) for name in ("surplus_tradable", "substitution_share")), plan, contract)
        for kpi in contract["kpis"]:
            schedule = [[part["period"]["from"], part["period"]["to"], units(part["due"])] for part in kpi.get("terms", {}).get("schedule", [])]
            self.kpis[self.new(kpi["id"])] = kpi | {"contract": contract, "versions": [(units(kpi["quantity"]), kpi["period"]["from"])],
                "schedule": schedule, "obligated": 0, "tradable": 0, "covered": 0, "rated": {}}
        self.new(contract["id"])
    def contract_varied(self, b):
        self.variations[b["contract"]] += 1
        must("number", b["number"] == self.variations[b["contract"]], self.variations[b["contract"]], b["number"])
        for change in b["changes"]:
            kpi, new, since = self.kpis[change["kpi"]], units(change["quantity"]), change["from"]
            (old, last), today = kpi["versions"][-1], day(self.entry["at"])
            self.acts(kpi["contract"]["buyer"], "officer")
            ahead = (since > today if new > old else since >= today) and max(last, kpi["period"]["from"]) <= since < kpi["period"]["to"]
            must("variation", kpi["contract"]["id"] == b["contract"] and 0 < new != old and ahead, "a change of the KPI that lies ahead", change)
            kept = [part for part in kpi["schedule"] if part[0] < since]
            rest, later = new - sum(part[2] for part in kept), kpi["schedule"][len(kept) :]
            if kept and not later: kept[-1][2] += max(rest, 0)
            kpi["schedule"] = kept + spread(max(rest, 0), later)
            for part in reversed(kpi["schedule"]):
                less = min(max(-rest, 0), part[2])
                part[2], rest = part[2] - less, rest + less
            kpi["versions"].append((new, since))
    def bound(self, kpi):
        """Q: what a KPI binds to on the entry's day."""
        versions, today = kpi["versions"], day(self.entry["at"])
        begun = [part for part in kpi["schedule"] if part[0] <= today]
        if not begun:
            return max((n for n, since in versions if not kpi["schedule"] and since <= today), default=versions[-1][0])
        ends = [since for _, since in versions[1:]] + [begun[-1][1]]
        force = [n for (n, since), end in zip(versions, ends) if since < min(end, begun[-1][1]) and end > begun[0][0]]
        return max(force, default=versions[-1][0])
    short = lambda self, kpi: max(0, self.bound(kpi) - kpi["obligated"])
    def delivered(self, kpi, start="", end="9999"):
        answers = [one for one in self.claims.values() if one["claim"].get("answers", {}).get("kpi") == kpi["id"]]
        return sum(one["verified"] for one in answers if start < one["claim"]["period"]["to"] <= end)
    def rating(self, kpi, done, due):
        by = kpi["terms"]["thresholds"]
        words = {"good": "good", "approaching": "approaching_target", "improvement": "requires_improvement"}
        return next((words[at] for at in words if not due or Fraction(done, due) >= Fraction(by[at])), "inadequate")
    def kpi_rated(self, b):
        kpi, period = self.kpis[b["kpi"]], [b["period"]["from"], b["period"]["to"]]
        self.acts(kpi["contract"]["buyer"], "officer")
        done, due = self.delivered(kpi, *period), next(part[2] for part in kpi["schedule"] if part[:2] == period)
        rated = [b["rating"], done, due]
        must("period", period[1] <= day(self.entry["at"]) and kpi["rated"].get(period[1]) != rated, "one that is over, rated anew", period)
        must("delivery", (units(b["delivered"]), units(b["due"])) == (done, due), (done, due), b)
        must("rating", "reason" in b if b["rating"] == "other" else b["rating"] == self.rating(kpi, done, due), "by the thresholds", b["rating"])
        kpi["rated"][period[1]] = rated
    # Claims
    def asked(self, claim):
        """The KPIs that a claim fills, in order."""
        for kpi in self.kpis.values():
            contract, answers = kpi["contract"], claim.get("answers")
            if answers:
                same = (kpi["measure"], kpi["place"]) == (claim["measure"], claim["place"]) and covers(kpi["period"], claim["period"])
                if contract["id"] == answers["contract"] and (same or kpi["id"] == answers["kpi"]): yield kpi
            elif self.outcome(kpi) == self.outcome(claim) and meet(kpi, claim) and self.group(contract["supplier"]) == self.group(claim["claimant"]):
                yield kpi
    def claim_submitted(self, b):
        claim, by = b["claim"], self.acts(b["claim"]["claimant"], "supplier")
        period, parties = claim["period"], {self.group(claim["claimant"])}
        must("period", period["from"] < period["to"] <= day(self.entry["at"] + DAY), "one that is over", period)
        if "answers" in claim:
            kpi = self.kpis[claim["answers"]["kpi"]]
            theirs = (kpi["contract"]["id"], kpi["contract"]["supplier"]) == (claim["answers"]["contract"], claim["claimant"])
            fits = (kpi["measure"], kpi["place"]) == (claim["measure"], claim["place"]) and covers(kpi["period"], period)
            must("KPI", theirs and fits, "the KPI's outcome, by its supplier", claim)
            parties.add(self.group(kpi["contract"]["buyer"]))
        else:
            must("open KPI", all(self.delivered(kpi) >= self.bound(kpi) for kpi in self.asked(claim)), "none that asks for the outcome")
        self.claims[self.new(claim["id"])] = {"claim": claim, "by": by, "parties": parties, "verified": 0, "batch": None, "took": {by},
            "state": "submitted"}
    def step(self, b, state, *before):
        known = self.claims[b["claim"]]
        must("claim", known["state"] in before, f"one that is {' or '.join(before)}", known["state"])
        known["state"] = state
        return known
    def judge(self, b, state, *before):
        known, people = self.step(b, state, *before), self.people("verifier")
        apart = all(person != known["by"] and not self.groups_of(person) & known["parties"] for person in people)
        must("verifier", people and apart, "independent verifiers", people)
        return known
    own = lambda self, known: self.acts(known["claim"]["claimant"], "supplier")
    claim_withdrawn = lambda self, b: self.own(self.step(b, "withdrawn", "submitted", "checked", "asked"))
    claim_information_given = lambda self, b: self.own(self.step(b, "checked", "asked"))
    claim_information_requested = lambda self, b: self.judge(b, "asked", "submitted", "checked")
    claim_rejected = lambda self, b: self.judge(b, "rejected", "submitted", "checked", "asked")
    def claim_verified(self, b):
        known, accepted = self.judge(b, "verified", "submitted", "checked"), sorted(units(one["accepted"]) for one in b["verifications"])
        people = [one["verifier"] for one in b["verifications"] if one["verifier"] in self.people("verifier", one["organisation"])]
        must("verifications", len(set(people)) == len(accepted) > 0, "each verifier once, among the actors", people)
        must("accepted", 0 < accepted[0] <= accepted[-1] <= units(known["claim"]["quantity"]), "at most what was claimed", accepted)
        must("verified quantity", units(b["verified"]) == accepted[(len(accepted) - 1) // 2], accepted, b["verified"])
        known.update(verified=units(b["verified"]), took=known["took"] | set(people))
    exclusion_logged = lambda self, b: None
    # Credits
    def class_defined(self, b):
        klass, measure = b["class"], self.measure(b["class"])
        key = (klass["measure"]["catalogue"], klass["measure"]["code"], klass["place"], klass["vintage"])
        right = measure["scale"] == klass["scale"] and measure["transferable"] >= klass["transferable"] and Fraction(klass["buffer_share"]) < 1
        must("class", right and self.people("registrar") and self.new(key), "the measure's terms, by a registrar", klass)
        self.classes[self.new(klass["id"])] = klass
    def surplus_intended(self, b):
        self.acts((kpi := self.kpis[b["kpi"]["kpi"]])["contract"]["supplier"], "supplier")
        must("intent", kpi.setdefault("intent", today := day(self.entry["at"])) is today, "one for a KPI", kpi["id"])
    owes = lambda self, who: any(one["units"] and self.group(one["who"]) == self.group(who) for one in self.liabilities.values())
    of_claim = lambda self, claim: [one for one in self.challenges.values() if one["claim"] == claim and not over(one)]
    frozen = lambda self, claim: any(one["case"] or any("verified" in d["what"] for d in one["decided"]) for one in self.of_claim(claim))
    def move(self, id, source, target, amount):
        for account, change in ((source, -int(amount)), (target, int(amount))):
            self.balance[id, *account] += change
            must("balance", account[1] == "issuance" or self.balance[id, *account] >= 0, "zero or more", self.balance[id, *account])
    def may(self, id, holder, trade=False):
        self.acts(holder, "supplier", "officer")
        batch = self.batches[id]
        must("frozen", self.group(holder) != self.group(batch["claimant"]) or not self.frozen(batch["claim"]), "units that no challenge freezes", id)
        must("trade", not trade or batch["class"]["transferable"] and not self.owes(holder), "units that may change hands", id)
    def retire(self, id, source, said, **wanted):
        batch, end = self.batches[id], int(said["serials"]["to"])
        amount, number = end - batch["low"], re.findall("....", self.new(said["id"]).replace("-", "").upper()[16:])
        wanted |= {"serials": {"from": str(batch["low"]), "to": str(end)}, "certificate": "-".join([f"CW-{batch['class']['vintage']}", *number])}
        must("retirement", amount > 0 and {name: said.get(name) for name in wanted} == wanted, wanted, said)
        batch["low"] = end
        self.move(id, source, (None, "retired"), amount)
        return amount
    def leave(self, id, source, bucket, said):
        batch, high = self.batches[id], self.batches[id]["high"]
        batch["high"] = int(said["from"])
        must("serials", batch["low"] <= batch["high"] < high == int(said["to"]), f"up to {high}", said)
        self.move(id, source, (None, bucket), high - batch["high"])
        return high - batch["high"]
    def credits_issued(self, b):
        known, klass, id = self.claims[b["claim"]], self.classes[b["class"]], self.new(b["batch"])
        claim, left, (registrar,) = known["claim"], known["verified"], self.people("registrar")
        named, parts, circulating = self.kpis.get(claim.get("answers", {}).get("kpi")), [], 0
        stopped = known["batch"] or self.frozen(claim["id"]) or self.owes(claim["claimant"])
        must("issue", left and not stopped and b["claimant"] == claim["claimant"], "one issue of a verified claim", known)
        apart = registrar not in known["took"] and not self.bound_to(claim["id"], registrar)
        must("issue", apart, "a registrar who took no earlier step", registrar)
        must("class", (claim["measure"], claim["place"], claim["period"]["from"][:4]) == (klass["measure"], klass["place"], str(klass["vintage"])))
        for kpi in self.asked(claim):
            if fills := min(self.short(kpi), left):
                kpi["obligated"], left = kpi["obligated"] + fills, left - fills
                parts.append({"kpi": kpi, "units": fills, "why": "obligation"})
        if not named:
            left = circulating = left and int(left * (1 - Fraction(self.measure(claim)["deadweight"])))
        elif named["contract"]["surplus_tradable"] and klass["transferable"] and named.get("intent", "9999") < claim["period"]["from"]:
            short = any(self.short(kpi) for kpi in self.kpis.values() if kpi["contract"] is named["contract"])
            circulating = 0 if short else max(0, min(left, int(self.bound(named) * Fraction(klass["tradable_share"])) - named["tradable"]))
        if left > circulating:
            parts.append({"kpi": named, "units": left - circulating, "why": "surplus"})
        buffer, total = int(circulating * Fraction(klass["buffer_share"])), sum(part["units"] for part in parts) + circulating
        self.batches[id] = {"id": id, "issued": total, "low": 0, "high": total, "class": klass, "claim": claim["id"], "claimant": claim["claimant"],
            "parts": parts, "circulating": circulating, "cancelled": 0, "named": named}
        said = (b["buffer_units"], b["available_units"], len(b.get("retirements", [])))
        must("issued units", total and said == (str(buffer), str(circulating - buffer), len(parts)), (buffer, circulating, parts), said)
        for part, one in zip(parts, b.get("retirements", [])):
            part["id"], kpi = one["id"], part["kpi"]["id"] if part["why"] == "obligation" else None
            amount = self.retire(id, (None, "issuance"), one, kpi=kpi, beneficiary=part["kpi"]["contract"]["buyer"], reason=part["why"],
                jurisdiction=claim["place"], period=claim["period"])
            must("retired units", amount == part["units"], part["units"], amount)
        self.move(id, (None, "issuance"), (None, "buffer"), buffer)
        self.move(id, (None, "issuance"), (claim["claimant"], "available"), circulating - buffer)
        known.update(batch=id, took=known["took"] | {registrar})
        if named: named["tradable"] += circulating
    def trade(self, id, source, b):
        klass, group = self.batches[id]["class"], self.group(b["to"])
        self.may(id, source, trade=True)
        related = self.group(source) == group
        must("reason", (b["reason"] == "group") == related and source != b["to"] and int(b["units"]) > 0, "a trade", b)
        must("procurement", "procurement_reference" in b or b["reason"] != "sale" or self.sectors[b["to"]] != "public", "a reference", b)
        held = sum(n for (batch, who, _), n in self.balance.items() if who and self.group(who) == group and self.batches[batch]["class"] is klass)
        must("holding limit", related or held + int(b["units"]) <= int(klass.get("holding_limit_units", 2**63)), klass, held)
    def credits_transferred(self, b):
        self.trade(b["batch"], b["from"], b)
        self.move(b["batch"], (b["from"], "available"), (b["to"], "available"), b["units"])
    def credits_held(self, b):
        self.may(b["batch"], b["holder"], trade=True)
        must("hold", 0 < b["expires_at"] - self.entry["at"] <= 90 * DAY and b.get("to") != b["holder"] and int(b["units"]) > 0, "90 days at most", b)
        self.holds[self.new(b["hold"])] = b
        self.move(b["batch"], (b["holder"], "available"), (b["holder"], "held"), b["units"])
    def credits_released(self, b):
        hold, done = self.holds.pop(b["hold"]), b.get("delivered", {"units": "0", "to": b["holder"]})
        must("hold", (b["batch"], b["holder"]) == (hold["batch"], hold["holder"]) and (b["end"] == "delivered") == ("delivered" in b), hold, b)
        whole = int(done["units"]) + int(b["returned_units"]) == int(hold["units"])
        must("hold", whole and (b["end"] == "expired") == (self.entry["at"] >= hold["expires_at"]), "an end in time, of all units", b)
        if b["end"] == "delivered":
            must("hold", hold.get("to", done["to"]) == done["to"], hold, b)
            self.trade(b["batch"], b["holder"], done)
        elif b["end"] == "given_up":
            self.acts(hold.get("to", hold["holder"]), "supplier", "officer")
        self.move(b["batch"], (b["holder"], "held"), (done["to"], "available"), done["units"])
        self.move(b["batch"], (b["holder"], "held"), (b["holder"], "available"), b["returned_units"])
    def credits_retired(self, b):
        said, batch = b["retirement"], self.batches[b["batch"]]
        self.may(b["batch"], b["holder"])
        kpi, claim = self.kpis.get(said.get("kpi")), self.claims[batch["claim"]]["claim"]
        must("period", said["period"]["to"] > claim["period"]["from"] and said["beneficiary"] in self.organisations, "one after the delivery", said)
        amount = self.retire(b["batch"], (b["holder"], "available"), said, reason="substitution" if kpi else "voluntary")
        if kpi:
            share = min(Fraction(of.get("substitution_share", "0")) for of in (kpi["contract"], batch["class"]))
            fits = (kpi["measure"], kpi["place"]) == (claim["measure"], claim["place"]) and covers(kpi["period"], claim["period"])
            theirs = (kpi["contract"]["supplier"], kpi["contract"]["buyer"]) == (b["holder"], said["beneficiary"])
            kpi["covered"] += amount
            must("cover", fits and theirs and kpi["covered"] <= min(self.short(kpi), int(self.bound(kpi) * share)), "what is short and allowed", said)
    def credits_cancelled(self, b):
        self.may(b["batch"], b["holder"])
        self.batches[b["batch"]]["cancelled"] += self.leave(b["batch"], (b["holder"], "available"), "cancelled", b["serials"])
    def liability_cleared(self, b):
        owed, klass = self.liabilities[b["liability"]], self.batches[b["batch"]]["class"]
        self.may(b["batch"], owed["who"])
        owed["units"] -= self.leave(b["batch"], (b["holder"], "available"), "cancelled", b["serials"])
        same = all(klass[name] == owed["class"][name] for name in ("measure", "place")) and b["holder"] == owed["who"]
        must("liability", same and owed["units"] >= 0, "at most what is owed, of its measure and place", b)
    def buffer_released(self, b):
        batch, left = self.batches[b["batch"]], self.balance[b["batch"], None, "buffer"]
        late = int(day(self.entry["at"])[:4]) > batch["class"]["vintage"] + batch["class"]["buffer_years"] and self.people("registrar")
        must("buffer", late and not self.of_claim(batch["claim"]) and not self.owes(batch["claimant"]), "years that are over, and nothing open", b)
        must("buffer", (int(b["units"]), b["claimant"]) == (left, batch["claimant"]) and left, left, b)
        self.move(b["batch"], (None, "buffer"), (batch["claimant"], "available"), left)
    # What falls
    credits_corrected = lambda self, b: self.reduce(b["reduction"], "correct")
    credits_reversed = lambda self, b: self.reduce(b["reduction"], "reverse")
    def reduce(self, said, remedy):
        known, (registrar,) = self.claims[said["claim"]], self.people("registrar")
        if said["basis"]["of"] == "challenge":
            basis = self.challenges[said["basis"]["id"]]
            last, deciders = basis["decided"][-1], {one["by"] for one in basis["decided"]}
            final, what = len(basis["decided"]) == 2 or not basis["appealed"] and self.entry["at"] >= last["at"] + 14 * DAY, last["what"]
        else:
            basis = what = self.proposals[said["basis"]["id"]]
            final, deciders = True, {basis["by"]}
        must("decision", final and not basis["done"] and (basis["claim"], what.get("remedy")) == (said["claim"], remedy), "a final one, once", basis)
        apart = registrar not in known["took"] | deciders and not self.bound_to(said["claim"], registrar)
        must("people", apart, "a registrar who took no earlier step", registrar)
        basis["done"], before, after = True, known["verified"], min(known["verified"], units(what["verified"]))
        known["verified"], fell, owed = after, {"withdrawn": [], "losses": [], "drawn": []}, 0
        if known["batch"] and after < before:
            owed = self.fall(known, before - after, fell)
        if owed:
            fell["owed"] = {"liability": self.new(said["owed"]["liability"]), "units": str(owed)}
            self.liabilities[said["owed"]["liability"]] = {"who": said["claimant"], "class": self.batches[known["batch"]]["class"], "units": owed}
        found = {name: said[name] for name in ("withdrawn", "losses", "drawn", "owed") if name in said}
        fell = {name: what for name, what in fell.items() if what}
        must("what falls", (found, units(said["verified"]), said["claimant"]) == (fell, after, known["claim"]["claimant"]), fell, found)
        kpi = self.kpis.get(known["claim"].get("answers", {}).get("kpi"), {"rated": {}})
        for start, end, _ in kpi.get("schedule", []):
            rated = kpi["rated"].get(end, ["other", 0, 0])
            if rated[0] != "other" and (left := self.delivered(kpi, start, end)) < rated[1]:
                rated[:2] = self.rating(kpi, left, rated[2]), left
    def fall(self, known, less, fell):
        own, who, mine = known["batch"], known["claim"]["claimant"], self.batches[known["batch"]]
        named, parts = mine["named"], lambda batch, why: [part for part in batch["parts"] if part["why"] == why]
        kin = [mine] if not named else [mine, *(one for one in reversed(self.batches.values()) if one["named"] is named and one is not mine)]
        filled, owed = sum(part["units"] for part in parts(mine, "obligation")), 0
        if named:
            surplus = min(less, sum(one["circulating"] + sum(part["units"] for part in parts(one, "surplus")) for one in kin))
            obligated = less - surplus
        else:
            kept = min(filled, known["verified"])
            deadweight = Fraction(self.measure(known["claim"]).get("deadweight", "0"))
            surplus, obligated = max(0, mine["circulating"] - int((known["verified"] - kept) * (1 - deadweight))), filled - kept
        def withdraw(batch, part, most):
            amount = min(part["units"], most)
            part["units"] -= amount
            fell["withdrawn"] += [{"batch": batch["id"], "retirement": part["id"], "units": str(amount)}] if amount else []
            return amount
        for batch in kin:
            name = batch["id"]
            surplus -= sum(withdraw(batch, part, surplus) for part in parts(batch, "surplus"))
            if amount := min(batch["circulating"], surplus):
                gone, surplus, batch["circulating"] = min(batch["cancelled"], amount), surplus - amount, batch["circulating"] - amount
                loss, left, batch["cancelled"] = {"batch": name, "units": str(amount), "cancelled": str(gone)}, amount - gone, batch["cancelled"] - gone
                if named: named["tradable"] -= amount
                group = {one for of, one, _ in self.balance if of == name and one and self.group(one) == self.group(who)}
                for holder in sorted(group, key=lambda one: (one != who, one)):
                    took = {"holder": holder}
                    for hold in sorted(key for key, one in self.holds.items() if (one["batch"], one["holder"]) == (name, holder)):
                        if self.balance[name, holder, "available"] < left:
                            back = self.holds.pop(hold)["units"]
                            took.setdefault("broken", []).append({"hold": hold, "units": back})
                            self.move(name, (holder, "held"), (holder, "available"), back)
                    if taken := min(left, self.balance[name, holder, "available"]):
                        loss.setdefault("taken", []).append(took | {"serials": self.top(name, (holder, "available"), "reversed", taken)})
                        left -= taken
                owed += left
                fell["losses"].append(loss)
        for batch, part in [(batch, part) for batch in kin for part in reversed(parts(batch, "obligation"))]:
            amount = withdraw(batch, part, obligated)
            obligated, part["kpi"]["obligated"] = obligated - amount, part["kpi"]["obligated"] - amount
        must("what falls", not surplus and not obligated, "parts that cover it", (surplus, obligated))
        alike = lambda name: all(self.batches[name]["class"][key] == mine["class"][key] for key in ("measure", "place"))
        for name in [own, *(name for name in self.batches if name != own and alike(name))]:
            if amount := min(self.balance[name, None, "buffer"], owed):
                fell["drawn"].append({"batch": name, "serials": self.top(name, (None, "buffer"), "cancelled", amount)})
                owed -= amount
        return owed
    def top(self, id, source, bucket, amount):
        high = self.batches[id]["high"]
        said = {"from": str(high - amount), "to": str(high)}
        self.leave(id, source, bucket, said)
        return said
    # Challenges
    def challenge_raised(self, b):
        known, (by,) = self.claims[b["claim"]], self.actors
        mine = [one["claim"] for one in self.challenges.values() if one["by"] == by["id"] and not over(one)]
        must("challenge", known["verified"] and b["claim"] not in mine and len(mine) < 5, "a verified claim, once, at most five", mine)
        must("challenge", self.group(by["organisation"]) != self.group(known["claim"]["claimant"]), "nobody of the claimant's group", by)
        kpi = self.kpis.get(known["claim"].get("answers", {}).get("kpi"))
        body = {"kind": "buyer", "organisation": kpi["contract"]["buyer"]} if kpi and b["ground"] == "contract" else {"kind": "registry"}
        must("body in charge", (b["body"], b["answer_by"]) == (body, self.entry["at"] + 30 * DAY), body, b)
        self.challenges[self.new(b["challenge"])] = {"claim": b["claim"], "by": by["id"], "body": body, "case": False, "replied": False,
            "appealed": False, "decided": [], "done": False}
    def charged(self, b, decisions=0):
        one = self.challenges[b["challenge"]]
        people = self.people("registrar") if one["body"]["kind"] == "registry" else self.people("officer", one["body"]["organisation"])
        took = self.claims[one["claim"]]["took"] | {one["by"]}
        apart = not any(person in took or self.bound_to(one["claim"], person) for person in people)
        must("body in charge", people and apart and len(one["decided"]) == decisions, one, self.actors)
        return one, people
    def challenge_routed(self, b):
        one, _ = self.charged(b)
        must("body in charge", one["body"] != b["body"] and b["answer_by"] == self.entry["at"] + 30 * DAY, "another, in 30 days", b)
        one["body"] = b["body"]
    def challenge_answered(self, b):
        one = self.challenges[b["challenge"]]
        self.own(self.claims[one["claim"]])
        must("reply", not one["replied"] and not one["decided"], "one before a decision", one)
        one["replied"] = True
    def challenge_accepted(self, b):
        must("case", not self.charged(b)[0]["case"], "found once", b)
        self.challenges[b["challenge"]]["case"] = True
    def challenge_resolved(self, b):
        one, (by,) = self.charged(b, self.challenges[b["challenge"]]["appealed"])
        known, what = self.claims[one["claim"]], b["decision"]
        must("people", by not in known["took"] | {one["by"]} | {d["by"] for d in one["decided"]}, "somebody who took no part", by)
        must("decision", what["outcome"] == "dismissed" or units(what["verified"]) < known["verified"], "less than stands", what)
        one["decided"].append({"by": by, "at": self.entry["at"], "what": what})
    def challenge_appealed(self, b):
        one, (by,) = self.challenges[b["challenge"]], self.actors
        if by["id"] != one["by"]: self.own(self.claims[one["claim"]])
        timely = len(one["decided"]) == 1 and self.entry["at"] < one["decided"][0]["at"] + 14 * DAY
        must("appeal", timely and not one["appealed"], "within 14 days of the first decision, once", one)
        mine = [other["claim"] for other in self.challenges.values() if other is not one and other["by"] == one["by"] and not over(other)]
        must("appeal", one["claim"] not in mine and len(mine) < 5, "at most one open of the claim, five in all", mine)
        one["appealed"] = True
    def correction_proposed(self, b):
        (by,), known = self.people("registrar"), self.claims[b["claim"]]
        less = known["state"] == "verified" and units(b["verified"]) < known["verified"]
        must("proposal", less and not self.bound_to(b["claim"], by), "less than stands, by a registrar of no party", b)
        self.proposals[self.new(b["proposal"])] = dict(b, by=by, done=False)
    def conserved(self):
        """The batches whose units and serials do not add up."""
        for id, batch in self.batches.items():
            of = Counter()
            for (one, _, bucket), n in self.balance.items():
                of[bucket] += n * (one == id)
            held = sum(int(hold["units"]) for hold in self.holds.values() if hold["batch"] == id)
            placed = (-of["issuance"], of["retired"], of["cancelled"] + of["reversed"], of["held"])
            if sum(of.values()) or placed != (batch["issued"], batch["low"], batch["issued"] - batch["high"], held): yield id
