"""Words and the letters around them, straight from a batch of texts in one pass: what language and quality are told from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import polars as pl

from ownwords.datasets._words import edges, mixed, powers

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    #: uint8 or uint32
    Codes = NDArray[np.unsignedinteger]

Number = TypeVar("Number", bound=np.number)
#: Kinds of characters. LONE is a letter of a script that puts no space between words: each is a word by itself.
BREAK, PICTURE, LETTER, FIGURE, LONE = range(5)
#: Code points beyond are rare Han, in planes 2 and 3: all count as one letter of those planes.
N_CODES = 0x20000
_HAN = 0x4E00
#: Texts are joined to about so many characters, and looked at in blocks that stay in the processor's cache.
_READ, _BLOCK = 1 << 22, 1 << 16
_CLASSES = {
    LETTER: r"[\p{L}\p{M}]",
    FIGURE: r"\p{N}",
    PICTURE: r"[\p{Extended_Pictographic}\x{1f1e6}-\x{1f1ff}]",
    BREAK: r"[\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x{a9}\x{ab}-\x{b4}\x{b6}-\x{b9}\x{203c}\x{2049}\x{2122}\x{fe00}-\x{fe0f}]",
    LONE: r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]",
}
_BASE = np.uint64(0x9E37_79B9_7F4A_7C15)


@dataclass(frozen=True, slots=True)
class Block:
    """R texts read together, C characters with a line feed after each text, W words.

    codes     uint8[C] if all is ASCII, else uint32[C]: code points
    begins    int64[R + 1]: text r is codes[begins[r]:begins[r + 1] - 1]
    starts    int64[W]; a word is a run of letters, marks and figures, or one letter where the script has no spaces
    ends      int64[W]
    hashes    uint64[W]: equal words have equal hashes, whatever their case and width
    offsets   int64[R + 1]: the words of text r are offsets[r] to offsets[r + 1]
    """

    codes: Codes
    begins: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    hashes: NDArray[np.uint64]
    offsets: NDArray[np.int64]

    def total(self, of_words: NDArray[Number]) -> NDArray[Number]:
        """Sums over the words of each text: [W, ...] -> [R, ...]."""
        sums = np.zeros((len(of_words) + 1, *of_words.shape[1:]), of_words.dtype)
        np.cumsum(of_words, axis=0, out=sums[1:])
        return sums[self.offsets[1:]] - sums[self.offsets[:-1]]


def each_block(texts: pl.Series, tell: Callable[[Block], NDArray[Number]]) -> NDArray[Number]:
    """What `tell` says of each text, in the order of `texts`, whatever the blocks.

    texts   string[R]; null = no characters
    tell    Block -> [R of the block, ...]; called at least once
    """
    texts = texts.fill_null("")
    n_chars = texts.str.len_chars()
    is_ascii = (texts.str.len_bytes() == n_chars).to_numpy()
    places = [np.flatnonzero(is_ascii), np.flatnonzero(~is_ascii)]
    sizes = n_chars.to_numpy().astype(np.int64) + 1
    said = []
    for wide, rows in enumerate(places):
        some, room = (texts, sizes) if len(rows) == len(texts) else (texts.gather(rows), sizes[rows])
        for a, b in pairwise(edges(room, _READ)):
            codes = _codes(some[a:b], wide=bool(wide))
            begins = np.concatenate([np.zeros(1, np.int64), np.cumsum(room[a:b])])
            for c, d in pairwise(edges(room[a:b], _BLOCK)):
                said.append(tell(_block(codes[begins[c] : begins[d]], begins[c : d + 1] - begins[c])))
    whole = np.concatenate(said or [tell(_block(_codes(texts, wide=False), np.zeros(1, np.int64)))])
    out = np.empty_like(whole)
    out[np.concatenate(places)] = whole
    return out


def hashes_of(words: list[str]) -> NDArray[np.uint64]:
    """The hash that each of some words has in a block; each must be one word."""
    texts = pl.Series(words, dtype=pl.String)
    return each_block(texts, lambda block: block.hashes[block.offsets[:-1]]).astype(np.uint64)


def within(codes: Codes) -> Codes:
    """Code points as places in tables of N_CODES."""
    return codes if codes.dtype == np.uint8 else np.where(codes < N_CODES, codes, np.uint32(_HAN))


def kinds() -> NDArray[np.uint8]:
    """uint8[code points]: BREAK, PICTURE, LETTER, FIGURE or LONE."""
    return _tables()[0]


def _codes(texts: pl.Series, *, wide: bool) -> Codes:
    """The characters of all texts, a line feed after each; nothing of no texts."""
    joined = texts.str.join("\n").item() + "\n" if len(texts) else ""
    return np.frombuffer(joined.encode("utf-32-le"), np.uint32) if wide else np.frombuffer(joined.encode(), np.uint8)


def _block(codes: Codes, begins: NDArray[np.int64]) -> Block:
    kind, value = _tables()
    index = within(codes)
    starts, ends = _runs(kind.take(index), wide=codes.dtype != np.uint8)
    power, inverse = powers(max(len(codes), _BLOCK))
    values = value.take(index)
    values *= power[: len(codes)]
    sums = np.empty(len(codes) + 1, np.uint64)
    sums[0] = 0
    np.cumsum(values, out=sums[1:])
    hashes = mixed((sums[ends] - sums[starts]) * inverse[starts])
    return Block(codes, begins, starts, ends, hashes, np.searchsorted(starts, begins))


def _runs(kind: NDArray[np.uint8], *, wide: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where words start and end; the last character is a break."""
    inside = kind > PICTURE
    changes = np.flatnonzero(inside[1:] != inside[:-1]) + 1
    if inside[:1].any():
        changes = np.concatenate([np.zeros(1, np.int64), changes])
    if not wide or not (lone := kind == LONE).any():
        return changes[::2], changes[1::2]
    before = np.concatenate([np.zeros(1, bool), inside[:-1]])
    parted = lone | np.concatenate([np.zeros(1, bool), lone[:-1]])
    starts = np.flatnonzero(inside & (~before | parted))
    ends = np.flatnonzero(before & (~inside | parted))
    return starts, ends


@cache
def _tables() -> tuple[NDArray[np.uint8], NDArray[np.uint64]]:
    """For each code point its kind, and the number of its small letter in full width, from which words are hashed."""
    codes = np.arange(N_CODES, dtype=np.uint32)
    codes[0xD800:0xE000] = ord(" ")
    letters = pl.Series(list(codes.astype("<u4").tobytes().decode("utf-32-le")))
    kind = np.zeros(N_CODES, np.uint8)
    for number in (PICTURE, FIGURE, LETTER, LONE, BREAK):
        kind[letters.str.contains(rf"^{_CLASSES[number]}$").to_numpy()] = number
    small = letters.str.normalize("NFKC").str.to_lowercase()
    small = small.zip_with(small.str.len_chars() == 1, letters)
    folded = np.frombuffer("".join(small.to_list()).encode("utf-32-le"), np.uint32)
    return kind, mixed((folded.astype(np.uint64) + np.uint64(1)) * _BASE)
