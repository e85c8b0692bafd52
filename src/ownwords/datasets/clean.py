"""Plain words out of what networks export: no markup, links as `[url]`, tidy characters; what nobody wrote here goes."""

from __future__ import annotations

from functools import cache, partial
from html import unescape
from typing import TYPE_CHECKING

import polars as pl

from ownwords.core import handles
from ownwords.core.step import DROP, Stage
from ownwords.datasets._texts import CODE, FORGOTTEN, LINK, MARK, QUOTE, URL, touched
from ownwords.datasets.pii.masking import masked, ready
from ownwords.datasets.pii.names import NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ownwords.core.step import Param

#: max_chars   more characters than this, not counting names, links and marks: `too long`; bounds what one row can cost
#: keep_quotes keep what a post quotes from others inside its own text, instead of `[quote]`
PARAMS: Mapping[str, Param] = {"max_chars": 100_000, "keep_quotes": False}

#: So many times the characters are too many whatever they are.
_LONGER = 32

#: What later steps need of a record; the rest stays behind.
KEPT = (
    *("record_id", "record_no", "account_id", "network", "category", "terms"),
    *("created_at", "language", "reply_to", "score", "text"),
)
_WRITTEN = ("post", "reply")
_TAGS = (
    "a|abbr|address|article|aside|b|bdi|bdo|big|blockquote|body|br|caption|center|cite|code|col|dd|del|details|dfn|div|dl|dt|em|"
    "figcaption|figure|font|footer|h[1-6]|head|header|hr|html|i|iframe|img|ins|kbd|label|li|link|main|mark|meta|ol|p|picture|pre|q|s|"
    "samp|script|section|small|source|span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|tfoot|th|thead|title|tr|tt|u|ul|var|video|wbr"
)
_TAG = rf"(?i)</?(?:{_TAGS})(?:\s[^<>]*)?/?>"
_BLOCK_TAG = r"(?i)</?(?:address|article|blockquote|br|dd|div|dl|dt|figure|h[1-6]|hr|li|ol|p|pre|section|table|tr|ul)(?:\s[^<>]*)?/?>"
#: Words that touch a link would become part of the name in it.
_BEFORE_LINK = r"(?i)(\w)((?:<(?:span|b|i|em|strong)\b[^<>]*>)*<a\s)"
_AFTER_LINK = r"(?i)(</a\s*>(?:</(?:span|b|i|em|strong)\s*>)*)(\w)"
_UNSEEN_HTML = r"(?is)<!--.*?-->|<(?:script|style|template)\b[^<>]*>.*?</(?:script|style|template)\s*>"
_CODE_HTML = r"(?is)<pre\b[^<>]*>.*?</pre\s*>"
_CODE_FENCE = r"(?s)```.*?```"
#: The innermost quote: no `<blockquote` and no end of one inside.
_QUOTE_HTML = r"(?i)<blockquote\b[^<>]*>(?:[^<]|<[^b/]|<b[^l]|</[^b]|</b[^l])*</blockquote\s*>"
#: Not `>:(` or `>_<`.
_QUOTE_LINES = r"(?m)^[ \t]*>[ \t>]*[\p{L}\p{N}\"'“‘*@\[(/][^\n]*(?:\n[ \t]*>[^\n]*)*"
#: Marks may stand in its text: a forgotten name, an address.
_MARKDOWN_LINK = rf"!?\[((?:[^\[\]\n]|{MARK})*)\]\(\[url\][^()\n]*\)"
_UNSEEN = (
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u{ad}\u{34f}\u{61c}\u{180e}\u{200b}\u{200e}\u{200f}"
    r"\u{202a}-\u{202e}\u{2060}-\u{206f}\u{feff}\u{fff9}-\u{fffb}\u{e0000}-\u{e0fff}]+"
)
#: What the store took for a name, or for the end of one, while something unseen stood beside it, is parted from what it would touch.
_OF_ID = ":@?[A-Za-z0-9_-]*[0-9][A-Za-z0-9_]*"
_NAME = (
    rf"(?:{FORGOTTEN}(?:{_OF_ID})?|@[A-Za-z0-9_]+(?:@[A-Za-z0-9_.-]+)?|(?-u:\b)[uU](?:ser)?/[A-Za-z0-9_]+|(?-u:\b{handles.BARE}\b)|"
    rf"(?-u:\b)[A-Za-z][A-Za-z0-9_.-]*{_OF_ID})"
)
_ENTITIES = """amp lt gt quot apos nbsp hellip mdash ndash lsquo rsquo ldquo rdquo laquo raquo copy reg trade
euro pound yen cent deg times bull middot commat period"""
_PILED_MARKS = r"(\p{M}{4})\p{M}+"
#: What is not printable ASCII or the end of a line.
_FOREIGN = r"[^\n -~]"
#: What may not be NFC: anything but Latin, the punctuation around U+2010 and most emoji, none of which composes with what is before it.
_NOT_COMPOSED = r"[^\n -~\u{a0}-\u{2ff}\u{2010}-\u{205e}\u{20a0}-\u{20bf}\u{2190}-\u{21ff}\u{2600}-\u{27bf}\u{fe0f}\u{1f300}-\u{1faff}]"
#: What any rule looks for begins with one of these: not printable ASCII, one of < > & / [ \ ] `, two spaces, or `www.`
_ODD = r"[^ !-%'-.0-;=?-Z^_a-~]|  |(?i:www\.)"


def stages(params: Mapping[str, Param]) -> tuple[Stage, ...]:
    """RECORDS in, their columns `KEPT` out: `text` is cleaned; reposts and what has no text are dropped with a reason.

    score   int64: what readers gave it, as the network counts; from `attributes`, null where it says none
    """
    return (Stage(None, lambda rows: _clean(rows, params)),)


def _clean(rows: pl.LazyFrame, params: Mapping[str, Param]) -> pl.LazyFrame:
    raw = pl.col("text")
    rows = rows.with_columns(_refused(raw, params).alias(DROP), _score(pl.col("attributes")).alias("score")).select(*KEPT, DROP)
    rows = rows.with_columns(pl.when(pl.col(DROP).is_null()).then(raw).alias("text"))
    tidy = partial(plain, keep_quotes=bool(params["keep_quotes"]))
    rows = rows.with_columns(raw.map_batches(tidy, return_dtype=pl.String, is_elementwise=True).alias("text"))
    is_empty = pl.when(raw == "").then(pl.lit("no text"))
    return rows.with_columns(pl.coalesce(pl.col(DROP), is_empty).alias(DROP))


def _score(attributes: pl.Expr) -> pl.Expr:
    """The whole number under the key `score` of a JSON object; read only where there is such a key."""
    has_one = attributes.str.contains('"score":', literal=True)
    return pl.when(has_one).then(attributes).otherwise(None).str.json_path_match("$.score").cast(pl.Int64, strict=False)


def _refused(raw: pl.Expr, params: Mapping[str, Param]) -> pl.Expr:
    """Why a row goes before anyone reads its text; null where it stays."""
    is_repost = (pl.col("category") == "repost") | pl.col("repost_of").is_not_null()
    starts_as_repost = raw.str.contains(rf"^\s*RT (?:@|{FORGOTTEN})")
    is_long = partial(_is_long, most=int(params["max_chars"]))
    return (
        pl.when(is_repost | starts_as_repost).then(pl.lit("repost"))
        .when(~pl.col("category").is_in(_WRITTEN)).then(pl.lit("not a post"))
        .when(raw.is_null() | (raw == "")).then(pl.lit("no text"))
        .when(raw.map_batches(is_long, return_dtype=pl.Boolean, is_elementwise=True)).then(pl.lit("too long"))
    )  # fmt: skip


def _is_long(texts: pl.Series, most: int) -> pl.Series:
    """bool[R]: more characters than `most`. Where there are, names do not count, which may be longer or shorter than their mark (law 2)."""
    length = texts.str.len_chars()

    def counted(some: pl.Series) -> pl.Series:
        return masked(ready(some.str.replace_all(LINK, "")), NAMES).str.replace_all(MARK, "")

    is_near = (length > most) & (length <= _LONGER * most)
    return touched(texts, is_near, counted).str.len_chars() > most


def plain(texts: pl.Series, *, keep_quotes: bool = False) -> pl.Series:
    """Markup to words, links to `[url]`, characters to NFC without what cannot be seen; string[R] to string[R].

    Most posts need none of it, so each rule sees only the texts that have what it looks for.
    """
    return touched(texts, texts.str.contains(_ODD), partial(_plain, keep_quotes=keep_quotes)).str.strip_chars()


def _plain(texts: pl.Series, *, keep_quotes: bool) -> pl.Series:
    is_foreign = texts.str.contains(_FOREIGN)
    texts = touched(texts, is_foreign, _without_unseen)
    texts = touched(texts, _has(texts, "<"), _shown)
    texts = touched(texts, _has(texts, "```"), lambda some: some.str.replace_all(_CODE_FENCE, f"\n{CODE}\n"))
    texts = touched(texts, _has(texts, "<"), partial(_without_html, keep_quotes=keep_quotes))
    texts = touched(texts, _has(texts, "&"), _entities)
    if not keep_quotes:
        texts = touched(texts, _has(texts, ">"), lambda some: some.str.replace_all(_QUOTE_LINES, QUOTE))
    may_link = texts.str.contains_any(["/", "www.", "[forgotten]"], ascii_case_insensitive=True)
    texts = touched(texts, may_link, lambda some: some.str.replace_all(LINK, URL))
    texts = touched(texts, _has(texts, "]("), _without_markdown)
    texts = touched(texts, texts.str.contains(_NOT_COMPOSED), lambda some: some.str.normalize("NFC"))
    is_spaced = texts.str.contains_any(["  ", "\n"]) | texts.str.contains(r"[^\S\n ]")
    return touched(texts, is_spaced, _spaced)


def _has(texts: pl.Series, needle: str) -> pl.Series:
    return texts.str.contains(needle, literal=True)


def _parted(texts: pl.Series, gone: str) -> pl.Series:
    """Names with a space where what matches `gone` parts them from a letter, a figure, _, @ or / that they would touch without it."""
    after, before = rf"({_NAME})(?:{gone})+([A-Za-z0-9_@])", rf"([A-Za-z0-9_@/])(?:{gone})+({_NAME})"
    return texts.str.replace_all(after, "${1} ${2}").str.replace_all(before, "${1} ${2}")


def _without_unseen(texts: pl.Series) -> pl.Series:
    texts = touched(texts, texts.str.contains(_UNSEEN), partial(_parted, gone=_UNSEEN))
    return texts.str.replace_all(_UNSEEN, "").str.replace_all(_PILED_MARKS, "${1}")


def _shown(texts: pl.Series) -> pl.Series:
    """Without what a browser does not show, and without code."""
    return texts.str.replace_all(_UNSEEN_HTML, " ").str.replace_all(_CODE_HTML, f"\n{CODE}\n")


def _without_html(texts: pl.Series, *, keep_quotes: bool) -> pl.Series:
    if not keep_quotes:
        for _ in range(3):  # quotes within quotes, from the inside out
            texts = texts.str.replace_all(_QUOTE_HTML, f"\n{QUOTE}\n")
    texts = texts.str.replace_all(_BEFORE_LINK, "${1} ${2}").str.replace_all(_AFTER_LINK, "${1} ${2}")
    texts = _parted(texts.str.replace_all(_BLOCK_TAG, "\n"), _TAG)
    return texts.str.replace_all(_TAG, "")


def _without_markdown(texts: pl.Series) -> pl.Series:
    return texts.str.replace_all(rf"([\w\]])({_MARKDOWN_LINK})", "${1} ${2}").str.replace_all(_MARKDOWN_LINK, "${1} " + URL)


def _spaced(texts: pl.Series) -> pl.Series:
    return texts.str.replace_all(r"[^\S\n]+", " ").str.replace_all(r" ?\n ?", "\n").str.replace_all(r"\n{3,}", "\n\n")


@cache
def _entity_table() -> dict[str, str]:
    names = [f"&{name};" for name in _ENTITIES.split()]
    decimal = [f"&#{code};" for code in (*range(32, 127), *range(160, 256), 8211, 8212, 8216, 8217, 8220, 8221, 8230)]
    padded = [f"&#{code:03d};" for code in range(32, 100)]
    hexadecimal = [form for code in (*range(32, 127), 160) for form in (f"&#x{code:x};", f"&#x{code:X};", f"&#X{code:X};")]
    table = {entity: unescape(entity) for entity in (*names, *decimal, *padded, *hexadecimal)}
    return {entity: " " if word == "\xa0" else word for entity, word in table.items()}


def _entities(texts: pl.Series) -> pl.Series:
    """HTML's names for characters as the characters, once: `&amp;lt;` is `&lt;`, as its author wrote it."""
    table = _entity_table()
    return texts.str.replace_many(list(table), list(table.values()), leftmost=True)
