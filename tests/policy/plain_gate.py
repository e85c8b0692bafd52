"""The gate once more, slow and plain: one record at a time, in Python, written from DESIGN.md and the case tables, sharing no code with it.

Policies come as the dictionaries that a YAML file would hold, parameters straight from the TOML files.
"""

import re
import tomllib
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import ownwords

PARAMS = Path(ownwords.__file__).parent / "policy" / "params"
PARENT = {"train_ai.affiliate": "train_ai", "train_ai.third_party": "train_ai"} | {
    f"simulate_person.{part}": "simulate_person" for part in ("voice", "likeness")
}
ELEVATED = {"simulate_person", "license.analysis", "match_talent", "advertise.profiled", *PARENT}
VISIBILITIES = {"public", "unlisted", "followers", "group", "direct", "private", "unknown"}
CATEGORIES = {"post", "reply", "repost", "reaction", "message", "profile", "position", "education", "skill", "connection"}
CATEGORIES |= {"face", "voice", "location"}
STRICTNESS = ["active", "historical", "protected", "suspended", "deactivated", "memorialised", "disputed", "deleted", "?"]
NEVER_FOR_CHILDREN = {"advertise.profiled", "match_talent", "license.analysis", "train_ai.third_party"}
NEVER_FOR_CHILDREN |= {"simulate_person", "simulate_person.voice", "simulate_person.likeness"}


def param(file, key):
    return tomllib.loads((PARAMS / f"{file}.toml").read_text())[key]


MAJORITY, AGE_UNKNOWN = param("majority", "majority"), param("age_unknown", "age_unknown")
TERMS, SIGNALS = param("terms", "terms"), param("signals", "signal")


def chain(purpose):
    return [purpose, PARENT[purpose]] if purpose in PARENT else [purpose]


def granting(purpose):
    """What a permission may be called to permit `purpose`: every child there is with a parent is elevated."""
    return [purpose] if purpose in ELEVATED or purpose not in PARENT else chain(purpose)


def midnight(day):
    return day if isinstance(day, datetime) else datetime.combine(day, time(), UTC)


def effective_state(account_id, accounts, states):
    def strictest(rows):
        told = [row["state"] if row["state"] in STRICTNESS else "?" for row in rows if row["account_id"] == account_id and row["state"]]
        return max(told, key=STRICTNESS.index, default=None)

    return strictest(states) or strictest(accounts)


def age_of_majority(jurisdiction, at):
    known = [entry for entry in MAJORITY if entry["since"] <= at.date()]
    own = [entry for entry in known if entry["jurisdiction"] == jurisdiction] or [e for e in known if e["jurisdiction"] == "*"]
    return max(own, key=lambda entry: entry["since"])["age_years"]


def birthday(born, years):
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


def is_minor(account_id, accounts, at):
    """True, False, or None where the birth date is unknown."""
    mine = [row for row in accounts if row["account_id"] == account_id]
    births = [row["born_on"] for row in mine if row["born_on"]]
    if not births:
        return None
    return at.date() < birthday(max(births), max(age_of_majority(row["jurisdiction"], at) for row in mine))


def gives(one):
    return one["effect"] in {"give", "renew"}


def standing(decisions, account_id, purpose, at, dead):
    """Of each voice and scope: the newest grant, if nothing that ends it took effect or arrived later, else the newest denial."""
    voices = {}
    for one in decisions:
        about = one["purpose"] in chain(purpose) or (one["purpose"] is None and not gives(one))
        if one["account_id"] != account_id or not about:
            continue
        if one["is_lifetime"] and not dead:
            continue
        if one["effective_at"] is None and gives(one):
            continue
        if one["effective_at"] is not None and one["effective_at"] > at:
            continue
        key = tuple(one[name] for name in ("by", "source", "purpose", "category", "since", "until", "record_id"))
        voices.setdefault(key, []).append(one)
    found = []
    for said in voices.values():
        ends = [one for one in said if not gives(one)]
        grants = [
            one
            for one in said
            if gives(one)
            and all(end["effective_at"] and end["effective_at"] <= one["effective_at"] and end["seq"] < one["seq"] for end in ends)
        ]
        denials = [one for one in ends if one["effect"] != "expire"]
        for for_after_death in (False, True):
            of_kind = [one for one in grants if bool(one["is_lifetime"]) is for_after_death]
            latest = max(((one["effective_at"], one["seq"]) for one in of_kind), default=None)
            same = [one for one in of_kind if (one["effective_at"], one["seq"]) == latest]  # of one event told twice the narrower
            newest = min(same, key=lambda one: one.get("expires_at") or datetime.max.replace(tzinfo=UTC), default=None)
            if newest and (newest.get("expires_at") is None or newest["expires_at"] > at):
                found.append(newest)
        if denials and not grants:
            found.append(max(denials, key=lambda one: (one["effective_at"] is None, one["effective_at"] or at, one["seq"])))
    return found


def is_special(record):
    return any((signal["name"] or "").lower() == "special-category" for signal in record["signals"] or [])


def covers(one, record):
    denies = not gives(one)
    made = record["created_at"]
    if one["category"] == "special":
        if not is_special(record):
            return False
    elif one["category"] is not None and one["category"] != record["category"] and not (record["category"] is None and denies):
        return False
    if one["record_id"] is not None and one["record_id"] != record["record_id"]:
        return False
    if one["since"] is not None and not (denies if made is None else made >= one["since"]):
        return False
    return one["until"] is None or (denies if made is None else made < one["until"])


def begins(policy):
    known = []
    if policy.get("published_at"):
        known.append(midnight(policy["published_at"]) + timedelta(days=policy.get("notice_period_days", 0)))
    if policy.get("effective_from"):
        known.append(midnight(policy["effective_from"]))
    return max(known) if known else None


def policy_rule_reaches(rule, policy, record, jurisdiction, at):
    allows = rule["effect"] == "allow"
    if rule.get("reviewed") is False:
        return False
    start = begins(policy)
    if (start and at < start) or (policy.get("effective_to") and at >= midnight(policy["effective_to"])):
        return False
    if (rule.get("since") and at < midnight(rule["since"])) or (rule.get("until") and at >= midnight(rule["until"])):
        return False
    told = midnight(policy["published_at"]) if policy.get("published_at") else at
    if allows and told is not at and at < told + timedelta(days=rule.get("objection_period_days", 0)):
        return False
    visibility = rule.get("visibility") or (["public"] if allows else [])
    wanted = [
        (policy.get("networks"), record["network"]),
        (policy.get("jurisdictions"), jurisdiction),
        (rule.get("jurisdictions"), jurisdiction),
        (rule.get("categories"), record["category"]),
        (visibility, record["visibility"]),
        (rule.get("terms"), record["terms"]),
    ]
    for words, value in wanted:
        if words and (value not in words) and not (value is None and not allows):
            return False
    first = midnight(rule["applies_to_posts_from"]) if rule.get("applies_to_posts_from") else None
    if allows and not rule.get("retroactive"):
        first = first or start
    if first is None:
        return True
    return record["created_at"] >= first if record["created_at"] else not allows


class Looking:
    """All that is known about one record and one question."""

    def __init__(self, record, accounts, states, decisions, policy, purpose, at, cleared=frozenset()):
        self.cleared = cleared
        self.record, self.policy, self.purpose, self.at = record, policy, purpose, at
        self.account_id = record["account_id"]
        self.mine = [row for row in accounts if row["account_id"] == self.account_id]
        self.state = effective_state(self.account_id, accounts, states) if self.account_id else None
        self.dead = self.state in {"memorialised", "historical"}
        minor = is_minor(self.account_id, accounts, at) if self.account_id else None
        self.minor = minor is True
        self.child = purpose in AGE_UNKNOWN[-1]["treats_as_child"] if minor is None else minor
        found = standing(decisions, self.account_id, purpose, at, self.dead) if self.account_id else []
        self.decisions = [one for one in found if covers(one, record)]

    def own(self, name):
        """The person's own standing consents that permit `name`."""
        return [
            one
            for one in self.decisions
            if gives(one) and one["by"] == one["source"] == "self" and one["purpose"] in granting(name)
            if not self.child and one["is_lifetime"] == self.dead
        ]

    def own_on(self, name):
        return max((one["effective_at"] for one in self.own(name)), default=None)

    def directive(self):
        return self.dead and any(one["purpose"] == self.purpose for one in self.own(self.purpose))

    def own_word(self):
        return self.directive() if self.dead else bool(self.own(self.purpose))

    def guardian(self):
        return (
            not self.dead
            and self.minor
            and any(gives(one) and one["by"] == "guardian" and one["purpose"] == self.purpose for one in self.decisions)
        )

    def jurisdiction(self):
        told = {row["jurisdiction"] for row in self.mine if row["jurisdiction"]}
        return told.pop() if len(told) == 1 else None


def rule_1(look):
    record = look.record
    if look.account_id is None:
        return True
    if look.purpose == "self_access":
        return False
    named = {name for rule in look.policy["rules"] if rule.get("reviewed", True) for name in rule.get("terms", [])} | {
        entry["name"] for entry in TERMS
    }
    vague = record["created_at"] is None or record["visibility"] in {None, "unknown"}
    return (
        (vague and not look.own_word())
        or record["visibility"] not in {None, *VISIBILITIES}
        or record["category"] not in CATEGORIES
        or record["state"] not in {"live", "deleted", "withheld"}
        or look.state == "?"
        or record["terms"] not in {None, *named}
    )


def rule_2(look):
    if look.purpose == "self_access":
        return False
    seen = look.record["visibility"]
    return (
        seen in {"direct", "group", "private"}
        or (seen == "followers" and not look.own_word())
        or look.record["state"] in {"deleted", "withheld"}
    )


def rule_3(look):
    if look.purpose == "self_access":
        return False
    return look.state in {"protected", "suspended", "deactivated", "disputed", "deleted"} or (
        look.state == "memorialised" and not look.directive()
    )


def hold_reaches(hold, look):
    if (hold.get("since") and look.at < midnight(hold["since"])) or (hold.get("until") and look.at >= midnight(hold["until"])):
        return False
    if hold.get("purposes") and not set(hold["purposes"]) & set(chain(look.purpose)):
        return False
    if hold.get("networks") and look.record["network"] not in {None, *hold["networks"]}:
        return False
    if hold.get("jurisdictions") and look.jurisdiction() not in {None, *hold["jurisdictions"]}:
        return False
    made = look.record["created_at"]
    if made is None:
        return True
    return not (hold.get("posted_from") and made < midnight(hold["posted_from"])) and not (
        hold.get("posted_to") and made >= midnight(hold["posted_to"])
    )


def rule_4(look):
    if any(hold_reaches(hold, look) for hold in look.policy.get("holds", [])):
        return True
    return any((signal["name"] or "").lower() == "hold" for signal in look.record["signals"] or [])


def rule_5(look):
    if look.purpose == "self_access" or not look.child:
        return False
    return look.purpose in NEVER_FOR_CHILDREN or look.record["category"] in {"face", "voice", None} or not look.guardian()


def rule_6(look):
    if look.purpose == "self_access":
        return False
    named = [one for one in look.own(look.purpose) if one["purpose"] == look.purpose and (one["category"] or one["record_id"])]
    biometric = look.record["category"] in {"face", "voice"} and not any(one["category"] != "special" for one in named)
    marked = is_special(look.record) and not any(one["category"] in {None, "special"} for one in named)
    return biometric or marked


def rule_7(look):
    if look.purpose == "self_access":
        return False
    record = look.record
    homes = sorted(row["network"] for row in look.mine if row["network"])
    elsewhere = bool(homes) and record["network"] is not None and record["network"] != homes[0]
    inside = [record[name] for name in ("quotes", "repost_of") if record[name] is not None]
    uncleared = (not inside and record["category"] == "repost") or not all(one in look.cleared for one in inside)
    return uncleared or (elsewhere and not look.own_word())


def denied_by_decision(look):
    for one in look.decisions:
        if gives(one):
            continue
        imported = one["by"] == "import" or (one["by"] == "self" and one["source"] not in {"self", None})
        newer = look.own_on(one["purpose"])
        if not (imported and one["effective_at"] and newer and newer > one["effective_at"]):
            return True
    return False


def denied_by_signal(look):
    for name in chain(look.purpose):
        newer = look.own_on(name)
        for signal in look.record["signals"] or []:
            said = re.split(r"[\s,;]+", (signal["value"] or "").lower())
            known = [s for s in SIGNALS if s["name"] == (signal["name"] or "").lower() and set(said) & set(s["values"])]
            if any(name in entry["denies"] for entry in known):
                seen = signal["at"] or look.record["observed_at"]
                if seen is None or newer is None or newer <= seen:
                    return True
    return False


def denied_by_terms(look):
    day = look.at.date()
    for entry in TERMS:
        if entry["name"] != look.record["terms"] or not entry["since"] <= day < entry.get("until", date.max):
            continue
        if set(entry["forbids"]) & set(chain(look.purpose)) and not (entry.get("unless_author_consents") and look.own_word()):
            return True
    return False


def rule_8(look):
    if denied_by_decision(look):
        return True
    if look.purpose == "self_access":
        return False
    rules = [r for r in look.policy["rules"] if r["effect"] == "deny" and set(r["purposes"]) & set(chain(look.purpose))]
    by_policy = any(policy_rule_reaches(rule, look.policy, look.record, look.jurisdiction(), look.at) for rule in rules)
    return by_policy or denied_by_signal(look) or denied_by_terms(look)


def rule_9(look):
    return look.own_word() or look.guardian()


def rule_10(look):
    if look.purpose == "self_access":
        return True
    return any(
        policy_rule_reaches(rule, look.policy, look.record, look.jurisdiction(), look.at)
        for rule in look.policy["rules"]
        if rule["effect"] == "allow" and rule.get("consent_mechanism") != "opt-in" and set(rule["purposes"]) & set(granting(look.purpose))
    )


def decide_one(record, accounts, states, decisions, policy, purpose, at, held=()):
    """(allowed, rule) for one record; what it quotes or reposts is looked up in `held`."""
    return _decide(
        record, accounts, states, decisions, policy, purpose, at, _cleared(record, accounts, states, decisions, policy, purpose, at, held)
    )


def _cleared(record, accounts, states, decisions, policy, purpose, at, held):
    inside = {record[name] for name in ("quotes", "repost_of")} - {None}
    found = {}
    for one in held:
        if one["record_id"] in inside and not one["quotes"] and not one["repost_of"] and one["category"] not in {"repost", None}:
            allowed = _decide(one, accounts, states, decisions, policy, purpose, at, frozenset())[0]
            found[one["record_id"]] = found.get(one["record_id"], True) and allowed
    return frozenset(name for name, allowed in found.items() if allowed)


def _decide(record, accounts, states, decisions, policy, purpose, at, cleared):
    look = Looking(record, accounts, states, decisions, policy, purpose, at, cleared)
    for number, rule in enumerate((rule_1, rule_2, rule_3, rule_4, rule_5, rule_6, rule_7, rule_8), start=1):
        if rule(look):
            return False, str(number)
    if rule_9(look):
        return True, "9"
    return (True, "10") if rule_10(look) else (False, "11")


def decide_all(drawn, policy):
    """[(allowed, rule)] for every record of a world; of accounts, decisions and records only those that `decide_one` would look at."""
    of_account = {name: grouped(drawn[name], "account_id") for name in ("accounts", "states", "decisions")}
    of_id = grouped(drawn["records"], "record_id")
    found = []
    for record in drawn["records"]:
        held = [one for name in {record["quotes"], record["repost_of"]} - {None} for one in of_id.get(name, [])]
        whose = {one["account_id"] for one in [record, *held]} - {None}
        facts = ([row for one in whose for row in rows.get(one, [])] for rows in of_account.values())
        found.append(decide_one(record, *facts, policy, drawn["purpose"], drawn["at"], held))
    return found


def grouped(rows, name):
    groups = {}
    for row in rows:
        groups.setdefault(row[name], []).append(row)
    return groups
