"""A policy file: dated, versioned YAML beside the human text it implements, and nothing that could be read two ways."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from ownwords.core import clock
from ownwords.core.errors import BadPolicy, NotFound
from ownwords.core.hashing import sha256_json
from ownwords.core.purpose import PURPOSES
from ownwords.core.schemas import CATEGORIES, PRIVATE, VISIBILITIES
from ownwords.policy import holds, nodes
from ownwords.policy.clauses import SHORT, Paragraph, paragraphs
from ownwords.policy.holds import Hold

_BUILTIN = Path(__file__).with_name("builtin")
LEGAL_BASES = frozenset({"consent", "legitimate_interest", "contract", "licence"})
_TOP = frozenset(
    {"id", "version", "text", "text_sha256", "published_at", "notice_period_days", "effective_from", "effective_to", "jurisdictions"}
    | {"networks", "on_withdrawal", "deadline_days", "default", "rules", "holds"}
)
_RULE = frozenset(
    {"id", "clause", "effect", "purposes", "categories", "visibility", "legal_basis", "assessment", "consent_mechanism"}
    | {"applies_to_posts_from", "objection_period_days", "retroactive", "terms", "since", "until"}
    | {"jurisdictions", "reviewed"}
)
#: What fields that came later say where they are not written: they are left out of the hash, so that older policies keep theirs.
_LATER: dict[str, object] = {"reviewed": True, "jurisdictions": (), "holds": ()}


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """One rule: what it allows or denies, and the clause of the text that says so. Empty tuples and None mean: not written.

    clause                  hex sha256 of the paragraph it implements (`clauses.paragraph_hash`)
    effect                  allow | deny
    purposes                names of core.purpose; a parent covers its children, save the elevated ones
    categories              categories of records; empty = every one
    visibility              empty = public alone where it allows, every one where it denies
    legal_basis             consent | legitimate_interest | contract | licence; only where it allows
    assessment              name of the document that weighs the interest; legitimate_interest needs one
    consent_mechanism       opt-in | opt-out; opt-in: the rule offers, and only the person's own consent allows (rule 9)
    applies_to_posts_from   posts before it stay out; not written = the policy's own beginning
    objection_period_days   from publication; no use before it has elapsed
    retroactive             posts from before that date come in too
    terms                   source terms (column `terms`) that the rule covers; empty = any
    since, until            the rule counts from, and before
    jurisdictions           ISO 3166-1 alpha-2 of the accounts it speaks of, within the policy's own; empty = all of those
    reviewed                false: a draft, which neither allows nor denies until somebody has read it
    """

    id: str
    clause: str
    effect: str
    purposes: tuple[str, ...]
    categories: tuple[str, ...]
    visibility: tuple[str, ...]
    legal_basis: str | None
    assessment: str | None
    consent_mechanism: str | None
    applies_to_posts_from: datetime | None
    objection_period_days: int
    retroactive: bool
    terms: tuple[str, ...]
    since: datetime | None
    until: datetime | None
    jurisdictions: tuple[str, ...] = ()
    reviewed: bool = True

    @property
    def cites(self) -> str:
        """`id:clause`, the clause shortened: what the reason for a record says."""
        return f"{self.id}:{self.clause[:SHORT]}"


@dataclass(frozen=True)
class Policy:
    """A policy as loaded. `hash` stands for all of it, text included.

    text                 name of the human text beside the file
    words                that text; None where it is not there, and then no rule of the policy is a basis
    notice_period_days   from publication; no use on the policy's own basis before it has elapsed
    effective_from/_to   from, and before
    jurisdictions        ISO 3166-1 alpha-2 of the accounts it covers; empty = all
    networks             services it covers: a policy speaks for the accounts of its own service; empty = all
    on_withdrawal        refuse | serve-marked: what an artifact does that owes a withdrawal, until `deadline_days` are over
    holds                orders that stop uses
    """

    id: str
    version: str
    text: str
    words: str | None
    published_at: datetime | None
    notice_period_days: int
    effective_from: datetime | None
    effective_to: datetime | None
    jurisdictions: tuple[str, ...]
    networks: tuple[str, ...]
    on_withdrawal: str
    deadline_days: int
    rules: tuple[PolicyRule, ...]
    holds: tuple[Hold, ...] = ()

    @cached_property
    def hash(self) -> str:
        """Hex sha256 over every field in canonical form and the text's own sha256; comments and layout do not count."""
        written = {**_written(asdict(self)), "rules": [_written(asdict(rule)) for rule in self.rules]}
        return sha256_json(_canonical({**written, "jurisdictions": self.jurisdictions, "words": None, "text_sha256": self.text_sha256}))

    @property
    def text_sha256(self) -> str | None:
        """Hex sha256 of the text's UTF-8 bytes, None without a text."""
        return None if self.words is None else hashlib.sha256(self.words.encode()).hexdigest()

    @cached_property
    def clauses(self) -> dict[str, Paragraph]:
        """The paragraphs of the text by their hash."""
        return {paragraph.sha256: paragraph for paragraph in paragraphs(self.words or "")}

    def begins(self) -> datetime | None:
        """From when the policy stands at all: `effective_from`, and not before notice has elapsed; None = always stood."""
        notice = None if self.published_at is None else self.published_at + timedelta(days=self.notice_period_days)
        return max((at for at in (notice, self.effective_from) if at is not None), default=None)

    def in_force(self, at: datetime) -> bool:
        """Whether it has begun at `at` (UTC) and not ended."""
        begins = self.begins()
        return (begins is None or begins <= at) and (self.effective_to is None or at < self.effective_to)

    def rules_at(self, at: datetime, effect: str) -> tuple[PolicyRule, ...]:
        """The rules with this effect that count at `at`.

        A rule whose clause is not in the text still denies, but allows nothing; neither does one whose objection period runs. One that
        nobody has reviewed does neither.
        """
        if not self.in_force(at):
            return ()
        return tuple(rule for rule in self.rules if rule.effect == effect and self._counts(rule, at))

    def posts_from(self, rule: PolicyRule) -> datetime | None:
        """Posts made before this are not covered by `rule`; None = every post is."""
        return None if rule.retroactive else rule.applies_to_posts_from or self.begins()

    def _counts(self, rule: PolicyRule, at: datetime) -> bool:
        if not rule.reviewed or (rule.since is not None and at < rule.since) or (rule.until is not None and at >= rule.until):
            return False
        if rule.effect == "deny":
            return True
        objected = self.published_at is None or self.published_at + timedelta(days=rule.objection_period_days) <= at
        return objected and rule.clause in self.clauses


@dataclass(frozen=True, slots=True)
class Check:
    """What a look at a policy found.

    problems        sentences; any of them makes the policy unfit to be used
    unimplemented   paragraphs of the text that no rule implements (for information; headings left out)
    """

    problems: tuple[str, ...]
    unimplemented: tuple[Paragraph, ...]


def load(path: Path) -> Policy:
    """The policy in a YAML file, with the text beside it.

    raises   NotFound if there is no such file; BadPolicy with file, line and column for whatever is not plainly right
    """
    top = nodes.read(path, _TOP)
    if top.has("default") and top.word("default") != "deny":
        raise top.fail("'default' must be deny: what no rule allows is not allowed", "write `default: deny`", "default")
    policy = Policy(
        id=top.required("id"),
        version=top.required("version"),
        text=top.required("text"),
        words=_words(path, top),
        published_at=top.instant("published_at"),
        notice_period_days=top.days("notice_period_days", 0),
        effective_from=top.instant("effective_from"),
        effective_to=top.instant("effective_to"),
        jurisdictions=top.countries("jurisdictions"),
        networks=top.words("networks"),
        on_withdrawal=top.choice("on_withdrawal", ("refuse", "serve-marked")) or "refuse",
        deadline_days=top.days("deadline_days", 30),
        rules=_rules(top),
        holds=holds.read(top),
    )
    _check_dates(top, policy)
    return policy


def place(path: Path, key: str, what: str, next: str) -> BadPolicy:
    """The error for something that is wrong with a top field of a policy file which loads by itself, at its line and column."""
    return nodes.read(path, _TOP).fail(what, next, key)


def builtin(name: str) -> Policy:
    """A policy that comes along: opt-in, own-archive, open-licence or public-analysis.

    raises   NotFound with the nearest name
    """
    return load(builtin_path(name))


def builtin_path(name: str) -> Path:
    """Where the YAML of a policy that comes along lies; its text lies beside it."""
    if name not in builtin_names():
        raise NotFound.among("policy", name, builtin_names(), "give one of these names, or the path of a policy file")
    return _BUILTIN / f"{name}.yaml"


def builtin_names() -> tuple[str, ...]:
    """The policies that come along, sorted."""
    return tuple(sorted(path.stem for path in _BUILTIN.glob("*.yaml")))


def check(policy: Policy) -> Check:
    """Whether every rule and hold cites a paragraph of the text, and which paragraphs nothing implements; a draft implements none."""
    if policy.words is None:
        return Check((f"the text {policy.text!r} is not beside the policy, so no rule can be held against it",), ())
    citing = [(f"rule {rule.id!r}", rule.clause) for rule in policy.rules]
    citing += [(f"hold {hold.id!r}", hold.clause) for hold in policy.holds if hold.clause is not None]
    problems = tuple(
        f"{who} cites clause {clause[:SHORT]}, which is no paragraph of {policy.text!r}: it was changed or never there"
        for who, clause in citing
        if clause not in policy.clauses or policy.clauses[clause].is_heading
    )
    drafted = {rule.clause for rule in policy.rules if not rule.reviewed}
    cited = {clause for _, clause in citing} - (drafted - {rule.clause for rule in policy.rules if rule.reviewed})
    return Check(problems, tuple(p for p in policy.clauses.values() if p.sha256 not in cited and not p.is_heading))


def _words(path: Path, top: nodes.Section) -> str | None:
    name = top.required("text")
    if Path(name).name != name:
        raise top.fail(f"'text' is {name!r}, but must name a file in the policy's own folder", "move the text beside the policy", "text")
    beside = path.with_name(name)
    if not beside.is_file():
        return None
    try:
        words = beside.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise top.fail(f"the text {name!r} is not UTF-8 at byte {error.start}", "save it as UTF-8", "text") from error
    found = hashlib.sha256(words.encode()).hexdigest()
    if top.has("text_sha256") and top.word("text_sha256") != found:
        raise top.fail(f"the text {name!r} is not the one this policy was written for (sha256 {found})", "restore it", "text_sha256")
    return words


def _rules(top: nodes.Section) -> tuple[PolicyRule, ...]:
    rules: list[PolicyRule] = []
    for section in top.sections("rules", "a rule", _RULE):
        rule = _rule(section)
        if any(rule.id == other.id for other in rules):
            raise section.fail(f"rule {rule.id!r} stands in the policy twice", "give each rule its own id", "id")
        rules.append(rule)
    return tuple(rules)


def _rule(section: nodes.Section) -> PolicyRule:
    for key in ("id", "clause", "effect", "purposes"):
        if not section.has(key):
            raise section.fail(f"a rule has no {key!r}", f"add a line `{key}: ...`")
    rule = PolicyRule(
        id=section.required("id"),
        clause=section.clause("clause") or "",
        effect=section.choice("effect", ("allow", "deny")) or "deny",
        purposes=section.words("purposes", PURPOSES),
        categories=section.words("categories", CATEGORIES),
        visibility=section.words("visibility", VISIBILITIES),
        legal_basis=section.choice("legal_basis", LEGAL_BASES),
        assessment=section.word("assessment"),
        consent_mechanism=section.choice("consent_mechanism", ("opt-in", "opt-out")),
        applies_to_posts_from=section.instant("applies_to_posts_from"),
        objection_period_days=section.days("objection_period_days", 0),
        retroactive=section.flag("retroactive"),
        terms=section.words("terms"),
        since=section.instant("since"),
        until=section.instant("until"),
        jurisdictions=section.countries("jurisdictions"),
        reviewed=section.flag("reviewed", default=True),
    )
    _check_times(section, rule)
    if rule.effect == "allow":
        _check_basis(section, rule)
    return rule


def _check_times(section: nodes.Section, rule: PolicyRule) -> None:
    section.in_order("since", rule.since, "until", rule.until)
    if rule.retroactive and rule.applies_to_posts_from is not None:
        raise section.fail("'retroactive: true' and 'applies_to_posts_from' contradict each other", "keep one", "retroactive")


def _check_basis(section: nodes.Section, rule: PolicyRule) -> None:
    """What would make an allowing rule a false claim."""
    basis = rule.legal_basis
    if basis is None:
        raise section.fail(f"rule {rule.id!r} allows without a 'legal_basis'", f"name one of: {', '.join(sorted(LEGAL_BASES))}")
    if basis == "consent" and rule.consent_mechanism != "opt-in":
        raise section.fail(
            "consent needs 'consent_mechanism: opt-in': silence is no consent", "add it, or name another legal basis", "legal_basis"
        )
    if basis == "legitimate_interest" and rule.assessment is None:
        raise section.fail("legitimate_interest needs an 'assessment'", "name the document that weighs it", "legal_basis")
    if basis == "licence" and not rule.terms:
        raise section.fail("licence needs 'terms'", "list the source terms that license the words, e.g. CC-BY-SA-4.0", "legal_basis")
    if basis != "consent" and any(name.startswith("simulate_person") for name in rule.purposes):
        raise section.fail("no policy can allow simulating a person: only their own consent can", "use legal_basis: consent", "purposes")
    closed = PRIVATE if basis == "consent" else PRIVATE | {"followers", "unknown"}
    for word in rule.visibility:
        if word in closed:
            raise section.fail(f"no policy can allow the use of {word!r} records on this basis", "remove it from the list", "visibility")


def _check_dates(top: nodes.Section, policy: Policy) -> None:
    if policy.effective_from is not None and policy.effective_to is not None and policy.effective_from >= policy.effective_to:
        raise top.fail("'effective_to' is not after 'effective_from'", "swap or mend the two dates", "effective_to")
    if policy.published_at is not None and policy.effective_from is not None and policy.published_at > policy.effective_from:
        raise top.fail(
            "'published_at' is after 'effective_from': nobody could have known of it", "swap or mend the two dates", "effective_from"
        )
    waits = policy.notice_period_days or any(rule.objection_period_days for rule in policy.rules)
    if waits and policy.published_at is None:
        raise top.fail(
            "a notice or objection period runs from publication, and there is no 'published_at'", "add a line `published_at: DATE`"
        )
    dated = policy.begins() is not None
    for rule in policy.rules:
        own_basis = rule.effect == "allow" and rule.consent_mechanism != "opt-in"
        if own_basis and not (dated or rule.retroactive or rule.applies_to_posts_from):
            raise top.fail(
                f"rule {rule.id!r} does not say from when on posts are covered",
                "add 'applies_to_posts_from' or 'retroactive: true' to it, or 'effective_from' to the policy",
            )


def _written(fields: dict[str, object]) -> dict[str, object]:
    """`fields` without the later ones that say nothing."""
    return {name: value for name, value in fields.items() if name not in _LATER or value != _LATER[name]}


def _canonical(value: object) -> object:
    if isinstance(value, datetime):
        return clock.to_text(value)
    if isinstance(value, dict):
        return {key: _canonical(item) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_canonical(item) for item in value]
    return value
