"""Texts in columns: the marks that stand for what was taken out, what a link is, and changing some texts alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable

URL, CODE, QUOTE = "[url]", "[code]", "[quote]"
#: Any mark: nobody's word.
MARK = r"\[[a-z]{2,12}(?:_[0-9]+)?\]"
#: What the store writes where a forgotten person's name stood. Law 2: it must come out exactly as the name would have.
FORGOTTEN = r"\[forgotten\]"
_HOSTS = (
    "com|org|net|edu|gov|info|biz|io|co|me|ly|gl|gd|be|app|dev|ai|tv|fm|id|uk|us|de|fr|nl|ru|jp|in|au|ca|br|it|es|se|ch|social|xyz|"
    "online|site|news|blog"
)
_IN_LINK = rf"{FORGOTTEN}|\([^\s()<>]*\)"
#: The rest of a link: brackets only in pairs, no full stop at the end.
_LINK_END = rf"(?:{_IN_LINK}|[^\s<>\"'()\[\]{{}}])*(?:{_IN_LINK}|[^\s<>\"'()\[\]{{}}.,;:!?…*])"
LINK = rf"(?i)\b(?:(?:https?|ftp)://|www\.){_LINK_END}|\b(?:[a-z0-9-]+\.)+(?:{_HOSTS})(?:/(?:{_LINK_END})?|{FORGOTTEN}(?:{_LINK_END})?)"


def touched(texts: pl.Series, which: pl.Series, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """`texts` with `change` applied to those of `which` alone.

    which    bool[R]; null = no
    change   string[n] -> string[n], each by itself
    """
    places = which.arg_true()
    if not len(places):
        return texts
    if len(places) == len(texts):
        return change(texts)
    order = np.arange(len(texts), dtype=np.uint32)
    order[places.to_numpy()] = np.arange(len(texts), len(texts) + len(places), dtype=np.uint32)
    return pl.concat([texts, change(texts.gather(places)).rename(texts.name)]).gather(pl.Series(order))
