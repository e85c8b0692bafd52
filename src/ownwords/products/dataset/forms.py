"""The forms a dataset's rows take: plain text, conversations, prompts with completions, and preferences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from ownwords.core.schemas import Columns

TURN = pl.Struct({"speaker": pl.Int32, "text": pl.String, "learn": pl.Boolean, "record_id": pl.String})
#: What the steps hand over: one row a dialogue, a single post being a dialogue of one turn.
#: row_id is the record id of the first learnt turn; people are account ids, origins record numbers.
DIALOGUES: Columns = {
    "row_id": pl.String,
    "split": pl.String,
    "created_at": pl.Datetime("us", "UTC"),
    "network": pl.String,
    "terms": pl.String,
    "language": pl.String,
    "turns": pl.List(TURN),
    "people": pl.List(pl.String),
    "origins": pl.List(pl.Int64),
}
SPLITS = ("train", "held_out")
#: Columns that tell what is to be learnt; those of them that a form has.
TOLD = ("text", "turns", "prompt", "completion", "chosen")
UNKNOWN_LANGUAGE, UNKNOWN = "und", "unknown"

_MESSAGE = pl.Struct({"role": pl.String, "content": pl.String})
_MESSAGES = pl.List(_MESSAGE)
_SPOKEN = pl.List(pl.Struct({"speaker": pl.Int32, "text": pl.String, "learn": pl.Boolean}))
_OF_EVERY_ROW: Columns = {
    "row_id": pl.String,
    "split": pl.String,
    "network": pl.String,
    "terms": pl.String,
    "language": pl.String,
    "record_ids": pl.List(pl.String),
    "origins": pl.List(pl.Int64),
}
_OF_A_FORM: dict[str, Columns] = {
    "flat": {"text": pl.String},
    "conversations": {"messages": _MESSAGES, "turns": _SPOKEN},
    "prompt_completion": {
        "prompt": _MESSAGES,
        "completion": _MESSAGES,
        "instruction": pl.String,
        "output": pl.String,
    },
    "preference": {
        "prompt": _MESSAGES,
        "chosen": _MESSAGES,
        "rejected": _MESSAGES,
        "chosen_message": _MESSAGE,
        "rejected_message": _MESSAGE,
    },
}
FORMS = tuple(_OF_A_FORM)


def columns(form: str) -> Columns:
    """Names and types of the columns of a form in Parquet, by name; JSON lines have the same but `origins`."""
    return dict(sorted({**_OF_EVERY_ROW, **_OF_A_FORM[form]}.items()))


def shaped(rows: pl.DataFrame, form: str) -> pl.DataFrame:
    """DIALOGUES (for `preference` with `rejected`) in, `columns(form)` out, in the order of `rows`.

    text             the turns, one a line
    messages         role (user, assistant) and content: the last speaker is the assistant, everyone else the user; neighbouring turns
                     of one role are one message. The user comes first, as chat templates want it: with an empty message where the
                     assistant began
    prompt           all messages but the last, which is `completion`, or `chosen`
    instruction      the prompt as text, one message a line, and `output`, the completion as text: some trainers take no messages here
    chosen_message   the same answer as one message, not a list of one: trainers differ
    record_ids       of the turns in their order (null: a turn that was withheld); of a preference, then that of the rejected answer
    unknown          language `und`, network and terms `unknown`: readers of JSON lines guess types, and null has none
    """
    rows = rows.with_columns(
        _field("record_id").alias("record_ids"),
        pl.col("language").fill_null(UNKNOWN_LANGUAGE),
        pl.col("network", "terms").fill_null(UNKNOWN),
    )
    if form == "flat":
        rows = rows.with_columns(_field("text").list.join("\n").alias("text"))
    else:
        rows = rows.with_columns(messages(rows["turns"]).alias("messages"))
    if form == "preference":
        other = pl.struct(pl.lit("assistant").alias("role"), pl.col("rejected").struct.field("text").alias("content"))
        rows = rows.with_columns(
            other.alias("rejected_message"),
            pl.concat_list("record_ids", pl.col("rejected").struct.field("record_id")).alias("record_ids"),
        )
    prompt = pl.col("messages").list.head(pl.col("messages").list.len() - 1)
    made = {
        "prompt": prompt,
        "instruction": prompt.list.eval(pl.element().struct.field("content")).list.join("\n"),
        "output": pl.col("messages").list.last().struct.field("content"),
        "completion": pl.col("messages").list.tail(1),
        "chosen": pl.col("messages").list.tail(1),
        "rejected": pl.concat_list("rejected_message"),
        "chosen_message": pl.col("messages").list.last(),
    }
    return rows.select(made.get(name, pl.col(name)).cast(dtype).alias(name) for name, dtype in columns(form).items())


def messages(turns: pl.Series) -> pl.Series:
    """list[struct(role, content)] of each row of `turns`, as `shaped` says."""
    last = turns.list.last().struct.field("speaker")
    said = pl.DataFrame({"row": pl.int_range(len(turns), eager=True), "turn": turns}).explode("turn", empty_as_null=False).unnest("turn")
    is_last_speaker = (pl.col("speaker") == last.gather(said["row"])).fill_null(False)
    role = pl.when(is_last_speaker).then(pl.lit("assistant")).otherwise(pl.lit("user"))
    said = said.select("row", role.alias("role"), pl.col("text").fill_null("").alias("content"))
    begins = (pl.col("row") != pl.col("row").shift(1)) | (pl.col("role") != pl.col("role").shift(1))
    said = said.with_columns(begins.fill_null(True).alias("begins")).with_columns(pl.col("begins").cum_sum().alias("message"))
    several = said.filter(~pl.col("begins") | ~pl.col("begins").shift(-1, fill_value=True))
    joined = several.group_by("message", maintain_order=True).agg(pl.col("content").str.join("\n").alias("joined"))
    one_each = (
        said.filter("begins")
        .join(joined, on="message", how="left", maintain_order="left")
        .select("row", "role", pl.coalesce("joined", "content").alias("content"))
    )
    is_first = (pl.col("row") != pl.col("row").shift(1)).fill_null(True)
    openers = one_each.filter(is_first & (pl.col("role") == "assistant")).with_columns(role=pl.lit("user"), content=pl.lit(""))
    whole = pl.concat([openers, one_each]).sort("row", maintain_order=True)  # a list made of two, row by row, takes ten times as long
    listed = whole.group_by("row", maintain_order=True).agg(pl.struct("role", "content").alias("messages"))
    rows = pl.DataFrame({"row": pl.int_range(len(turns), eager=True)})
    return rows.join(listed, on="row", how="left", maintain_order="left")["messages"].cast(_MESSAGES)


def _field(name: str) -> pl.Expr:
    """list: one field of every turn."""
    return pl.col("turns").list.eval(pl.element().struct.field(name))
