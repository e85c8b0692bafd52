"""Rows to one stream of tokens, and the stream to windows of equal length."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import torch

from ownwords.models import tokenizer as tokenizers

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from transformers import PreTrainedTokenizerFast

    from ownwords.models.layout import Layout

IGNORED = -100
_TEXTS_AT_A_TIME = 20_000
_TURNS = pl.List(pl.Struct({"speaker": pl.Int32, "text": pl.String, "learn": pl.Boolean}))


@dataclass(frozen=True, slots=True)
class Stream:
    """Documents one after the other.

    ids       int64[T]: tokens
    learned   bool[T]: whether the model is taught to write this token; context and openings are not
    n_rows    documents
    n_bytes   UTF-8 bytes of the learned turns
    """

    ids: NDArray[np.int64]
    learned: NDArray[np.bool_]
    n_rows: int
    n_bytes: int

    @property
    def n_learned(self) -> int:
        """Tokens the model is taught, or scored on."""
        return int(self.learned[1:].sum())

    def first(self, n_tokens: int) -> Stream:
        """The first documents, cut after `n_tokens`; their bytes in proportion to the learned tokens kept."""
        if len(self.ids) <= n_tokens:
            return self
        kept = Stream(self.ids[:n_tokens], self.learned[:n_tokens], self.n_rows, 0)
        return replace(kept, n_bytes=round(self.n_bytes * kept.n_learned / max(self.n_learned, 1)))


def turns_of(rows: pl.DataFrame) -> pl.DataFrame:
    """One row a turn, documents in the order of `row_id`.

    rows      table[R]: row_id, and text, or turns, or both (no turns, null or empty: the text is the one turn); or messages in `prompt`
              and `completion` or `chosen`, of which the last alone is learnt
    returns   table[N]: doc int (place by row_id), turn int, is_user bool, is_same bool (speaker goes on), is_last bool, n_turns int,
              text string, learn bool
    """
    if "prompt" in rows.columns:
        rows = rows.with_columns(_answered("completion" if "completion" in rows.columns else "chosen").alias("turns"))
    for name, dtype in (("text", pl.String), ("turns", _TURNS)):
        rows = rows if name in rows.columns else rows.with_columns(pl.lit(None, dtype).alias(name))
    alone = pl.concat_list(pl.struct(pl.lit(0, pl.Int32).alias("speaker"), pl.col("text").alias("text"), pl.lit(True).alias("learn")))
    has_turns = pl.col("turns").list.len().fill_null(0) > 0
    return (
        rows.sort("row_id")
        .with_row_index("doc")
        .select("doc", pl.when(has_turns).then(pl.col("turns").cast(_TURNS)).otherwise(alone).alias("turn"))
        .explode("turn")
        .select("doc", pl.col("turn").struct.unnest())
        .with_columns(pl.col("text").fill_null(""), pl.col("learn").fill_null(False), pl.col("speaker").fill_null(-1))
        .with_columns(
            pl.int_range(pl.len()).over("doc").alias("turn"),
            pl.len().over("doc").alias("n_turns"),
            (pl.col("speaker") == pl.col("speaker").first()).over("doc").alias("is_user"),
            (pl.col("speaker") == pl.col("speaker").shift(1)).over("doc").fill_null(False).alias("is_same"),
        )
        .with_columns((pl.col("turn") == pl.col("n_turns") - 1).alias("is_last"))
        .drop("speaker")
    )


def _answered(answer: str) -> pl.Expr:
    """Turns of a prompt and its answer, without the empty message that stands for nothing said before."""
    message = pl.element().struct
    speaker = (message.field("role") == "assistant").cast(pl.Int32).alias("speaker")
    said = pl.concat_list("prompt", answer).list.eval(
        pl.struct(speaker, message.field("content").alias("text"), (pl.int_range(pl.len()) == pl.len() - 1).alias("learn"))
    )
    return said.list.eval(pl.element().filter(message.field("learn") | (message.field("text") != "")))


def tokenise(turns: pl.DataFrame, tokenizer: PreTrainedTokenizerFast, around: Layout, seed: int) -> Stream:
    """The turns as one stream, documents in an order that depends on `seed` and their number alone.

    turns   table[N] of `turns_of`
    """
    n_rows = turns["doc"].n_unique()
    order = torch.randperm(n_rows, generator=torch.Generator().manual_seed(seed)).numpy()
    places = pl.DataFrame({"doc": np.arange(n_rows, dtype=np.uint32), "place": order})
    turns = turns.join(places, on="doc", maintain_order="left").sort("place", "turn", maintain_order=True)
    return in_order(turns, tokenizer, around)


def in_order(turns: pl.DataFrame, tokenizer: PreTrainedTokenizerFast, around: Layout) -> Stream:
    """The turns as one stream, documents as they come.

    turns   table[N] of `turns_of`
    """
    n_rows = turns["doc"].n_unique()
    texts = turns["text"].to_list()
    batches = (texts[k : k + _TEXTS_AT_A_TIME] for k in range(0, len(texts), _TEXTS_AT_A_TIME))
    encoded = [ids for batch in batches for ids in tokenizers.encode(tokenizer, batch)]
    openings = (around.post_open, around.chat_open, around.answer, around.back, around.more)
    markers = (*openings, around.post_end, around.user_end, around.chat_end)
    bank, starts, lengths = _bank([*markers, *encoded])
    segments, learned = _segments(turns, len(markers))
    gathered, counts = _gather(bank, starts[segments], lengths[segments])
    n_bytes = turns.filter(pl.col("learn"))["text"].str.len_bytes().sum()
    return Stream(gathered, np.repeat(learned, counts), n_rows, int(n_bytes))


def windows(stream: Stream, context: int, pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs and targets, each int64[W, context]: every token but the first of the stream is a target once; IGNORED where not learned."""
    n = max(len(stream.ids) - 1, 0)
    n_windows = -(-n // context)
    inputs = np.full(n_windows * context, pad, np.int64)
    targets = np.full(n_windows * context, IGNORED, np.int64)
    inputs[:n] = stream.ids[:n]
    targets[:n] = np.where(stream.learned[1:], stream.ids[1:], IGNORED)[:n]
    return torch.from_numpy(inputs).view(n_windows, context), torch.from_numpy(targets).view(n_windows, context)


def _segments(turns: pl.DataFrame, n_markers: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Three segments a turn, in order: the marker before it, its text, and (after the last) the marker that ends the document.

    returns   int64[3N - (turns that are not last)]: index into markers and texts; bool, same length: whether it is learned.
              The marker after a turn is learned with that turn: that one has finished is part of what is said.
    """
    alone, last, user, same, learn = (turns[name].to_numpy() for name in ("n_turns", "is_last", "is_user", "is_same", "learn"))
    alone = alone == 1
    first = turns["turn"].to_numpy() == 0
    opening = np.select([first & alone, first, same, ~user], [0, 1, 4, 2], default=3)
    ending = np.select([alone, user], [5, 6], default=7)
    text = n_markers + np.arange(len(turns))
    learned_before = np.concatenate([[False], learn[:-1]]) & ~first if len(turns) else learn
    keep = np.stack([np.ones_like(last), np.ones_like(last), last], axis=1).ravel()
    segments = np.stack([opening, text, ending], axis=1).ravel()[keep]
    learned = np.stack([learned_before, learn, learn], axis=1).ravel()[keep]
    return segments.astype(np.int64), learned.astype(np.bool_)


def _bank(pieces: list[list[int] | tuple[int, ...]]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """All pieces end to end, with the start and length of each."""
    lengths = np.fromiter(map(len, pieces), np.int64, len(pieces))
    total = int(lengths.sum())
    bank = np.fromiter(chain.from_iterable(pieces), np.int64, total)
    return bank, np.cumsum(lengths) - lengths, lengths


def _gather(bank: NDArray[np.int64], starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The pieces named by start and length, end to end, and their lengths."""
    total = int(lengths.sum())
    within = np.arange(total) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return bank[np.repeat(starts, lengths) + within], lengths
