"""Mutants that change no answer, and why: whoever changes the code finds here which of the new ones to look at."""

SETTLED_BEFORE = "a record that does not say so is stopped by rule 1, which is the reason already"
ORDER = "only the order of rows that are looked up by number or joined"
SHORT_CUT = "only saves work: without it every record is looked at by itself, with the same answer"

EQUIVALENT = {
    "minor.applies: pl.col('category').is_in(['face', 'voice']).fill_null(True)"
    " -> pl.col('category').is_in(['face', 'voice']).fill_null(False)": SETTLED_BEFORE,
    "never.applies: (pl.col('visibility') == 'followers').fill_null(False) -> (pl.col('visibility') == 'followers').fill_null(True)": (
        "without the author's own word rule 1 is the reason; with it neither form applies"
    ),
    "never.applies: pl.col('state').is_in(['deleted', 'withheld']).fill_null(False)"
    " -> pl.col('state').is_in(['deleted', 'withheld']).fill_null(True)": SETTLED_BEFORE,
    "others_words.applies: pl.col('_cleared').fill_null(False) -> pl.col('_cleared').fill_null(True)": "the gate always fills this column",
    "others_words.applies: (pl.col('category') == 'repost').fill_null(False)"
    " -> (pl.col('category') == 'repost').fill_null(True)": SETTLED_BEFORE,
    "otherwise.applies: pl.lit(True) -> pl.lit(False)": "nobody asks rule 11 whether it applies: it decides where no other does",
    "special_category.applies: pl.col('category').is_in(BIOMETRIC).fill_null(False)"
    " -> pl.col('category').is_in(BIOMETRIC).fill_null(True)": SETTLED_BEFORE,
    "unresolved.applies: pl.col('created_at').is_null() | pl.col('visibility').is_null() -> pl.col('created_at').is_null()": (
        "an unknown visibility makes the comparison after it null, which counts against the record as well"
    ),
    "standing.beside_of: self.scoped.is_empty() or not known['_scoped'].any()"
    " -> self.scoped.is_empty() and (not known['_scoped'].any())": SHORT_CUT,
    "standing.beside_of: self.scoped.is_empty() or not known['_scoped'].any() -> self.scoped.is_empty()": SHORT_CUT,
    "standing.beside_of: self.scoped.is_empty() or not known['_scoped'].any() -> not known['_scoped'].any()": SHORT_CUT,
    "standing.of: live.filter(of_scoped) -> live": SHORT_CUT,
    "standing.beside_of: keys.filter(known['_scoped']) -> keys": SHORT_CUT,
    "standing.of: live.filter(pl.any_horizontal((pl.col(name).is_not_null() for name in _SCOPE))) -> live": SHORT_CUT,
    "standing._collapse: pl.col('own') & ~pl.col('dead') -> pl.col('own')": (
        "an own word of the dead is a directive already, as long as no purpose is granted by another's name"
    ),
    "standing.of: pl.repeat(False, n_people, eager=True) -> pl.repeat(True, n_people, eager=True)": SHORT_CUT,
    "standing._described: maintain_order=True -> maintain_order=False": ORDER,
    "standing._latest: maintain_order=True -> maintain_order=False": ORDER,
    "standing._live: said.filter(~alone) -> said": "what stands alone is told twice, and counts once",
    "standing._live: -1 -> -2": "any number below those of the ledger's events",
    "standing._live: pl.col('denies') & told_by_others -> told_by_others": "only denials are asked whether they can be replaced",
}
