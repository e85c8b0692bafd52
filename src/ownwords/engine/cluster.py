"""Steps on Ray: the same functions on parts of the rows, on as many machines as there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import polars as pl

from ownwords.core import files
from ownwords.core.errors import Fault
from ownwords.core.progress import teller
from ownwords.engine import here

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa
    from polars.io.partition import FileProviderArgs
    from ray.data import Dataset as Blocks

    from ownwords.engine.run import Rows

#: Rows of one part as they come from the gate, which is what one worker holds at a time; more, rather than more parts than
#: `_MOST_PARTS`, because what moves between workers is cut into parts times parts.
ROWS_A_PART, _MOST_PARTS = 100_000, 1_000
#: Of these, each with the number of the part: what is done to it.
Change = Callable[[pl.LazyFrame, int], pl.LazyFrame]
#: More groups than parts, so that parts are even.
_GROUPS_A_PART = 16
_GROUP, _PART = "_group", "_part"


@contextmanager
def opened(address: str, scratch: Path, n_rows: int) -> Iterator[Callable[[pl.LazyFrame], Rows]]:
    """Ray, for as long as this lasts; what it yields takes rows into Ray's hands.

    address   local: Ray is started here, for this alone; else a cluster that is there, and `scratch` a folder all its machines see
    n_rows    about how many rows there will be
    raises    MissingExtra where Ray is not installed, Fault for what fails inside Ray
    """
    from ownwords.engine import _ray

    with _ray.started(address, scratch):
        try:
            yield lambda rows: _dealt(rows, scratch, max(ROWS_A_PART, n_rows // _MOST_PARTS))
        except _ray.errors() as error:
            raise _ray.explained(error) from error


@dataclass(frozen=True, slots=True)
class Parts:
    """Rows in the files of one folder, and what is still to be done to each; see `engine.run.Rows`.

    folder    on a cluster, shared: NUMBER.arrow; number 0 is empty, and says which columns there are
    changes   what workers do to the rows of one file after reading them
    """

    folder: Path
    changes: tuple[Change, ...] = ()

    def each(self, change: Callable[[pl.LazyFrame], pl.LazyFrame]) -> Self:
        """One more thing to do to each part."""
        return type(self)(self.folder, (*self.changes, lambda rows, part: change(rows)))

    def told(self, change: Callable[[pl.LazyFrame, pl.LazyFrame], pl.LazyFrame], decisions: Path) -> Self:
        """One more thing to do to each part, with the decisions about this part alone."""

        def tell(rows: pl.LazyFrame, part: int) -> pl.LazyFrame:
            own = _file(decisions, part)
            return change(rows, pl.scan_ipc(own if own.exists() else _file(decisions, 0)))

        return type(self)(self.folder, (*self.changes, tell))

    def kept(self, path: Path, task: str, n_rows: int | None) -> Self:
        """Each part is changed by itself; what an interrupted run did is not done again."""
        path.mkdir(exist_ok=True)

        def work(part: int) -> pl.DataFrame:
            target = _file(path, part)
            if not here.is_whole(target):
                here.sink(self._changed(part), target)
            return pl.scan_ipc(target).select(pl.len().alias("n")).collect()

        _done(_over(self.folder, work), task, n_rows)
        return type(self)(path)

    def together(self, key: str, change: Callable[[pl.LazyFrame], pl.LazyFrame], path: Path, task: str, n_rows: int) -> Self:
        """Rows go over the network, grouped by a hash of `key`."""
        return self._met(pl.col(key), lambda rows: change(rows.lazy()), _as_one, path, task, n_rows)

    def decided(
        self,
        read: Callable[[pl.LazyFrame], pl.LazyFrame],
        decide: Callable[[pl.LazyFrame], pl.LazyFrame],
        key: str | None,
        path: Path,
        task: str,
        n_rows: int,
    ) -> Path:
        """Narrow rows go to where the others of their key are, and decisions go back to the part that the row is in.

        Without a key, narrow rows are all looked at together by the process that runs this.
        """

        def numbered_by(rows: pl.LazyFrame, part: int) -> pl.LazyFrame:
            found = read(rows).with_columns(pl.lit(part, pl.UInt32).alias(_PART))
            return found.explode(key) if key and isinstance(found.collect_schema()[key], pl.List) else found

        numbered = type(self)(self.folder, (*self.changes, numbered_by))

        def decide_here(rows: pl.LazyFrame) -> pl.LazyFrame:
            homes = rows.select("record_no", _PART).unique()
            return decide(rows.drop(_PART)).join(homes, on="record_no")

        if here.is_whole(path):
            return path
        narrow, found = path.with_name(f"{path.name}-narrow"), path.with_name(f"{path.name}-found")
        if key is None:
            numbered.kept(narrow, task, n_rows)
            _sink_parted(decide_here(here.scanned(narrow)), path, _PART)
        else:
            met = numbered.together(key, decide_here, found, task, n_rows)
            met._met(pl.col(_PART), lambda rows: rows.lazy(), _by_part, path, "", None)
        files.remove_tree(narrow)
        files.remove_tree(found)
        return path

    def noted(self, look: Callable[[pl.LazyFrame], pl.LazyFrame], path: Path) -> pl.LazyFrame:
        """Each part by itself."""
        self.each(look).kept(path, "", None)
        return here.scanned(path)

    def columns(self) -> list[str]:
        """What the parts have after all that is to be done to them."""
        return self._changed(0).collect_schema().names()

    def lazy(self) -> pl.LazyFrame:
        """All parts as one query of this process."""
        return pl.concat([self._changed(part) for part in _parts(self.folder)])

    def _changed(self, part: int) -> pl.LazyFrame:
        rows = pl.scan_ipc(_file(self.folder, part))
        for change in self.changes:
            rows = change(rows, part)
        return rows

    def _met(
        self,
        key: pl.Expr,
        change: Callable[[pl.DataFrame], pl.LazyFrame],
        write: Callable[[pl.LazyFrame, Path, int], None],
        path: Path,
        task: str,
        n_rows: int | None,
    ) -> Self:
        """Rows of one `key` are brought to one worker, which changes and writes them."""
        if here.is_whole(path):
            return type(self)(path)
        n_parts = len(_parts(self.folder))
        group = (1 + key.hash() % (n_parts * _GROUPS_A_PART)).cast(pl.UInt32).alias(_GROUP)
        grouped = type(self)(self.folder, (*self.changes, lambda rows, part: rows.with_columns(group)))
        schema = grouped._changed(0).collect_schema()
        partial = path.with_name(f"{path.name}.part")
        files.remove_tree(partial)
        partial.mkdir()

        def meet(table: pa.Table) -> pa.Table:
            rows = _frame(table, schema)
            groups = rows[_GROUP].unique().sort()
            if rows.height:
                write(change(rows.drop(_GROUP)), partial, groups[0])
            return _table(pl.DataFrame({"n": [rows.height], "groups": [groups]}, schema={"n": pl.UInt32, "groups": pl.List(pl.UInt32)}))

        blocks = _over(self.folder, lambda part: grouped._changed(part).collect(engine="streaming"))
        done = blocks.repartition(n_parts, keys=[_GROUP]).map_batches(meet, batch_format="pyarrow", batch_size=None, zero_copy_batch=True)
        told = _done(done, task, n_rows)
        if told and pl.concat(told)["groups"].explode(empty_as_null=False).is_duplicated().any():
            raise Fault("Ray took apart rows that belong together", "ownwords build --engine polars")
        write(change(pl.DataFrame(schema=schema).drop(_GROUP)), partial, 0)
        here.seal(partial, path)
        return type(self)(path)


def _dealt(rows: pl.LazyFrame, scratch: Path, rows_a_part: int) -> Parts:
    """The rows that the gate lets through, in parts; the gate is asked by this process."""
    folder = scratch / "00-rows"
    if not folder.exists():
        _sink_parted(rows, folder, rows_a_part=rows_a_part)
    return Parts(folder)


def _sink_parted(rows: pl.LazyFrame, folder: Path, column: str | None = None, rows_a_part: int | None = None) -> None:
    """Rows as files of a folder: so many in each, or one file for each number in `column`."""
    partial = folder.with_name(f"{folder.name}.part")
    files.remove_tree(partial)
    partial.mkdir()

    def named(file: FileProviderArgs) -> str:
        return _file(folder, file.index_in_partition + 1 if column is None else file.partition_keys.item()).name

    parted = pl.PartitionBy(
        partial,
        file_path_provider=named,
        key=column,
        include_key=False if column else None,
        max_rows_per_file=rows_a_part,
        approximate_bytes_per_file=None,
    )
    here.written(rows, parted)
    here.sink(pl.LazyFrame(schema=rows.collect_schema()).drop(column or []), _file(partial, 0))
    here.seal(partial, folder)


def _as_one(rows: pl.LazyFrame, folder: Path, number: int) -> None:
    here.sink(rows, _file(folder, number))


def _by_part(rows: pl.LazyFrame, folder: Path, number: int) -> None:
    for (part,), own in rows.collect(engine="streaming").partition_by(_PART, as_dict=True, include_key=False).items():
        here.sink(own.lazy(), _file(folder, part))
    if number == 0:
        here.sink(rows.drop(_PART), _file(folder, 0))


def _file(folder: Path, part: int) -> Path:
    return folder / f"{part:08d}.arrow"


def _parts(folder: Path) -> list[int]:
    return sorted(int(path.stem) for path in folder.glob("*.arrow"))


def _over(folder: Path, work: Callable[[int], pl.DataFrame]) -> Blocks:
    """What `work` makes of each part, one worker a part."""
    import pyarrow as pa
    from ray import data

    def batch(table: pa.Table) -> pa.Table:
        return pa.concat_tables([_table(work(part)) for part in table["part"].to_pylist()])

    numbers = [{"part": part} for part in _parts(folder)]
    return data.from_items(numbers, override_num_blocks=len(numbers)).map_batches(batch, batch_format="pyarrow", batch_size=None)


def _done(blocks: Blocks, task: str, n_rows: int | None) -> list[pl.DataFrame]:
    """Carry it out; what each worker tells of its part, `n` rows in it, told on as they come in."""
    tell, n_done = teller(), 0
    told: list[pl.DataFrame] = []
    for table in blocks.iter_batches(batch_format="pyarrow", batch_size=None):
        said = pl.DataFrame(table)
        told.append(said)
        n_done += int(said["n"].sum())
        if task:
            tell(task, n_done, n_rows, "")
    return told


def _table(rows: pl.DataFrame) -> pa.Table:
    """For Ray, in the types of Arrow that all of it knows."""
    return rows.to_arrow(compat_level=pl.CompatLevel.oldest())


def _frame(table: pa.Table, schema: pl.Schema) -> pl.DataFrame:
    """From Ray, which loses the columns of blocks without rows."""
    if not table.num_rows:
        return pl.DataFrame(schema=schema)
    return pl.DataFrame(table).cast(schema).select(schema.names())
