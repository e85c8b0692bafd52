"""How names and ids of people are written: which bare words are names, which hosts are a network's, how an id stands in a link."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

#: `bob_99`, `rina88`: five characters or more, a letter first, with an underscore or two digits at the end. It is nearly always
#: somebody's name, so the store takes the forgotten's out even where no @ stands before them, and for law 2 the steps take
#: every word of this shape out for everyone; the price is `covid19` and `sha256`.
BARE = r"[A-Za-z](?:_\w{3,}|\w_\w{2,}|\w\w_\w+|\w{3,}_\w*|\w{2,}[0-9]{2})"
_WHOLE = re.compile(BARE, re.ASCII)
#: Whose profiles and posts these hosts, and those below them, link to.
HOSTS = {
    "x": ("x.com", "twitter.com"),
    "reddit": ("reddit.com", "redd.it"),
    "stackexchange": (
        *("stackexchange.com", "stackoverflow.com", "superuser.com", "serverfault.com"),
        *("askubuntu.com", "mathoverflow.net", "stackapps.com"),
    ),
}
#: Networks where several people may bear one name: the name says who is meant only among those who took part in a thread.
SHARED_NAMES = frozenset({"stackexchange"})
#: Networks whose names are given to nobody a second time, so that dumps without ids know authors by name: `reddit:name` and `reddit:t2_id`.
NAME_IDS = frozenset({"reddit"})
_SITE_ID = re.compile(r"(.+)/(user|post)-(\d+)")
_IN_PATH = {"user": ("users",), "post": ("questions", "q", "a")}


def key(handle: str) -> str:
    """A handle as its tombstone knows it: without regard to letter case, spaces, and how an accent is composed."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", handle).lower())


def spellings(handle: str) -> list[str]:
    """A handle in the ways that a search without regard to letter case would still tell apart."""
    forms = {handle, handle.lower(), key(handle), re.sub(r"\s", "", handle)}
    return sorted({unicodedata.normalize(form, spelt) for spelt in forms for form in ("NFC", "NFD")} | forms)


def is_distinctive(handle: str) -> bool:
    """Whether a handle is taken out wherever it stands, and not only after @, u/ or in a link."""
    return _WHOLE.fullmatch(handle) is not None


def in_links(identifier: str) -> list[tuple[str, str]]:
    """How the id of an account or record stands in links, as (what must stand before it, the id); empty if it could be anything there.

    A word of under five characters, or without a figure, could be; so could a number of one Stack Exchange site on another.
    """
    network, _, native = identifier.partition(":")
    site = _SITE_ID.fullmatch(native) if network == "stackexchange" else None
    if site:
        hosts = [site[1]] if "." in site[1] else [f"{site[1]}.stackexchange.com", f"{site[1]}.com"]
        return [(f"{host}/{part}/", site[3]) for host in hosts for part in _IN_PATH[site[2]]]
    bare = re.sub(r"^t\d_", "", native) if network == "reddit" else native
    return [("", bare)] if len(bare) >= 5 and re.search(r"\d", bare) else []


def naming(identifiers: Sequence[str], handles: Sequence[str]) -> re.Pattern[str]:
    """Finds, in a name or label of a few words, whoever has one of these: search it with the pattern.

    identifiers   whole ids of accounts or records
    handles       without @; one of no distinctive shape counts after @, or if the label is nothing else
    """
    words = [name for handle in handles for name in [f"@{handle}", *([handle] if is_distinctive(handle) else [])]]
    inside = "|".join(re.escape(word) for word in [*identifiers, *words])
    alone = "|".join(re.escape(handle) for handle in handles)
    parts = [rf"(?<![a-z0-9_])(?:{inside})(?![a-z0-9_])" if inside else "", rf"\A(?:{alone})\Z" if alone else ""]
    return re.compile("|".join(filter(None, parts)) or r"(?!)", re.IGNORECASE)
