"""A dataset as packed tokens: windows of one length in files that numpy maps into memory."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from transformers import PreTrainedTokenizerFast

from ownwords.core import files, hashing
from ownwords.core.errors import BadInput
from ownwords.models import adapt, layout, packing
from ownwords.models import tokenizer as tokenizers
from ownwords.models.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import polars as pl
    from numpy.typing import NDArray

    from ownwords.models.layout import Layout

INDEX = "index.json"
_WANTED = ("tokenizer*", "special_tokens_map.json", "vocab*", "merges.txt", "*.model", "*.jinja", "config.json")
#: Tokens in a shard: 32 or 64 MB.
SHARD_TOKENS = 1 << 24


@dataclass(frozen=True, slots=True)
class Words:
    """A tokenizer ready to pack with; `sha256` is over what it does."""

    name: str
    sha256: str
    tokenizer: PreTrainedTokenizerFast
    around: Layout
    dtype: str
    pad: int


def find(name: str) -> Words:
    """The tokenizer in a folder or of a hub id; only the latter asks the network.

    raises   NotFound, or BadInput if there is no fast tokenizer
    """
    folder, known_as = adapt.located(name, _WANTED)
    try:
        with quiet():
            words = tokenizers.load(folder)
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(f"{known_as} holds no tokenizer that can be loaded", "choose another with --tokenizer PATH") from error
    if not isinstance(words, PreTrainedTokenizerFast):
        raise BadInput(f"{known_as} has no tokenizer.json", "choose a fast tokenizer")
    words = tokenizers.adopt(words, has_dialogues=True)
    dtype = "uint16" if len(words) <= 1 << 16 else "uint32"
    return Words(known_as, tokenizers.fingerprint(words), words, layout.of(words), dtype, words.pad_token_id or 0)


def write(splits: Mapping[str, Iterable[pl.DataFrame]], words: Words, context: int, folder: Path) -> tuple[str, dict[str, object]]:
    """Write `SPLIT-00000.npy` (tokens) and `SPLIT-00000.learn.npy` (bool), each [windows, context], and index.json into `folder`.

    Documents stand one after the other in the order they come in, opened and closed as the tokenizer's chat template does; the last
    window of a split is padded. Tokens that are not to be learnt (context, openings, padding) are False in `.learn.npy`.

    splits    name -> tables for `packing.turns_of`, in order
    folder    what an earlier build left there goes: it may be the words of people who have withdrawn since
    returns   a hash over every token and mask, and what index.json says
    """
    files.remove_tree(folder)
    folder.mkdir(parents=True)
    hashes, told = {"tokenizer": words.sha256}, list[dict[str, object]]()
    for split, tables in splits.items():
        pack = _Pack(folder, split, context, words)
        for table in tables:
            pack.add(packing.in_order(packing.turns_of(table), words.tokenizer, words.around))
        pack.close()
        hashes[split] = hashing.sha256_json(pack.hashes)
        told.append(
            {"split": split, "documents": pack.n_documents, "tokens": pack.n_tokens, "windows": pack.n_windows, "shards": pack.names}
        )
    index: dict[str, object] = {
        "tokenizer": words.name,
        "tokenizer_sha256": words.sha256,
        "vocabulary": len(words.tokenizer),
        "dtype": words.dtype,
        "context": context,
        "pad": words.pad,
        "order": "documents by row_id; a window goes on where the one before it ended",
        "splits": told,
    }
    files.write_atomic(folder / INDEX, json.dumps(index, indent=1, sort_keys=True) + "\n")
    return hashing.combine({**hashes, "context": str(context)}), index


class _Pack:
    """One split on its way into shards; keeps what does not fill a shard yet."""

    def __init__(self, folder: Path, split: str, context: int, words: Words) -> None:
        self._folder, self._split, self._context, self._words = folder, split, context, words
        self._rows = max(1, SHARD_TOKENS // context)
        self._ids: NDArray[np.int64] = np.empty(0, np.int64)
        self._learned: NDArray[np.bool_] = np.empty(0, np.bool_)
        self.names: list[str] = []
        self.hashes: list[str] = []
        self.n_tokens = self.n_windows = self.n_documents = 0

    def add(self, stream: packing.Stream) -> None:
        """More documents."""
        self.n_tokens += len(stream.ids)
        self.n_documents += stream.n_rows
        self._ids = np.concatenate([self._ids, stream.ids])
        self._learned = np.concatenate([self._learned, stream.learned])
        size = self._rows * self._context
        while len(self._ids) >= size:
            self._write(self._ids[:size], self._learned[:size])
            self._ids, self._learned = self._ids[size:], self._learned[size:]

    def close(self) -> None:
        """Write what is left, padded to whole windows."""
        missing = -len(self._ids) % self._context
        if len(self._ids):
            self._write(np.pad(self._ids, (0, missing), constant_values=self._words.pad), np.pad(self._learned, (0, missing)))

    def _write(self, ids: NDArray[np.int64], learned: NDArray[np.bool_]) -> None:
        name = f"{self._split}-{len(self.names):05d}"
        tokens = ids.astype(self._words.dtype).reshape(-1, self._context)
        mask = learned.reshape(-1, self._context)
        np.save(self._folder / f"{name}.npy", tokens)
        np.save(self._folder / f"{name}.learn.npy", mask)
        little = tokens.astype(tokens.dtype.newbyteorder("<"))
        self.hashes.append(hashing.sha256_json([hashing.sha256_bytes(little.tobytes()), hashing.sha256_bytes(mask.tobytes())]))
        self.names.append(f"{name}.npy")
        self.n_windows += len(tokens)
