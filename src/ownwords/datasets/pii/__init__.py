"""What points at people in running text: names, addresses, numbers; each becomes the word for its kind."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from ownwords.core import files, hashing, plugins
from ownwords.core.errors import Usage
from ownwords.core.step import Reduce, Stage
from ownwords.datasets._texts import FORGOTTEN, LINK
from ownwords.datasets.pii import masking, numbers, pseudonyms, recognised
from ownwords.datasets.pii.masking import Folded, Shape, Within
from ownwords.datasets.pii.names import ADDRESSES, NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ownwords.core.step import Param
    from ownwords.datasets.pii.masking import Pass

#: user      names of accounts: @name, u/name, name_99, ids; what the store wrote as [forgotten] with them
#: email     addresses, also spelled: x at y dot com
#: phone card iban ip nik ssn   numbers; an account number in one piece has the shape of a name and goes as `user`
#: id        a national number of a person that has check digits
#: secret    what opens a door: user:password and tokens in links, access keys
#: url       links; the step `clean` has taken them out
#: place organisation   what only a recogniser finds
KINDS = ("user", "email", *numbers.KINDS, "secret", "url")

#: kinds   what is taken out, of `KINDS`; a product takes out `user` always, because a forgotten name is one (law 2)
#: recogniser   plug-in that finds persons ([user]), places and organisations, with what it is told after a colon; empty = none
#: pseudonyms   [phone_1] for the dataset's first number, the same wherever it stands; else [phone] for every one
PARAMS: Mapping[str, Param] = {
    "kinds": ",".join([*(kind for kind in KINDS if kind != "url"), "place"]),
    "recogniser": "",
    "pseudonyms": False,
}

_ENDS = "com|net|org|edu|gov|info|io|co|me|id|uk|us|de|fr|nl|ru|jp|au|ca|br|it|es|se|ac|fm|app|dev|ai|tv|xyz|site|online|mail"
_LOCAL = r"(?:[\w.+-]|\[user\])+"
_AT = r"[\[({<] ?at ?[\])}>]"
_DOT = r"(?: ?[\[({<] ?dot ?[\])}>] ?|\.| dot )"
_AT_HINT = r"[\[({<] ?[aA][tT] ?[\])}>]"
_SPELLED = rf"(?i)\b{_LOCAL} ?{_AT} ?[\w-]+(?:{_DOT}[\w-]+)+"
_SPOKEN = rf"(?i)\b{_LOCAL}\s+at\s+[\w-]+(?:\s+dot\s+[\w-]+)*\s+dot\s+(?:{_ENDS})(?:(?:\.|\s+dot\s+)[a-z]{{2,3}})?\b"
_SPELLED_NAME = rf"\[user\](?i:(?: ?{_AT}|\s+at\s+) ?[\w-]+(?:{_DOT}(?:{_ENDS})\b)+)"

_CALLS = "call|text|phone|tel|telp|telepon|hp|wa|whatsapp|hubungi|nomor|sms|mobile|cell|ring|fax|desk|answering|messages|handphone|telegram"
#: After such a word any run of figures is a number to call, in pairs or with three or more at its end (a date has two).
_CALLED = r"(?:[0-9]{7,15}|\(?[0-9]{2,5}\)?(?:[ .-]?[0-9]{2,5}){0,3}[ .-][0-9]{3,6}|[0-9]{2}(?:[ .-][0-9]{2}){3,4})"
_ON_THE_WAY = r"(?:\s*(?:me|us|at|on|is|no|to|number|saya|aku|ya|ke|di|ini|[:.=-]))*\s*"
_AFTER_CALL = rf"(?i)(\b(?:{_CALLS}){_ON_THE_WAY}){_CALLED}\b"
_BEFORE_PLACE = rf"(?i)(^|[^0-9A-Za-z_#$€£./+@-]){_CALLED}((?: |-| \()(?:office|fax|mobile|cell|home|work)\b)"

_FIGURES = r"[0-9]{3}|[0-9]{2}[ .-][0-9]{2}"

_TELLING = r"[\w.-]*(?:token|secret|sig|signature|session|sessid|sid|auth|passwd|password|pwd|otp|jwt|api_?key|apikey|access_?key)[\w-]*"
_IN_LINK = rf"(?i)([?&#;]{_TELLING}=)[^\s&#\"'<>]+"
_LOGIN = r"(://)[^\s/@:]+:[^\s/@]+(@)"
_KEYS = (
    r"(^|[^0-9A-Za-z_-])(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|github_pat_[0-9A-Za-z_]{22,}|xox[abprs]-[A-Za-z0-9-]{10,}|"
    r"sk-[A-Za-z0-9_-]{20,}|AIza[0-9A-Za-z_-]{35}|eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,})"
)

_KEYS_HINT = "AKIA|gh[pousr]_|github_pat_|xox[abprs]-|sk-[A-Za-z0-9_-]{20}|AIza|eyJ"


def stages(params: Mapping[str, Param]) -> tuple[Stage | Reduce, ...]:
    """Rows with `text` in and out: [user] [email] [phone] [card] [iban] [ip] [nik] [ssn] [id] [secret] [place] stand for what was there.

    raises   Usage for a kind that does not exist; NotFound for a recogniser that does not
    """
    asked = _asked(str(params["kinds"]))
    kinds = tuple(kind for kind in KINDS if kind in asked)
    stages = pseudonyms.stages(_plan(kinds)) if params["pseudonyms"] else (_each(partial(masked, kinds=kinds)),)
    if not params["recogniser"]:
        return stages
    find = recognised.reader(str(params["recogniser"]))
    return (*stages, _each(partial(recognised.masked, find=find, kinds=asked)))


def resources(params: Mapping[str, Param]) -> dict[str, dict[str, str]]:
    """What a manifest says of the recogniser: plug-in and model, and a hash of the model's files, or of a hub's its revision if known."""
    plug_in, parted, where = str(params["recogniser"]).partition(":")
    if not plug_in:
        return {}
    model = Path(where)
    if where and model.exists():
        inside = {one.relative_to(model).as_posix(): one for one in model.rglob("*") if one.is_file()} if model.is_dir() else {"": model}
        sha256 = hashing.sha256_json({name: files.sha256_file(one) for name, one in sorted(inside.items())})
        return {"recogniser": {"name": f"{plug_in}:{model.resolve().name}", "sha256": sha256}}
    tells = getattr(plugins.load("recogniser", plug_in), "revision", None)
    revision = tells(where) if tells is not None else ""
    return {"recogniser": {"name": plug_in + parted + where, **({"revision": revision} if revision else {})}}


def _each(change: Callable[[pl.Series], pl.Series]) -> Stage:
    text = pl.col("text").map_batches(change, return_dtype=pl.String, is_elementwise=True)
    return Stage(None, lambda rows: rows.with_columns(text))


def masked(texts: pl.Series, kinds: tuple[str, ...] = KINDS) -> pl.Series:
    """string[R] to string[R], each by itself; null stays null."""
    return masking.masked(masking.ready(texts), _plan(kinds))


def spans(texts: pl.Series, kinds: tuple[str, ...] = KINDS) -> pl.DataFrame:
    """What `masked` takes out: table[row, start, end, kind], in characters of the texts as they are, in order."""
    return masking.spans(masking.ready(texts), _plan(kinds))


def _asked(kinds: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in kinds.split(",") if name.strip())
    known = dict.fromkeys([*KINDS, *recognised.MASKS.values()])
    for name in names:
        if name not in known:
            raise Usage(f"step 'pii' knows no kind {name!r}; it has {', '.join(known)}", "mend the parameter `kinds`")
    return names


@cache
def _plan(kinds: tuple[str, ...]) -> tuple[Pass | Within, ...]:
    """The passes for these kinds, in order: each sees what the one before it left."""
    figures: tuple[Pass, ...] = (
        *numbers.passes(kinds),
        Shape("phone", _AFTER_CALL, keeps=1, hints=(_FIGURES,)),
        Shape("phone", _BEFORE_PLACE, keeps=2, hints=(_FIGURES,)),
    )
    every: tuple[Pass | Within, ...] = (
        Shape("secret", _LOGIN, keeps=2, hints=("://",)),
        Shape("secret", _IN_LINK, keeps=1, hints=("=",)),
        Shape("url", LINK, hints=("/", r"(?i:www\.)", FORGOTTEN)),
        *NAMES,
        Shape("email", _SPELLED_NAME, hints=(r"\[user\](?i:[ \[({<]+at|\s+at\s)",)),
        Shape("email", _SPELLED, hints=(_AT_HINT,)),
        Shape("email", _SPOKEN, hints=("(?i)dot",)),
        Shape("secret", _KEYS, keeps=1, hints=(_KEYS_HINT,)),
        Within(("[0-9]",), figures),
        *([Folded(read)] if (read := _of(kinds, (ADDRESSES, *figures))) else []),
    )
    chosen = [Within(each.hints, _of(kinds, each.passes)) if isinstance(each, Within) else each for each in every]
    return tuple(each for each in chosen if (each.passes if isinstance(each, Within) else _of(kinds, (each,))))


def _of(kinds: tuple[str, ...], passes: tuple[Pass, ...]) -> tuple[Pass, ...]:
    return tuple(each for each in passes if not isinstance(each, Shape) or each.kind in kinds)
