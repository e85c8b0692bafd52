"""Random accounts, decisions, records, policies and questions, few enough values apart that they meet."""

from datetime import UTC, date, datetime

import plain_gate

from ownwords.core.purpose import PURPOSES

TIMES = [datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3, 4, 5)]
NOW = [
    datetime(2026, 3, 1, tzinfo=UTC),
    datetime(2026, 3, 1, 0, 0, 1, tzinfo=UTC),
    datetime(2026, 6, 1, tzinfo=UTC),
    datetime(2025, 6, 4, tzinfo=UTC),
]
ACCOUNT_STATES = ["active"] * 20 + [
    None,
    "protected",
    "suspended",
    "deactivated",
    "deleted",
    "memorialised",
    "memorialised",
    "historical",
    "disputed",
    "odd",
]
BIRTHS = [date(1990, 5, 5)] * 4 + [None, None, date(2012, 2, 29), date(2008, 6, 1), date(2008, 2, 29), date(2007, 3, 1)]
SIGNALS = [
    ("train-ai", "n"),
    ("Train-AI", "N"),
    ("train-ai", "y"),
    ("gpc", "1"),
    ("robots", "noindex, NoAI"),
    ("content-usage", "search=y;train-ai=n"),
    ("indexable", "false"),
    ("hold", "x"),
    ("Special-Category", "health"),
    ("special-category", None),
    ("intent", "denied"),
    ("other", None),
    (None, "n"),
]
TERMS = [None] * 4 + [
    "own-export",
    "CC-BY-SA-4.0",
    "x-developer-agreement",
    "reddit-data-api",
    "CC-BY-NC-4.0",
    "of-the-policy",
    "nobody-knows",
]
QUESTIONS = ["train_ai", "train_ai.affiliate", "train_ai.third_party", "simulate_person", "analyse_brand", *PURPOSES]


def account(rng, k):
    return {
        "account_id": f"x:{k}",
        "network": rng.choice(["x", "x", "x", "x", None]),
        "state": rng.choice(ACCOUNT_STATES),
        "born_on": rng.choice(BIRTHS),
        "jurisdiction": rng.choice(["ID", "ID", "KR", "JP", "SG", None]),
    }


def decision(rng, seq, n_accounts, purpose):
    near = [*plain_gate.chain(purpose)] * 3 + [f"{purpose}.voice" if purpose == "simulate_person" else "train_ai", "train_ai.third_party"]
    unscoped = rng.random() < 0.6
    return {
        "seq": seq - (rng.random() < 0.1),
        "account_id": f"x:{rng.randrange(n_accounts + 1)}",
        "effect": rng.choice(["give"] * 6 + ["renew", "refuse", "refuse", "withdraw", "withdraw", "object", "expire"]),
        "purpose": None if rng.random() < 0.02 else rng.choice(near),
        "category": None if unscoped else rng.choice([None, "post", "reply", "face", "voice", "special"]),
        "since": None if unscoped else rng.choice([None, None, *TIMES]),
        "until": None if unscoped else rng.choice([None, None, *TIMES]),
        "record_id": None if unscoped else rng.choice([None, None, None, f"x:r{rng.randrange(12)}"]),
        "by": rng.choice(["self"] * 6 + ["guardian", "guardian", "legacy_contact", "court", "import", "import"]),
        "source": rng.choice(["self"] * 6 + ["list-a", "list-b"]),
        "effective_at": None if rng.random() < 0.03 else rng.choice(TIMES),
        "is_lifetime": rng.random() < 0.2,
        "expires_at": rng.choice(TIMES) if rng.random() < 0.1 else None,
    }


def record(rng, number, n_accounts):
    signals = [
        {"name": name, "value": value, "set_by": "self", "at": rng.choice([None, *TIMES])}
        for name, value in rng.choices(SIGNALS, k=rng.choice([0, 0, 0, 0, 1, 2]))
    ]
    plain = {
        "record_id": f"x:r{number % 12}",
        "record_no": number,
        "revision": 0,
        "state": "live",
        "account_id": f"x:{rng.randrange(n_accounts + 1)}",
        "network": "x",
        "category": rng.choice(["post", "reply", "profile"]),
        "visibility": rng.choice(["public", "public", "unlisted", "followers", "unknown"]),
        "created_at": rng.choice([None, *TIMES, *TIMES]),
        "observed_at": rng.choice(TIMES),
        "quotes": None,
        "repost_of": None,
        "terms": rng.choice([None, None, *TERMS]),
        "signals": signals if rng.random() < 0.2 else None,
    }
    return plain if rng.random() < 0.7 else odd_record(rng, number, n_accounts, signals)


def odd_record(rng, number, n_accounts, signals):
    return {
        "record_id": f"x:r{number % 12}",
        "record_no": number,
        "revision": 0,
        "state": rng.choice(["live"] * 12 + ["deleted", "withheld", None, "odd"]),
        "account_id": None if rng.random() < 0.03 else f"x:{rng.randrange(n_accounts + 1)}",
        "network": rng.choice(["x"] * 8 + ["y", None]),
        "category": rng.choice(["post"] * 8 + ["reply"] * 5 + ["repost", "face", "voice", "profile", None, "odd"]),
        "visibility": rng.choice(["public"] * 8 + ["unlisted", "followers", "direct", "group", "private", "unknown", None, "odd"]),
        "created_at": rng.choice([None, *TIMES, *TIMES]),
        "observed_at": rng.choice([None, *TIMES]),
        "quotes": rng.choice(["x:q", f"x:r{rng.randrange(12)}"]) if rng.random() < 0.15 else None,
        "repost_of": rng.choice(["x:q", f"x:r{rng.randrange(12)}"]) if rng.random() < 0.1 else None,
        "terms": rng.choice(TERMS),
        "signals": signals or rng.choice([None, []]),
    }


def some(rng, share, value):
    return value() if rng.random() < share else None


def policy_rule(rng, k):
    allows = rng.random() < 0.75
    rule = {
        "id": f"rule-{k}",
        "effect": "allow" if allows else "deny",
        "purposes": rng.sample([name for name in PURPOSES if not (allows and name.startswith("simulate"))], rng.choice([1, 2, 4])),
        "categories": some(rng, 0.3, lambda: rng.sample(["post", "reply", "profile"], 2)),
        "visibility": some(rng, 0.3, lambda: rng.sample(["public", "unlisted"], rng.choice([1, 2]))),
        "terms": some(rng, 0.3, lambda: rng.sample(["of-the-policy", "CC-BY-SA-4.0", "own-export"], 2)),
        "since": some(rng, 0.1, lambda: rng.choice(TIMES[:2]).date()),
        "until": some(rng, 0.1, lambda: rng.choice(TIMES[3:]).date()),
        "applies_to_posts_from": some(rng, 0.3, lambda: rng.choice(TIMES).date()),
        "jurisdictions": some(rng, 0.15, lambda: rng.sample(["ID", "JP", "KR"], 2)),
        "reviewed": some(rng, 0.3, lambda: rng.random() < 0.5),
    }
    if allows:
        rule |= {
            "legal_basis": "legitimate_interest",
            "assessment": "a",
            "consent_mechanism": rng.choice(["opt-out", "opt-out", "opt-in", None]),
        }
        rule |= {"objection_period_days": some(rng, 0.3, lambda: rng.choice([0, 30, 59, 150]))}
        rule |= {"retroactive": None if rule["applies_to_posts_from"] else some(rng, 0.5, lambda: True)}
    return {name: value for name, value in rule.items() if value is not None}


def hold(rng, k):
    body = {
        "id": f"hold-{k}",
        "order": "order of a case",
        "jurisdictions": some(rng, 0.4, lambda: rng.sample(["ID", "JP", "KR"], 2)),
        "networks": some(rng, 0.2, lambda: rng.choice([["x"], ["y"]])),
        "purposes": some(rng, 0.5, lambda: rng.sample(list(PURPOSES), 3)),
        "posted_from": some(rng, 0.5, lambda: rng.choice(TIMES[1:3]).date()),
        "posted_to": some(rng, 0.3, lambda: TIMES[-1].date()),
        "since": some(rng, 0.3, lambda: rng.choice(TIMES[:2]).date()),
        "until": some(rng, 0.3, lambda: date(2026, 5, 1)),
    }
    return {name: value for name, value in body.items() if value is not None}


def policy(rng):
    published = rng.choice([0, 1])
    body = {
        "published_at": TIMES[published].date(),
        "effective_from": some(rng, 0.7, lambda: rng.choice(TIMES[published:3]).date()) or (TIMES[1].date() if published else None),
        "effective_to": some(rng, 0.1, lambda: date(2026, 5, 1)),
        "notice_period_days": some(rng, 0.3, lambda: rng.choice([0, 30, 59])),
        "networks": some(rng, 0.2, lambda: rng.choice([["x"], ["y"], ["x", "y"]])),
        "jurisdictions": some(rng, 0.2, lambda: ["ID", "JP"]),
        "holds": some(rng, 0.15, lambda: [hold(rng, k) for k in range(rng.choice([1, 2]))]),
        "rules": [policy_rule(rng, k) for k in range(rng.randrange(4))],
    }
    return {name: value for name, value in body.items() if value is not None}


def world(rng, n_accounts=2, n_decisions=4, n_records=6):
    """accounts, states, decisions, records, policy body, purpose, at."""
    purpose = rng.choice(QUESTIONS)
    return {
        "accounts": [account(rng, rng.randrange(n_accounts)) if rng.random() < 0.1 else account(rng, k) for k in range(n_accounts)],
        "states": [{"account_id": f"x:{k}", "state": rng.choice(ACCOUNT_STATES)} for k in range(n_accounts) if rng.random() < 0.2],
        "decisions": [decision(rng, seq, n_accounts, purpose) for seq in range(n_decisions)],
        "records": [record(rng, number, n_accounts) for number in range(n_records)],
        "policy": policy(rng),
        "purpose": purpose,
        "at": rng.choice(NOW),
    }
