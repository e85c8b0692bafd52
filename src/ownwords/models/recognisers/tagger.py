"""Persons, places and organisations by a token-classification model of transformers, from a folder or the hub."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from ownwords.core.errors import BadInput, Usage
from ownwords.models import extra

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ownwords.core.schemas import Columns

_KINDS = {"PER": "person", "PERSON": "person", "LOC": "place", "LOCATION": "place", "GPE": "place", "FAC": "place"}
_KINDS |= {"ORG": "organisation", "ORGANIZATION": "organisation", "CORPORATION": "organisation", "GROUP": "organisation"}
_SPANS: Columns = {"row": pl.Int64, "start": pl.Int64, "end": pl.Int64, "kind": pl.String}
_AT_A_TIME = 32
#: Tokens that the windows of a long text share, so that a name at an edge is whole in one of them.
_SHARED = 32


def find(texts: pl.Series, where: str) -> pl.DataFrame:
    """As every recogniser; `where` is a folder of a model, or its name on the hub.

    Texts longer than the model reads are cut into windows that overlap. Two machines may differ where two labels are as good as equal.

    raises   MissingExtra without torch and transformers, Usage without `where`, BadInput for a model that tells no persons or places
    """
    check(where)
    tokenizer, model, kinds = _loaded(where)
    parts = [_found(texts[at : at + _AT_A_TIME].to_list(), at, tokenizer, model, kinds) for at in range(0, len(texts), _AT_A_TIME)]
    tokens = pl.concat([pl.DataFrame(schema={**_SPANS, "is_first": pl.Boolean}), *parts])
    return _joined(tokens.unique(["row", "start"], keep="first", maintain_order=True).sort("row", "start"))


def check(where: str) -> None:
    """That there is something to work with: packages, and a model's name.

    raises   MissingExtra without torch and transformers, Usage without `where`
    """
    extra.require("recognising names")
    if not where:
        raise Usage("recogniser 'tagger' was given no model", "name one: recogniser=tagger:FOLDER, or a name on the hub")


def revision(where: str) -> str:
    """Which version of a model on the hub has been fetched; empty if none has."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(where, "config.json")
    return Path(found).parent.name if isinstance(found, str) else ""


@lru_cache(maxsize=2)
def _loaded(where: str) -> tuple[Any, Any, dict[int, tuple[str, bool]]]:
    """Tokenizer, model, and {label number: (kind, whether a name begins there)} of the labels that count."""
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    from ownwords.models.quiet import quiet

    try:
        with quiet():
            tokenizer = AutoTokenizer.from_pretrained(where, use_fast=True)
            model = AutoModelForTokenClassification.from_pretrained(where).eval()
    except (OSError, ValueError) as error:
        raise BadInput("the model of recogniser 'tagger' cannot be read", "name a folder with a token-classification model") from error
    labels = {int(number): str(label).upper() for number, label in model.config.id2label.items()}
    parted = {number: label.partition("-")[::2] if "-" in label else ("I", label) for number, label in labels.items()}
    kinds = {number: (_KINDS[name], prefix in ("B", "S", "U")) for number, (prefix, name) in parted.items() if name in _KINDS}
    if not kinds or not tokenizer.is_fast:
        raise BadInput("the model of recogniser 'tagger' has no labels for persons, places or organisations", "name another model")
    return tokenizer, model, kinds


def _found(texts: Sequence[str], at: int, tokenizer: Any, model: Any, kinds: dict[int, tuple[str, bool]]) -> pl.DataFrame:
    """table[row, start, end, kind, is_first]: the tokens of a few texts that have a label that counts; `at` is the first one's row."""
    import torch

    longest = min(tokenizer.model_max_length, getattr(model.config, "max_position_embeddings", 512))
    windows = tokenizer(
        list(texts), return_offsets_mapping=True, return_overflowing_tokens=True, truncation=True, max_length=longest,
        stride=min(_SHARED, longest // 4), padding=True, return_tensors="pt",
    )  # fmt: skip
    row, places = windows.pop("overflow_to_sample_mapping"), windows.pop("offset_mapping")
    with torch.inference_mode():
        label = model(**{name: each.to(model.device) for name, each in windows.items()}).logits.argmax(-1).cpu()  # [W, T]
    flat = pl.DataFrame(
        {
            "row": (row + at).unsqueeze(1).expand_as(label).flatten().numpy(),
            "start": places[..., 0].flatten().numpy(),
            "end": places[..., 1].flatten().numpy(),
            "label": label.flatten().numpy(),
        }
    )
    numbers = list(kinds)
    named = flat.filter(pl.col("label").is_in(numbers) & (pl.col("end") > pl.col("start")))
    kind = pl.col("label").replace_strict(numbers, [kinds[number][0] for number in numbers], return_dtype=pl.String)
    is_first = pl.col("label").replace_strict(numbers, [kinds[number][1] for number in numbers], return_dtype=pl.Boolean)
    return named.select(pl.col("row", "start", "end").cast(pl.Int64), kind.alias("kind"), is_first.alias("is_first"))


def _joined(tokens: pl.DataFrame) -> pl.DataFrame:
    """Tokens side by side of one kind as one name, unless a name begins between them; part of a word never begins one."""
    touches = pl.col("start") <= pl.col("end").shift(1)
    is_near = (pl.col("row") == pl.col("row").shift(1)) & (pl.col("kind") == pl.col("kind").shift(1))
    goes_on = is_near & (touches | (pl.col("start") == pl.col("end").shift(1) + 1) & ~pl.col("is_first"))
    names = tokens.with_columns((~goes_on).fill_null(value=True).cum_sum().alias("name"))
    joined = names.group_by("name", maintain_order=True).agg(
        pl.col("row").first(), pl.col("start").first(), pl.col("end").max(), pl.col("kind").first()
    )
    return joined.select(*_SPANS)
