"""The gate a third time, as statements of Cedar: written from DESIGN.md, the case tables and params/, sharing no code with the gate.

A world becomes a set of Cedar policies, and every record a request: principal = the account whose words they are, action = the purpose,
resource = the record. Cedar's own semantics are those of the gate (some permit, no forbid), and its action hierarchy those of purposes:
a denial is of `action in PURPOSE`, children included, a permission of `action == PURPOSE` alone.

Prepared in Python, because Cedar has no quantifiers: which grants and denials of one voice and scope others of it have ended
(`standing`: pair by pair, once as if everybody were alive, once as if dead; Cedar knows who is); the youngest birth date, the first
network and the one country of an account told several times; small letters and single words in signals; and the ids of those quoted
records that Cedar itself, asked before, permits. Everything else is Cedar's: scopes, dates, expiry, age, states, death, whose word counts
for what, signals, terms, holds, the rules of the policy, and how all of it combines.
"""

import json
import re
import tomllib
from datetime import UTC, date, datetime, time
from pathlib import Path

import cedarpy

import ownwords

PARAMS = Path(ownwords.__file__).parent / "policy" / "params"
PURPOSES = (
    *("train_ai", "train_ai.affiliate", "train_ai.third_party", "simulate_person", "simulate_person.voice", "simulate_person.likeness"),
    *("license.analysis", "analyse_brand", "match_talent", "advertise.contextual", "advertise.profiled", "manage_accounts"),
    *("verify_identity", "self_access"),
)
#: What is looked at of a record and of a decision.
RECORD = ("record_id", "account_id", "network", "category", "visibility", "state", "created_at", "observed_at", "quotes", "repost_of")
RECORD += ("terms", "signals")
DECISION = ("seq", "account_id", "effect", "purpose", "category", "since", "until", "record_id", "by", "source", "effective_at")
DECISION += ("is_lifetime", "expires_at")
CLOSED = ["deleted", "disputed"]
SHUT = ["deactivated", "suspended", "protected"]
CATEGORIES = ["post", "reply", "repost", "reaction", "message", "profile", "position", "education", "skill", "connection", "face", "voice"]
CATEGORIES += ["location"]
N_SIGNALS = 2

STATES = "(if principal.ledger.isEmpty() then principal.told else principal.ledger)"
ODD = f"!{json.dumps([*CLOSED, *SHUT, 'memorialised', 'historical', 'active'])}.containsAll({STATES})"
MEMORIAL = f'(!({ODD}) && {STATES}.contains("memorialised") && !{STATES}.containsAny({json.dumps(CLOSED)}))'
HISTORICAL = f'(!({ODD}) && {STATES}.contains("historical") && !{STATES}.containsAny({json.dumps([*CLOSED, *SHUT, "memorialised"])}))'
DEAD = f"({MEMORIAL} || {HISTORICAL})"
IS_SHUT = f'(!{STATES}.contains("memorialised") && {STATES}.containsAny({json.dumps(SHUT)}))'
IS_CLOSED = f"({STATES}.containsAny({json.dumps(CLOSED)}) || {IS_SHUT})"
MARKED = "(" + " || ".join(f'(resource.s{k}.name == "special-category")' for k in range(N_SIGNALS)) + ")"


def param(file, key):
    return tomllib.loads((PARAMS / f"{file}.toml").read_text())[key]


MAJORITY, AGE_UNKNOWN = param("majority", "majority"), param("age_unknown", "age_unknown")
TERMS, SIGNALS = param("terms", "terms"), param("signals", "signal")


def seconds(moment):
    """Seconds since 1970 of an instant, or of a day's first one."""
    return int((moment if isinstance(moment, datetime) else datetime.combine(moment, time(), UTC)).timestamp())


def day(moment):
    """20260601: two such numbers are 10,000 apart a year."""
    return moment.year * 10_000 + moment.month * 100 + moment.day


def action(name):
    return f'Action::"{name}"'


def actions(names):
    return "[" + ", ".join(action(name) for name in names) + "]"


def account(name):
    return f"Account::{json.dumps(name or 'nobody')}"


def either(parts):
    return "(" + " || ".join([*parts, "false"]) + ")"


def both(parts):
    return "(" + " && ".join([*parts, "true"]) + ")"


def is_grant(one):
    return one["effect"] in ("give", "renew")


def standing(decisions, at, dead):
    """Those that no other of the same voice and scope has ended: pair by pair."""
    heard = [one for one in decisions if dead or not one["is_lifetime"]]
    heard = [one for one in heard if (one["effective_at"] or at) <= at and not is_vague_grant(one)]
    voices = {}
    for one in heard:
        scope = ("account_id", "by", "source", "purpose", "category", "since", "until", "record_id")
        voices.setdefault(tuple(one[name] for name in scope), []).append(one)
    for said in voices.values():
        ends = [one for one in said if not is_grant(one)]
        grants = [one for one in said if is_grant(one) and not any(ends_grant(end, one) for end in ends)]
        for kind in (False, True):
            same = [one for one in grants if bool(one["is_lifetime"]) is kind]
            yield from [one for one in same if not any(newer(other) > newer(one) for other in same)][:1]
        yield from [] if grants else ends


def is_vague_grant(one):
    """Does not say from when on, or for what."""
    return is_grant(one) and (one["effective_at"] is None or one["purpose"] is None)


def ends_grant(end, grant):
    return end["effective_at"] is None or end["effective_at"] > grant["effective_at"] or end["seq"] >= grant["seq"]


def newer(grant):
    narrower = -seconds(grant["expires_at"]) if grant.get("expires_at") else float("-inf")
    return (grant["effective_at"], grant["seq"], narrower)


def covers(one):
    """Cedar: a decision is about the record. What the record does not say, a denial covers and a grant does not."""

    def has(name, test):
        return f"(resource has {name} && {test})" if is_grant(one) else f"(!(resource has {name}) || {test})"

    parts = []
    if one["category"] == "special":
        parts.append(MARKED)
    elif one["category"] is not None:
        parts.append(has("category", f'resource.category == "{one["category"]}"'))
    if one["record_id"] is not None:
        parts.append(f"resource.id == {json.dumps(one['record_id'])}")
    if one["since"] is not None:
        parts.append(has("created", f"resource.created >= {seconds(one['since'])}"))
    if one["until"] is not None:
        parts.append(has("created", f"resource.created < {seconds(one['until'])}"))
    if is_grant(one) and one.get("expires_at"):
        parts.append(f"context.now < {seconds(one['expires_at'])}")
    return both(parts)


class Statements:
    """What a world says, as Cedar policies, each with the number of the rule it stands for."""

    def __init__(self, decisions, policy, at):
        self.text, self.numbers, self.at = [], [], at
        self.policy = policy
        alive, dead = list(standing(decisions, at, False)), list(standing(decisions, at, True))
        self.grants = [(one, f"!{DEAD}") for one in alive if is_grant(one)] + [
            (one, DEAD) for one in dead if is_grant(one) and one["is_lifetime"]
        ]
        both_ways = [one for one in alive if one in dead]
        self.denials = [(one, "true") for one in both_ways] + [(one, f"!{DEAD}") for one in alive if one not in both_ways]
        self.denials = [
            (one, guard)
            for one, guard in self.denials + [(one, DEAD) for one in dead if one not in both_ways]
            if not is_grant(one) and one["effect"] != "expire"
        ]
        known = {}
        for entry in sorted(MAJORITY, key=lambda entry: entry["since"]):
            if day(entry["since"]) <= day(at):
                known[entry["jurisdiction"]] = entry["age_years"]
        years = str(known.pop("*"))
        for country, age in sorted(known.items(), key=lambda pair: pair[1]):
            years = f'(if principal.countries.contains("{country}") then {age} else {years})'
        self.minor = f"(principal has born && context.today - principal.born < {years} * 10000)"
        doubtful = actions(AGE_UNKNOWN[-1]["treats_as_child"])
        self.child = f"({self.minor} || (!(principal has born) && {doubtful}.contains(action)))"
        self.own = self.own_word()
        self.rules_1_to_3()
        self.rules_4_to_7()
        self.rule_8()
        self.rules_9_and_10()

    def add(self, number, head, when, unless="false"):
        self.numbers.append(number)
        self.text.append(f"{head} when {{ {when} }} unless {{ {unless} }};")

    def forbid(self, number, when, unless="false", what="action"):
        """Bars a use; showing people what is held on them is none."""
        self.add(number, f"forbid(principal, {what}, resource)", f'action != Action::"self_access" && {when}', unless)

    def own_word(self, which=lambda one: True, purpose=None, newer_than=None):
        """Cedar: the person's own standing consent to the question's purpose (or `purpose`) covers the record."""
        words = [
            both(
                [
                    f"principal == {account(one['account_id'])}",
                    f"action == {action(one['purpose'])}" if purpose is None else "true",
                    f"{newer_than} < {seconds(one['effective_at'])}" if newer_than else "true",
                    guard,
                    covers(one),
                ]
            )
            for one, guard in self.grants
            if one["by"] == one["source"] == "self" and one["purpose"] and purpose in (None, one["purpose"]) and which(one)
        ]
        return f"(!{self.child} && {either(words)})"

    def guardian(self):
        words = [
            both([f"principal == {account(one['account_id'])}", f"action == {action(one['purpose'])}", guard, covers(one)])
            for one, guard in self.grants
            if one["by"] == "guardian" and one["purpose"] and guard != DEAD
        ]
        return f"({self.minor} && {either(words)})"

    def rules_1_to_3(self):
        named = {name for rule in self.policy["rules"] if rule.get("reviewed", True) for name in rule.get("terms", [])}
        listed = json.dumps(sorted(named | {entry["name"] for entry in TERMS}))
        audiences = '["public", "unlisted", "followers", "group", "direct", "private", "unknown"]'
        categories = json.dumps(CATEGORIES)
        self.add(1, f"forbid(principal == {account(None)}, action, resource)", "true")
        self.forbid(1, '(!(resource has created) || !(resource has visibility) || resource.visibility == "unknown")', self.own)
        self.forbid(1, f"resource has visibility && !{audiences}.contains(resource.visibility)")
        self.forbid(1, "true", f"resource has category && {categories}.contains(resource.category)")
        self.forbid(1, "true", 'resource has state && ["live", "deleted", "withheld"].contains(resource.state)')
        self.forbid(1, ODD)
        self.forbid(1, "resource has terms", f"{listed}.contains(resource.terms)")
        self.forbid(2, 'resource has visibility && ["direct", "group", "private"].contains(resource.visibility)')
        self.forbid(2, 'resource has visibility && resource.visibility == "followers"', self.own)
        self.forbid(2, 'resource has state && ["deleted", "withheld"].contains(resource.state)')
        self.forbid(3, f"!({ODD}) && {IS_CLOSED}")
        self.forbid(3, MEMORIAL, self.own)

    def rules_4_to_7(self):
        for hold in self.policy.get("holds", []):
            parts = [f"context.now >= {seconds(hold['since'])}"] if hold.get("since") else []
            parts += [f"context.now < {seconds(hold['until'])}"] if hold.get("until") else []
            parts += [self.among("resource", "network", hold.get("networks"), True)]
            parts += [self.among("principal", "country", hold.get("jurisdictions"), True)]
            if hold.get("posted_from"):
                parts.append(f"(!(resource has created) || resource.created >= {seconds(hold['posted_from'])})")
            if hold.get("posted_to"):
                parts.append(f"(!(resource has created) || resource.created < {seconds(hold['posted_to'])})")
            what = f"action in {actions(hold['purposes'])}" if hold.get("purposes") else "action"
            self.add(4, f"forbid(principal, {what}, resource)", both(parts))
        told = either(f'resource.s{k}.name == "hold"' for k in range(N_SIGNALS))
        self.add(4, "forbid(principal, action, resource)", told)
        body = '(!(resource has category) || ["face", "voice"].contains(resource.category))'
        never = actions(["advertise.profiled", "match_talent", "license.analysis", "train_ai.third_party"])
        self.forbid(5, f'{self.child} && (action in Action::"simulate_person" || {never}.contains(action) || {body})')
        self.forbid(5, self.child, self.guardian())
        named = self.own_word(lambda one: one["category"] not in (None, "special") or (one["record_id"] and one["category"] is None))
        special = self.own_word(lambda one: one["category"] == "special" or (one["record_id"] and one["category"] is None))
        self.forbid(6, 'resource has category && ["face", "voice"].contains(resource.category)', named)
        self.forbid(6, MARKED, special)
        self.forbid(7, "true", "context.cleared.containsAll(resource.inside)")
        self.forbid(7, 'resource.inside.isEmpty() && resource has category && resource.category == "repost"')
        self.forbid(7, "principal has home && resource has network && resource.network != principal.home", self.own)

    def rule_8(self):
        for one, guard in self.denials:
            hearsay = one["by"] == "import" or (one["by"] == "self" and one["source"] not in ("self", None))
            replaced = hearsay and one["effective_at"] is not None and one["purpose"] is not None
            lifted = self.own_word(purpose=one["purpose"], newer_than=str(seconds(one["effective_at"]))) if replaced else "false"
            what = f"action in {action(one['purpose'])}" if one["purpose"] else "action"
            self.add(8, f"forbid(principal == {account(one['account_id'])}, {what}, resource)", both([guard, covers(one)]), lifted)
        for k in range(N_SIGNALS):
            told = f"resource.s{k}"
            seen = f"(if {told} has at then {told}.at else resource.observed)"
            for purpose in sorted({name for entry in SIGNALS for name in entry["denies"]}):
                says = either(
                    f'({told}.name == "{entry["name"]}" && {told}.values.containsAny({json.dumps(entry["values"])}))'
                    for entry in SIGNALS
                    if purpose in entry["denies"]
                )
                dated = f"({told} has at || resource has observed)"
                newer_word = f"{dated} && {self.own_word(purpose=purpose, newer_than=seen)}"
                self.forbid(8, says, newer_word, f"action in {action(purpose)}")
        for entry in TERMS:
            if entry["forbids"]:
                then = f"context.today >= {day(entry['since'])} && context.today < {day(entry.get('until', date.max))}"
                unless = self.own if entry.get("unless_author_consents") else "false"
                of = f'resource has terms && resource.terms == "{entry["name"]}" && {then}'
                self.forbid(8, of, unless, f"action in {actions(entry['forbids'])}")
        for rule in self.policy["rules"]:
            if rule["effect"] == "deny":
                self.forbid(8, self.reaches(rule), what=f"action in {actions(rule['purposes'])}")

    def rules_9_and_10(self):
        self.add(9, "permit(principal, action, resource)", either([self.own, self.guardian()]))
        self.add(10, 'permit(principal, action == Action::"self_access", resource)', "true")
        for rule in self.policy["rules"]:
            if rule["effect"] == "allow" and rule.get("consent_mechanism") != "opt-in":
                self.add(10, "permit(principal, action, resource)", f"{actions(rule['purposes'])}.contains(action) && {self.reaches(rule)}")

    def among(self, whose, name, words, if_unknown):
        """Cedar: the attribute is one of `words`; nothing written narrows nothing."""
        if not words:
            return "true"
        test = f"{json.dumps(list(words))}.contains({whose}.{name})"
        return f"(!({whose} has {name}) || {test})" if if_unknown else f"({whose} has {name} && {test})"

    def reaches(self, rule):
        """Cedar: a rule of the policy is in force and about the record."""
        if rule.get("reviewed") is False:
            return "false"
        policy, allows = self.policy, rule["effect"] == "allow"
        published = seconds(policy["published_at"])
        begin = [f"{published} + {policy.get('notice_period_days', 0)} * 86400"]
        begin += [str(seconds(policy["effective_from"]))] if policy.get("effective_from") else []
        parts = [f"context.now >= {moment}" for moment in begin]
        parts += [f"context.now < {seconds(policy['effective_to'])}"] if policy.get("effective_to") else []
        parts += [f"context.now >= {seconds(rule['since'])}"] if rule.get("since") else []
        parts += [f"context.now < {seconds(rule['until'])}"] if rule.get("until") else []
        parts += [f"context.now >= {published} + {rule.get('objection_period_days', 0)} * 86400"] if allows else []
        visibility = rule.get("visibility") or (["public"] if allows else None)
        told = [("resource", "network", policy.get("networks")), ("principal", "country", policy.get("jurisdictions"))]
        told += [("principal", "country", rule.get("jurisdictions")), ("resource", "category", rule.get("categories"))]
        told += [("resource", "visibility", visibility), ("resource", "terms", rule.get("terms"))]
        parts += [self.among(whose, name, words, not allows) for whose, name, words in told]
        posted = [str(seconds(rule["applies_to_posts_from"]))] if rule.get("applies_to_posts_from") else []
        posted = posted or (begin if allows and not rule.get("retroactive") else [])
        unknown = "resource has created &&" if allows else "!(resource has created) ||"
        return both([*parts, *(f"({unknown} resource.created >= {moment})" for moment in posted)])


def entities(records, accounts, states):
    """Accounts, purposes and records as Cedar's entities; what nobody told is no attribute."""
    made = [{"uid": {"type": "Action", "id": name}, "attrs": {}, "parents": parents(name)} for name in PURPOSES]
    ids = {record["account_id"] for record in records} | {None}
    for name in ids:
        mine = [row for row in accounts if row["account_id"] == name and name is not None]
        births = [row["born_on"] for row in mine if row["born_on"]]
        homes = [row["network"] for row in mine if row["network"]]
        countries = sorted({row["jurisdiction"] for row in mine if row["jurisdiction"]})
        attributes = {
            "ledger": sorted({row["state"] for row in states if row["account_id"] == name and row["state"]}),
            "told": sorted({row["state"] for row in mine if row["state"]}),
            "countries": countries,
            "born": day(max(births)) if births else None,
            "home": min(homes, default=None),
            "country": countries[0] if len(countries) == 1 else None,
        }
        made.append({"uid": {"type": "Account", "id": name or "nobody"}, "attrs": told(attributes), "parents": []})
    return made + [{"uid": {"type": "Record", "id": str(k)}, "attrs": attributes_of(one), "parents": []} for k, one in enumerate(records)]


def parents(name):
    above = name.rpartition(".")[0]
    return [{"type": "Action", "id": above}] if above in PURPOSES else []


def told(attributes):
    return {name: value for name, value in attributes.items() if value is not None}


def attributes_of(record):
    known = {name: record[name] for name in ("category", "visibility", "state", "network", "terms")}
    known |= {name: record[f"{name}_at"] and seconds(record[f"{name}_at"]) for name in ("created", "observed")}
    known |= {"id": record["record_id"], "inside": sorted({record["quotes"], record["repost_of"]} - {None})}
    signals = record["signals"] or []
    assert len(signals) <= N_SIGNALS, "a record with more signals than Cedar is asked about"
    for k in range(N_SIGNALS):
        one = signals[k] if k < len(signals) else {}
        values = sorted(set(re.split(r"[\s,;]+", (one.get("value") or "").lower())))
        at = seconds(one["at"]) if one.get("at") else None
        known[f"s{k}"] = told({"name": (one.get("name") or "").lower(), "values": values, "at": at})
    return told(known)


def decide(drawn, policy):
    """[(allowed, rule)] for every record of a world; `policy` as its YAML file would hold it."""
    records, purpose, at = drawn["records"], drawn["purpose"], drawn["at"]
    statements = Statements(drawn["decisions"], policy, at)
    things = entities(records, drawn["accounts"], drawn["states"])
    ask = Asking("\n".join(statements.text), statements.numbers, json.dumps(things), purpose, at)
    wanted = {record[name] for record in records for name in ("quotes", "repost_of")} - {None}
    first = [k for k, one in enumerate(records) if one["record_id"] in wanted and is_own(one)]
    verdict = {}
    for k, (allowed, _) in zip(first, ask(records, first, []), strict=True):
        verdict[records[k]["record_id"]] = verdict.get(records[k]["record_id"], True) and allowed
    return ask(records, range(len(records)), sorted(name for name, allowed in verdict.items() if allowed))


def is_own(record):
    """Holds nobody else's words."""
    return not record["quotes"] and not record["repost_of"] and record["category"] not in {"repost", None}


class Asking:
    """Cedar, with one world's statements and entities."""

    def __init__(self, text, numbers, things, purpose, at):
        self.text, self.numbers, self.things, self.purpose = text, numbers, things, purpose
        self.context = {"now": seconds(at), "today": day(at)}

    def __call__(self, records, places, cleared):
        requests = [
            {
                "principal": account(records[k]["account_id"]),
                "action": action(self.purpose),
                "resource": f'Record::"{k}"',
                "context": {**self.context, "cleared": cleared},
            }
            for k in places
        ]
        return [self.read(one) for one in cedarpy.is_authorized_batch(requests, self.text, self.things)] if requests else []

    def read(self, answer):
        """(allowed, number of the rule): of what bars it the lowest, else the lowest of what permits it, else 11."""
        assert not answer.diagnostics.errors, answer.diagnostics.errors[:3]
        said = [self.numbers[int(name.removeprefix("policy"))] for name in answer.diagnostics.reasons]
        return answer.allowed, str(min(said, default=11))
