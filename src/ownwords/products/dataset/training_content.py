"""A draft of the public summary of training content that the EU's AI Act asks of providers of general-purpose models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ownwords.core import purpose
from ownwords.products.dataset.facts import listed, ranked

if TYPE_CHECKING:
    from ownwords.products.dataset.facts import Facts

#: What the manifest cannot know.
ASK = "The provider must say."
_NONE_HERE = "None in this dataset; the provider must say for the rest of the training."
#: Ranges of the template for text, in tokens; a token is taken as four characters where no tokenizer was given.
_CHARACTERS_A_TOKEN = 4
_BILLION, _TRILLION = 10**9, 10**12


def summary(facts: Facts) -> dict[str, Any]:
    """Sections and answers, {title: {question: answer}}, in the order of the template.

    Own words throughout: the template's headings are followed, its text is not repeated.
    source   Regulation (EU) 2024/1689, Article 53(1)(d), and the AI Office's explanatory notice and template of July 2025
    """
    return {"1. General information": _general(facts), "2. List of data sources": _sources(facts), "3. Data processing": _processing(facts)}


def markdown(found: dict[str, Any]) -> str:
    """The summary as a page to be finished by hand."""
    lines = [
        "# Summary of training content (draft)",
        "",
        "What this dataset adds to the summary that Article 53(1)(d) of Regulation (EU) 2024/1689 asks of whoever places a general-purpose",
        "model on the market. It follows the template of the AI Office of July 2025 and covers this dataset alone. Where it says that the",
        "provider must say, the dataset cannot know.",
        "",
    ]
    for section, parts in found.items():
        lines += [f"## {section}", ""]
        for title, answers in parts.items():
            lines += [f"### {title}", "", *(f"- **{question}**: {answer}" for question, answer in answers.items()), ""]
    return "\n".join(lines)


def _general(facts: Facts) -> dict[str, dict[str, str]]:
    months = sorted(name for name in facts.figures.month if name != "unknown")
    languages = ", ".join(f"{name} ({n:,} rows)" for name, n in listed(facts.figures.language)) or "none"
    return {
        "1.0 This summary": {"Version": ASK, "Last update": ASK},
        "1.1 Provider": {"Name and contact": ASK, "Authorised representative in the Union": ASK},
        "1.2 Model": {"Name and version": ASK, "Models it is based on": ASK, "Date of placing on the Union market": ASK},
        "1.3 Kinds and amount of data": {
            "Modality": "text",
            "Size of this dataset": _size(facts),
            "Type of content": "posts, and replies to posts, that people wrote on social networks",
            "Latest time of the data": f"{months[-1]} (month of the newest post)" if months else "unknown: no post has a date",
            "Earliest time of the data": f"{months[0]} (month of the oldest post)" if months else "unknown: no post has a date",
            "Whether training goes on with new data": ASK,
            "Languages": languages,
            "Whose words": f"{facts.metrics['people']:,} people; where they live and how old they are is not told by the data, save that "
            "those known or presumed to be minors are kept out or need a guardian, as the policy says",
        },
    }


def _size(facts: Facts) -> str:
    counted = facts.tokens.get("n_tokens")
    n_tokens = int(counted) if counted is not None else facts.figures.n_characters // _CHARACTERS_A_TOKEN
    span = "less than 1 billion tokens" if n_tokens < _BILLION else "1 billion to 10 trillion tokens"
    span = "more than 10 trillion tokens" if n_tokens > 10 * _TRILLION else span
    how = "by its tokenizer" if counted is not None else f"at {_CHARACTERS_A_TOKEN} characters a token"
    return f"{span}: {n_tokens:,} {how}, {facts.figures.n_characters:,} characters, {facts.metrics['posts']:,} posts"


def _sources(facts: Facts) -> dict[str, dict[str, str]]:
    terms = listed(facts.figures.terms)
    is_open = {name: n for name, n in terms if name.upper() in {licence.upper() for licence in facts.licences}}
    exports = {name: n for name, n in terms if name not in is_open}
    networks = ", ".join(f"{name} ({n:,} rows)" for name, n in listed(facts.figures.network)) or "none"
    opened = ", ".join(f"{name}: {n:,} rows" for name, n in is_open.items())
    others = ", ".join(f"{name}: {n:,} rows" for name, n in exports.items())
    return {
        "2.1 Publicly available datasets": {
            "Used": f"yes, under open licences: {opened}" if is_open else _NONE_HERE,
            "Names and links of large ones": ASK if is_open else "none in this dataset",
        },
        "2.2 Private datasets from third parties": {
            "Licensed by rightsholders or on their behalf": ASK,
            "From other third parties": f"sources had under terms that are no open licence: {others}. {ASK}" if exports else _NONE_HERE,
        },
        "2.3 Data crawled from online sources": {
            "Used": f"ownwords crawls nothing. {ASK}",
            "Crawlers, what for and how they behave": ASK,
            "Period of collection": ASK,
            "Content, sources, and the domains most drawn on": ASK,
        },
        "2.4 User data": {
            "From people's use of the model": _NONE_HERE,
            "From people's use of other services": f"posts on these networks: {networks}. Whether the provider runs "
            "any of them, the provider must say.",
            "On what ground": f"each post was admitted for `{facts.permit.purpose}` ({purpose.find(facts.permit.purpose).says}) by "
            f"the policy `{facts.permit.policy_id}`: by the person's own recorded consent, or on a basis that the policy names; the ledger "
            "of the workspace holds every decision",
        },
        "2.5 Synthetic data": {
            "Made by the provider or for it": "None was made for this dataset. Whether people posted words of a machine is not known.",
            "Models used to make it": "none",
        },
        "2.6 Other sources": {"Used": _NONE_HERE},
    }


def _processing(facts: Facts) -> dict[str, dict[str, str]]:
    dropped = ", ".join(f"{reason}: {n:,}" for reason, n in ranked(facts.metrics["dropped"])) or "none"
    steps = ", ".join(f"`{step.name}`" for step in facts.steps)
    return {
        "3.1 Reservations of rights": {
            "Signatory of the Code of Practice": ASK,
            "Before and while collecting": "a source's terms, and signals found with a post (`train-ai=n`, a user's stated intent, global "
            "privacy control), count as prohibitions: such posts are not in this dataset",
            "Afterwards": "people refuse, object or withdraw at any time: served rows stop at once, the dataset is built again without "
            f"them, and copies are recalled. {facts.metrics['withheld_turns']:,} turns stand here as `[withheld]`, with nothing of them "
            "but their place: their post is not permitted, was left out by a step, or is not held; which of these is not told",
        },
        "3.2 Removal of illegal content": {
            "Measures": "private messages, withheld and deleted posts are not used. No step looks for illegal content as such. " + ASK
        },
        "3.3 Other": {
            "Steps": f"{steps}; parameters are in the manifest",
            "Posts left out, by reason": dropped,
            "Personal data": facts.masked,
            "Content": f"sha256 over all values of the rows: `{facts.rows_hash}`",
        },
    }
