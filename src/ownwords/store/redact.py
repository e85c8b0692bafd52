"""Take the forgotten out of other people's rows: references become `gone:<random>`, mentions `[forgotten]`.

The shapes are the same for rows that are held when somebody is forgotten and for rows that come in later, when only keyed hashes
of the names are left: `mask` knows the names and looks for the shapes, `recognised` takes whatever has one of the shapes and asks
whether it is a forgotten name. They are

- whole ids, `network:native` and `network:@handle`: in every row;
- a handle after @, u/ or user/, and bare where it is no ordinary word (`core.handles`): in rows of its own network, for a namesake
  elsewhere is somebody else. Where several people may bear one name (Stack Exchange) only in threads where the forgotten took part;
- handles and native ids in links: any link in rows of the network, elsewhere links to its hosts;
- native ids as a whole value in attributes, media and signals of the network's rows.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from ownwords.core.handles import BARE, HOSTS, SHARED_NAMES, in_links, is_distinctive, key, spellings

MENTION = "[forgotten]"
REFERENCES = ("reply_to", "conversation", "quotes", "repost_of")
_LISTS = ("mentions", "audience")
_INNER = {"media": ("uri", "kind", "sha256"), "signals": ("name", "value", "set_by")}
_PATTERN_SIZE = 500
_LINK = r"""(?i)\b(?:(?:https?|ftp)://|www\.|(?:[a-z0-9-]+\.)+[a-z]{2,}/)[^\s"<>]*"""
_BEFORE_IN_LINK = "(?:[/=@.:~]|%40|%2F|%3A)"
#: Where a word in Latin letters ends: in `@bob_99さん` before the さん, for such scripts put no space between words.
_EDGE = r"(?-u:\b)"
_WHOLE_ID = rf"(?i){_EDGE}[a-z][a-z0-9_.-]*:@?\w[\w./-]*"
#: Control characters that part links from what is around them.
_MARK, _IS_LINK = "\x01", "\x02"
IsGone = Callable[[pl.Series, str], pl.Series]


@dataclass(frozen=True, slots=True)
class Gone:
    """Who and what is forgotten.

    accounts   account ids, `network:native`
    handles    their names, `network:@handle`, as they are written
    records    {record id: what stands for it from now on, `gone:<random>`}
    threads    record ids of threads they took part in, where names are shared
    """

    accounts: Sequence[str] = ()
    handles: Sequence[str] = ()
    records: Mapping[str, str] = field(default_factory=dict)
    threads: Sequence[str] = ()

    def called(self, network: str | None) -> list[str]:
        """Their handles on a network, without @, in every spelling; None = on any."""
        pairs = [name.partition(":@") for name in self.handles]
        return sorted({spelt for of, _, handle in pairs if network in (None, of) for spelt in spellings(handle)})

    @property
    def networks(self) -> list[str]:
        """Where they were."""
        return sorted({name.partition(":")[0] for name in [*self.accounts, *self.handles, *self.records]})

    def natives(self, network: str | None) -> list[tuple[str, str]]:
        """Their ids on a network as they stand in links, after what must stand before them."""
        ids = [name for name in [*self.accounts, *self.records] if network in (None, name.partition(":")[0])]
        return sorted({found for name in ids for found in in_links(name)})


def leaving(accounts: Sequence[str], records: Sequence[str], handles: Sequence[str], theirs: pl.DataFrame) -> Gone:
    """The Gone of a forgetting.

    accounts, handles   of whoever goes: `network:native`, `network:@handle`
    records             ids of single records that go
    theirs              table[record_id, network, reply_to, conversation]: every row that goes
    """
    ids = dict.fromkeys([*theirs["record_id"].to_list(), *records])
    shared = theirs.filter(pl.col("network").is_in(list(SHARED_NAMES))) if accounts else theirs.clear()
    threads = pl.concat([shared[name] for name in ("record_id", "reply_to", "conversation")]).drop_nulls().unique().sort()
    return Gone(tuple(accounts), tuple(handles), {name: f"gone:{uuid.uuid4().hex[:16]}" for name in ids}, tuple(threads))


def tombstones(gone: Gone) -> dict[str, list[str]]:
    """{kind: identifiers} to leave tombstones of, beside those of the accounts, so that `recognised` finds all of `gone` again."""
    names = [name.partition(":@") for name in gone.handles]
    return {
        "record": list(gone.records),
        "handle": [f"{network}:@{key(handle)}" for network, _, handle in names],
        "thread": list(gone.threads),
        "network": [network for network in gone.networks if network not in HOSTS],
    }


# --- names known: find and replace --------------------------------------------------------------------------------------------


def touched(gone: Gone) -> pl.Expr:
    """bool per RECORDS row: whether it may speak of the forgotten (a few false alarms, no misses)."""
    names = _listed(gone)
    ids = [name.lower() for name in [*gone.accounts, *gone.records]]
    shared = {spelt.lower() for network in SHARED_NAMES for spelt in gone.called(network)}
    told = {spelt.lower() for network in gone.networks if network not in SHARED_NAMES for spelt in gone.called(network)}
    needles = sorted({*told, *ids, *(word.lower() for _, word in gone.natives(None))})
    hits = [pl.col(name).str.to_lowercase().str.contains_any(ids) for name in REFERENCES if ids]
    hits += [pl.col(name).list.eval(pl.element().str.to_lowercase().is_in(names)).list.any() for name in _LISTS]
    for column, is_meant in ((_said(needles), pl.lit(value=True)), (_said(sorted(shared)), _in_touch(gone))):
        hits += [found & is_meant for found in column]
    return pl.any_horizontal(pl.lit(value=False), *(hit.fill_null(False) for hit in hits))


def without(rows: pl.DataFrame, gone: Gone) -> pl.DataFrame:
    """RECORDS (or PARSED) rows less those of the forgotten, and without a trace of them in the others."""
    if gone == Gone():
        return rows
    theirs = pl.col("account_id").is_in(list(gone.accounts)) | pl.col("record_id").is_in(list(gone.records))
    return mask(rows.filter(~theirs.fill_null(False)), gone)


def mask(rows: pl.DataFrame, gone: Gone) -> pl.DataFrame:
    """RECORDS (or PARSED) rows without a trace of the forgotten; rows that never spoke of them come out as they were."""
    hit = rows.select(touched(gone).alias("hit"))["hit"]
    if not hit.any():
        return rows
    numbered = rows.with_row_index("_row")
    meant = numbered.filter(hit).with_columns(_in_touch(gone).alias("_in_touch"))
    groups = meant.partition_by("network", "_in_touch", as_dict=True, maintain_order=True)
    masked = [_masked(part, gone, network, is_in_touch=is_in_touch) for (network, is_in_touch), part in groups.items()]
    return pl.concat([numbered.filter(~hit), *(part.drop("_in_touch") for part in masked)]).sort("_row").drop("_row")


def mask_text(text: pl.Expr, gone: Gone, network: str | None = None, *, is_in_touch: bool = True) -> pl.Expr:
    """`text` of a row of `network` (None: any) with each handle and id of the forgotten replaced by `[forgotten]`.

    A handle is masked bare only where its shape makes it no ordinary word, because a person called `the` must not take that word
    out of everyone's mouth. The step `pii` takes the same shapes out for everyone, so that a dataset is the same as if the person
    had never been named.
    """
    spoken = gone.called(network) if is_in_touch or network not in SHARED_NAMES else []
    text = _masked_speech(text, spoken)
    pieces = text.str.replace_all(_LINK, f"{_MARK}{_IS_LINK}${{0}}{_MARK}").str.split(_MARK)
    piece = pl.element()
    link = _masked_link(piece.str.strip_prefix(_IS_LINK), gone, network)
    either = pl.when(piece.str.starts_with(_IS_LINK)).then(link).otherwise(piece)
    text = pieces.list.eval(either).list.join("")
    for of in gone.networks:
        for part in _parts(gone.called(of)):
            text = text.str.replace_all(rf"(?i){_EDGE}({re.escape(of)}:)@(?:{part})", "${1}" + MENTION)
    for part in _parts([*filter(is_distinctive, spoken), *gone.accounts, *gone.records]):
        text = text.str.replace_all(rf"(?i){_EDGE}(?:{part})", MENTION)
    return text


def _masked(rows: pl.DataFrame, gone: Gone, network: str | None, *, is_in_touch: bool) -> pl.DataFrame:
    """The same rows, all of one network, without their traces."""

    def masked(text: pl.Expr) -> pl.Expr:
        return mask_text(text, gone, network, is_in_touch=is_in_touch)

    def valued(text: pl.Expr) -> pl.Expr:
        for part in _parts([word for before, word in gone.natives(network) if not before]):
            text = text.str.replace_all(rf'(?i)(^|")(?:{part})("|$)', "${1}" + MENTION + "${2}")
        return masked(text)

    names = _listed(gone)
    element = pl.element()
    is_named = element.str.to_lowercase().is_in(names)
    inner = {
        name: element.struct.with_fields(valued(element.struct.field(part)).alias(part) for part in parts) for name, parts in _INNER.items()
    }
    return rows.with_columns(
        *_references(rows, gone),
        *(pl.col(name).list.eval(pl.when(is_named).then(pl.lit(MENTION)).otherwise(element)) for name in _LISTS),
        masked(pl.col("text")),
        valued(pl.col("attributes")),
        *(pl.col(name).list.eval(each) for name, each in inner.items()),
    )


def _references(rows: pl.DataFrame, gone: Gone) -> list[pl.Expr]:
    """References to what is gone, or to what bears the id of somebody who is, each with a `gone:` of its own."""
    seen = pl.concat([rows[name] for name in REFERENCES]).drop_nulls().unique()
    bears = [seen.str.contains(rf"(?i){_EDGE}(?:{part})") for part in _parts([*gone.accounts, *gone.records])]
    found = seen.filter(pl.select(pl.any_horizontal(bears)).to_series()) if bears else seen.clear()
    names = {name: gone.records.get(name) or f"gone:{uuid.uuid4().hex[:16]}" for name in found}
    return [pl.col(name).replace(names) for name in REFERENCES]


def _masked_link(link: pl.Expr, gone: Gone, network: str | None) -> pl.Expr:
    """A link with handles and ids of the forgotten masked: of the row's own network, and of a network that its host belongs to."""
    for of in gone.networks:
        words = [("", handle) for handle in (gone.called(of) if of not in SHARED_NAMES else [])] + gone.natives(of)
        masked = link
        for before in sorted({before for before, _ in words}):
            starts = rf"(?:^|[/.@]){re.escape(before)}" if before else _BEFORE_IN_LINK
            for part in _parts([word for place, word in words if place == before]):
                slug = r"(?:/[\w-]+)?" if before else ""
                masked = masked.str.replace_all(rf"(?i)({starts})(?:{part}){slug}", "${1}" + MENTION)
        is_meant = network in (None, of)
        link = masked if is_meant else pl.when(link.str.contains(_host(of))).then(masked).otherwise(link)
    return link


def _masked_speech(text: pl.Expr, spoken: Sequence[str]) -> pl.Expr:
    """`text` with the handles that are spoken to, or of, masked."""
    for part in _parts(spoken, is_whole=False):
        text = text.str.replace_all(rf"(?i)_@(?:{part})_+\b", "_" + MENTION)
    for part in _parts(spoken):
        text = text.str.replace_all(rf"(?i)(^|[^A-Za-z0-9])@(?:{part})(?:@[A-Za-z0-9_.-]+{_EDGE})?", "${1}" + MENTION)
        text = text.str.replace_all(rf"(?i)(^|[^A-Za-z0-9_])(?:u/|user/)(?:{part})", "${1}" + MENTION)
    return text


def _listed(gone: Gone) -> list[str]:
    """How the forgotten stand in lists of people, in small letters: by id, `network:@handle`, or a handle in the id's place."""
    names = [name.partition(":@") for name in gone.handles if name.partition(":")[0] not in SHARED_NAMES]
    handles = [f"{network}:{at}{spelt}" for network, _, handle in names for spelt in spellings(handle) for at in ("@", "")]
    return [name.lower() for name in [*gone.accounts, *gone.records, *gone.handles, *handles]]


def _in_touch(gone: Gone) -> pl.Expr:
    """bool: the row is in a thread where they took part, answers them or names them by id, or is of no network we know."""
    threads = [*gone.threads, *gone.records]
    found = [pl.col(name).is_in(threads) for name in ("record_id", "reply_to", "conversation")]
    found += [pl.col(name).list.eval(pl.element().is_in(list(gone.accounts))).list.any() for name in _LISTS]
    return pl.any_horizontal(pl.col("network").is_null(), *(hit.fill_null(False) for hit in found))


def _said(needles: list[str]) -> list[pl.Expr]:
    """bool per column that holds text of any kind: whether it has one of the needles."""
    if not needles:
        return []
    hits = [pl.col(name).str.to_lowercase().str.contains_any(needles) for name in ("text", "attributes")]
    for name, parts in _INNER.items():
        inside = [pl.element().struct.field(part).str.to_lowercase().str.contains_any(needles).fill_null(False) for part in parts]
        hits.append(pl.col(name).list.eval(pl.any_horizontal(inside)).list.any())
    return hits


def _host(network: str) -> str:
    """A pattern for links to a network: to its hosts, or to one that bears its name."""
    hosts = "|".join(re.escape(host) for host in HOSTS.get(network, (network,)))
    return rf"(?i)^(?:[a-z]+://)?(?:[^/\s]*[.@])?(?:{hosts})(?:[./:?#]|$)"


def _parts(words: Sequence[str], *, is_whole: bool = True) -> list[str]:
    """Alternations of at most 500 words each, longest first; a whole word does not go on as another: `bob` is not in `bobby`."""
    ordered = sorted(words, key=lambda word: (-len(word), word))
    ends = [(_EDGE if word[-1:].isascii() else r"\b") if is_whole and re.search(r"\w$", word) else "" for word in ordered]
    each = [re.escape(word) + end for word, end in zip(ordered, ends, strict=True)]
    return ["|".join(each[k : k + _PATTERN_SIZE]) for k in range(0, len(each), _PATTERN_SIZE)]


# --- only tombstones known: take what has a shape, and ask --------------------------------------------------------------------


def recognised(rows: pl.DataFrame, accounts: pl.DataFrame, is_gone: IsGone) -> Gone:
    """Who of the forgotten PARSED (or RECORDS) rows and ACCOUNTS speak of.

    is_gone   identifiers and their kind (account, handle, record, thread, network) -> bool each: has it a tombstone
    """
    found = candidates(rows, accounts, lambda names: names.filter(is_gone(names, "network")))
    there = {kind: part.filter(is_gone(part["id"], kind)) for (kind,), part in found.partition_by("kind", as_dict=True).items()}
    none = found.clear()
    named = there.get("handle", none)
    unique = named.filter(~pl.col("id").str.extract("^([^:]*)").is_in(list(SHARED_NAMES)))["id"]
    # An account of a forgotten name is theirs under another id, as in dumps that know authors by name alone.
    by_name = _accounts_named(rows, accounts).filter(pl.col("id").is_in(unique.implode()))["account_id"]
    people = pl.concat([there.get("account", none)["said"], by_name]).unique().sort()
    theirs = accounts.filter(pl.col("account_id").is_in(people.implode())).drop_nulls("handle")
    newer = theirs.select(pl.col("network") + ":@" + pl.col("handle")).to_series()
    handles = pl.concat([named["said"], newer]).unique().sort()
    records = {name: f"gone:{uuid.uuid4().hex[:16]}" for name in there.get("record", none)["said"].unique().sort()}
    threads = there.get("thread", none)["said"].unique().sort()
    return Gone(tuple(people), tuple(handles), records, tuple(threads))


def candidates(rows: pl.DataFrame, accounts: pl.DataFrame, known: Callable[[pl.Series], pl.Series]) -> pl.DataFrame:
    """table[kind, id, said]: all in rows and accounts that has a shape which `mask` takes out, each once.

    id      as its tombstone would know it
    said    as it stands there
    known   of some words, those that name a network whose hosts we do not know
    """
    texts = _texts(rows)
    references = pl.concat([rows[name] for name in ("record_id", *REFERENCES)]).drop_nulls().unique()
    people = pl.concat([rows["account_id"], accounts["account_id"], *(rows[name].explode() for name in _LISTS)]).drop_nulls().unique()
    bearing = references.filter(references.str.contains("/", literal=True))
    whole = pl.concat([texts["text"].str.extract_all(_WHOLE_ID).explode(), _after_colon(texts)]).drop_nulls().unique()
    whole = _grown(pl.concat([whole, whole.str.extract("^([A-Za-z0-9_.:@/-]+)")]).drop_nulls().unique(), 12)
    linked = _linked(texts, known)
    value = texts.filter(pl.col("is_value")).select("network", word=pl.col("text").str.extract_all(r'(?:^|")\w{5,}(?:"|$)')).explode("word")
    native = pl.concat([linked.select("network", "word"), value.with_columns(pl.col("word").str.strip_chars('"'))]).drop_nulls().unique()
    number = native.filter(pl.col("word").str.contains(r"\d") & (pl.col("word").str.len_chars() >= 5))
    ids = pl.concat([number.select(id=pl.col("network") + ":" + pl.col("word")).to_series(), _site_ids(linked), _reddit_ids(number)])
    ids = pl.concat([ids, whole, whole.str.to_lowercase()])
    shared = rows.filter(pl.col("network").is_in(list(SHARED_NAMES)))
    threads = pl.concat([shared[name] for name in ("record_id", "reply_to", "conversation")])
    said = pl.concat([_spoken(texts), native, _as_names(pl.concat([people, whole])), _as_handles(accounts)]).drop_nulls().unique()
    handles = said.select(
        kind=pl.lit("handle"),
        id=pl.col("network") + ":@" + pl.col("word").str.normalize("NFKC").str.to_lowercase().str.replace_all(r"\s", ""),
        said=pl.col("network") + ":@" + pl.col("word"),
    )
    accounts_in = pl.concat([bearing.str.extract("^([^/]+)/"), bearing.str.extract("^(.+)/")])
    by_id = pl.concat([ids, people, accounts_in])
    told = {
        "account": by_id.filter(~by_id.str.contains(":@", literal=True)),
        "record": pl.concat([ids, references]),
        "thread": threads,
    }
    plain = [pl.DataFrame({"id": each.drop_nulls().unique()}).select(kind=pl.lit(kind), id="id", said="id") for kind, each in told.items()]
    return pl.concat([handles, *plain])


def _texts(rows: pl.DataFrame) -> pl.DataFrame:
    """table[network, text, is_value]: every text of any kind in the rows."""
    parts = [rows.select("network", text=name, is_value=pl.lit(name != "text")) for name in ("text", "attributes")]
    for name, fields in _INNER.items():
        each = rows.select("network", name).filter(pl.col(name).list.len() > 0).explode(name).unnest(name, separator=".")
        parts += [each.select("network", text=f"{name}.{part}", is_value=pl.lit(value=True)) for part in fields]
    return pl.concat(parts).drop_nulls("text")


def _spoken(texts: pl.DataFrame) -> pl.DataFrame:
    """table[network, word]: what follows @, u/ or user/, and bare words of a distinctive shape."""
    text = pl.col("text")
    after = (
        texts.select("network", word=text.str.extract_all(rf"(?i)(?:@|{_EDGE}u/|{_EDGE}user/)[\w.-]+"))
        .explode("word")
        .drop_nulls()
        .unique()
    )
    after = after.with_columns(pl.col("word").str.replace(r"(?i)^(?:@|u/|user/)", ""))
    shared = texts.filter(pl.col("network").is_in(list(SHARED_NAMES)))
    long = shared.select("network", word=text.str.extract_all(r"@[^\s@]+(?: [\w.-]+){1,2}")).explode("word").drop_nulls().unique()
    long = _all_grown(long.with_columns(pl.col("word").str.strip_prefix("@")), 5).with_columns(pl.col("word").str.strip_chars())
    bare = texts.select("network", word=text.str.extract_all(rf"(?-u:\b{BARE}\b)")).explode("word").drop_nulls().unique()
    emphasised = after.with_columns(pl.col("word").str.strip_chars_end("_"))
    latin = after.with_columns(pl.col("word").str.extract("^([A-Za-z0-9_.-]+)")).drop_nulls()
    return pl.concat([_all_grown(pl.concat([after, emphasised, latin]).unique(), 6), long, bare])


def _linked(texts: pl.DataFrame, known: Callable[[pl.Series], pl.Series]) -> pl.DataFrame:
    """table[network, link, word]: the words of each link, for the network of its row and for those that its host belongs to."""
    links = texts.select("network", link=pl.col("text").str.extract_all(_LINK)).explode("link").drop_nulls().unique()
    host = pl.col("link").str.extract(r"(?i)^(?:[a-z]+://)?(?:[^/\s]*@)?([\w.-]+)").str.to_lowercase()
    hosted = links.select("link", host=host).drop_nulls().unique()
    labels = hosted["host"].unique()
    several = [labels.str.extract(rf"((?:[\w-]+\.){{{k}}}[\w-]+)$") for k in (1, 2, 3)]
    more = known(pl.concat([labels.str.split(".").explode(), *several]).drop_nulls().unique())
    of = {network: hosted.filter(pl.col("link").str.contains(_host(network))) for network in [*HOSTS, *more]}
    links = pl.concat([links, *(each.select(network=pl.lit(network), link="link") for network, each in of.items())]).unique()
    plain = pl.col("link").str.replace_all("(?i)%40|%2F|%3A", "/")
    runs = [
        links.select("network", "link", word=plain.str.extract_all(shape)).explode("word")
        for shape in (r"[\w-]+", "[A-Za-z0-9_-]+", r"[\w-]+\.[\w.-]+")
    ]
    return _all_grown(pl.concat(runs).drop_nulls("word").unique(), 6)


def _site_ids(linked: pl.DataFrame) -> pl.Series:
    """Ids that links to Stack Exchange sites name, `stackexchange:SITE/user-1`, for each way that a site may be called."""
    links = linked.filter(pl.col("network") == "stackexchange")["link"].unique().str.to_lowercase()
    parts = links.str.extract_groups(r"(?P<host>[\w.-]+)/(?:(?P<user>users)|questions|q|a)/(?P<number>\d+)")
    if not links.len():
        return pl.Series([], dtype=pl.String)
    found = parts.struct.unnest()
    kind = pl.when(pl.col("user").is_not_null()).then(pl.lit("/user-")).otherwise(pl.lit("/post-"))
    sites = [pl.col("host"), pl.col("host").str.strip_suffix(".stackexchange.com"), pl.col("host").str.strip_suffix(".com")]
    return pl.concat([found.select(pl.lit("stackexchange:") + site + kind + pl.col("number")).to_series() for site in sites])


def _reddit_ids(number: pl.DataFrame) -> pl.Series:
    """Links to Reddit name a post or comment without its kind."""
    words = number.filter(pl.col("network") == "reddit")["word"].unique().str.to_lowercase()
    return pl.concat(["reddit:t1_" + words, "reddit:t3_" + words])


def _after_colon(texts: pl.DataFrame) -> pl.Series:
    """Whole ids that stand after another colon: `see:x:777`."""
    return texts["text"].str.extract_all(r"(?i):[a-z][\w.-]*:@?\w[\w./-]*").explode().str.strip_prefix(":")


def _as_names(ids: pl.Series) -> pl.DataFrame:
    """table[network, word]: `network:@handle`, and ids that are no number, as handles."""
    parts = ids.str.extract_groups(r"^(?P<network>[^:]+):(?P<word>.*)$").struct.unnest()
    word = pl.col("word").str.strip_prefix("@")
    return parts.select("network", word).filter(pl.col("word").str.contains(r"\D"))


def _as_handles(accounts: pl.DataFrame) -> pl.DataFrame:
    return accounts.select("network", word="handle")


def _accounts_named(rows: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """table[account_id, id]: authors and accounts with the handle tombstone that would keep them out."""
    named = accounts.select("account_id", "network", word="handle")
    authors = pl.concat([rows["account_id"], accounts["account_id"]]).drop_nulls().unique()
    own = (
        authors.alias("account_id")
        .to_frame()
        .with_columns(pl.col("account_id").str.extract_groups(r"^(?P<network>[^:]+):(?P<word>.*)$").struct.unnest())
    )
    return (
        pl.concat([named, own.select("account_id", "network", "word")])
        .drop_nulls()
        .select("account_id", id=pl.col("network") + ":@" + pl.col("word").str.normalize("NFKC").str.to_lowercase())
    )


def _grown(words: pl.Series, most: int) -> pl.Series:
    return _all_grown(words.alias("word").to_frame(), most)["word"]


def _all_grown(frame: pl.DataFrame, most: int) -> pl.DataFrame:
    """The same rows, and one for each beginning of `word` that ends where a word ends: of `bob.smith` also `bob`."""
    odd = frame.filter(pl.col("word").str.contains(r"\W"))
    more = [odd.with_columns(pl.col("word").str.extract(rf"^((?:\w+|\W){{{k}}})")) for k in range(1, most + 1)]
    return pl.concat([frame, *more]).drop_nulls("word").unique()
