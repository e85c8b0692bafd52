"""`build`: something is made from permitted rows, with a manifest that says from which."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ownwords.core.errors import Busy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import polars as pl
    from pyroaring import BitMap64

    from ownwords.core.manifest import Manifest
    from ownwords.core.product import Built, Opened
    from ownwords.verbs._house import House

_TRIES = 3
#: How long a forgetting waits for somebody who builds what it has to build again.
_PATIENCE_S = 600.0


def build(
    workspace: str | Path,
    product: str,
    *,
    purpose: str | None = None,
    name: str | None = None,
    engine: str = "polars",
    dry_run: bool = False,
    **options: object,
) -> dict[str, object]:
    """Make an artifact: a dataset, a model.

    product  dataset or model
    purpose  what it is for; the product's own purpose if left out
    name     the artifact's name; the product's if left out
    engine   polars: here; ray: on Ray, started here; ray:ADDRESS: on the Ray cluster there (docs/scale.md)
    dry_run  say what would go in, make nothing
    options  the product's own, e.g. form=, steps=
    """
    from ownwords.core import plugins
    from ownwords.core.errors import NotPermitted, Usage
    from ownwords.core.purpose import find
    from ownwords.engine.run import check_engine
    from ownwords.verbs import _resources
    from ownwords.verbs._house import House
    from ownwords.verbs._options import fill

    declared = plugins.load("product", product)
    check_engine(engine)
    wanted = find(purpose or declared.PURPOSE).name
    if wanted == "self_access":
        raise NotPermitted(
            "self_access shows people their own words; nothing is made for it", f"ownwords build {product} --purpose train_ai"
        )
    chosen = fill(declared.OPTIONS, options, f"build {product}")
    named = name or product
    if not named.replace("-", "").replace("_", "").isalnum():
        raise Usage(f"--name {named!r}: letters, digits, - and _ only", "choose another name")
    house = House.open(workspace, finish=not dry_run)
    if name and house.is_named_in(name):
        raise Usage("--name names somebody who is known here, and would stay after they are forgotten", "choose another name")
    if dry_run:
        return _plan(house, product, wanted, chosen)
    return make(house, product, wanted, named, _resources.kept(house, chosen), engine=engine)


def make(
    house: House,
    product: str,
    purpose: str,
    name: str,
    options: object,
    parents: Mapping[str, str] | None = None,
    *,
    engine: str = "polars",
    is_forgetting: bool = False,
) -> dict[str, object]:
    """Build and commit one artifact; starts again where somebody's decision changed what went in meanwhile.

    parents         artifact names to use for inputs, where not the newest of their product
    is_forgetting   a forgetting builds again: it waits for whoever is building `name`; all others wait for it to end
    raises          Busy
    """
    from ownwords.core.hashing import sha256_json
    from ownwords.verbs import _forgetting

    recipe = sha256_json([product, purpose, repr(options)])
    for _ in range(_TRIES):
        with _workshop(house, name, recipe, _PATIENCE_S if is_forgetting else 0) as out:
            made = _attempt(house, product, purpose, name, options, parents or {}, out, engine)
        if made is not None:
            return made
        for job in [] if is_forgetting else _forgetting.unfinished(house):
            _forgetting.carry_out(house, job)  # where another process is at it, this waits for it
    raise Busy("decisions kept changing while this was made; nothing was kept", f"ownwords build {product}")


def _attempt(
    house: House, product: str, purpose: str, name: str, options: object, parents: Mapping[str, str], out: Path, engine: str
) -> dict[str, object] | None:
    """Build and commit one artifact in `out`; None if somebody's decision changed what went in meanwhile."""
    from ownwords.core import plugins
    from ownwords.verbs import _resources

    declared = plugins.load("product", product)
    maker = plugins.load_part("product", product, "make")
    before = house.versions()
    try:
        inputs = _opened(house, declared.INPUTS, purpose, parents)
        read = _read_for(inputs)
        built = maker.build(inputs, out, _resources.found(house, options), None, engine)
        return _commit(house, product, purpose, name, options, inputs, read, built, out)
    except Exception:
        # Somebody was forgotten meanwhile, and with them the files this was reading or writing.
        if house.versions() == before:
            raise
        return None


def put_away(house: House) -> None:
    """Remove what builds that died wrote after a forgetting had taken their folder away."""
    from ownwords.core import files
    from ownwords.store import locks
    from ownwords.verbs import _resources

    _resources.put_away(house)
    for folder in house.workspace.tmp.glob("build-*"):
        if folder.is_dir() and not any(path.is_file() for path in folder.iterdir()):
            with locks.alone(folder.with_name(f"{folder.name}.lock")) as is_alone:
                if is_alone:
                    files.remove_tree(folder)


@contextmanager
def _workshop(house: House, name: str, recipe: str, wait_s: float) -> Iterator[Path]:
    """The folder in which `name` is made; what an interrupted build of the same recipe left there is found again.

    recipe   the name of an empty file beside what is made; a folder without one is of no use
    raises   Busy if another process makes the same for longer than `wait_s`
    """
    from ownwords.core import files
    from ownwords.store import locks

    out = house.workspace.tmp / f"build-{name}"
    with locks.alone(house.workspace.tmp / f"build-{name}.lock", wait_s) as is_alone:
        if not is_alone:
            raise Busy(f"another process is building {name}", "wait until it is done, or give yours another --name")
        if not (out / recipe).exists():
            files.remove_tree(out)
        (out / "files").mkdir(parents=True, exist_ok=True)
        (out / recipe).touch()
        for partial in out.rglob(".*.part"):
            partial.unlink()
        yield out / "files"
        files.remove_tree(out)


def _opened(house: House, wanted: Mapping[str, object], purpose: str, parents: Mapping[str, str]) -> dict[str, Opened]:
    """Every input of a product as a Dataset that the gate minted just now.

    raises   NotPermitted if nothing is allowed, naming the largest reason; NotFound if a parent is missing
    """
    from ownwords.core import clock
    from ownwords.core.errors import NotFound, NotPermitted
    from ownwords.core.permit import Question
    from ownwords.core.product import Input, Opened
    from ownwords.policy import gate
    from ownwords.verbs import _artifacts

    question = Question(purpose, clock.now())
    store = house.store()
    facts = house.facts(store=store)
    opened: dict[str, Opened] = {}
    for key, need in wanted.items():
        assert isinstance(need, Input)
        if need.product is None:
            dataset = gate.admit(store.scan(), facts, question)
            _refuse_if_nothing(dataset.permit.n_rows, dict(dataset.permit.by_rule), dataset.permit.n_allowed, purpose)
            opened[key] = Opened(dataset)
            continue
        parent = _artifacts.find(house, parents[key]) if key in parents else _artifacts.newest(house, need.product, need.where)
        if parent is None:
            raise NotFound(f"there is no {need.product} to build from", f"ownwords build {need.product}")
        rows = _rows_of(parent.folder)
        if n_owed := _artifacts.owed(house, parent):
            says = f"{parent.name}: {n_owed} of its records are no longer permitted for {purpose}, so nothing is built from it"
            raise NotPermitted(says, f"ownwords build {need.product}")
        held = store.by_numbers(_artifacts.origins(parent))
        opened[key] = Opened(gate.admit_made(rows, held, facts, question), parent)
    return opened


def _rows_of(folder: Path) -> pl.LazyFrame:
    """The rows of a dataset artifact, as a LazyFrame."""
    import polars as pl

    return pl.scan_parquet(folder / "*.parquet")


def _refuse_if_nothing(n_rows: int, by_rule: Mapping[str, int], n_allowed: int, purpose: str) -> None:
    from ownwords.core.errors import NotPermitted, Usage
    from ownwords.policy.gate import explain

    if n_allowed:
        return
    if not n_rows:
        raise Usage("there are no records in this workspace", "ownwords ingest auto PATH...")
    rule, count = max(by_rule.items(), key=lambda item: item[1])
    raise NotPermitted(
        f"nothing is permitted for {purpose}: {count} of {n_rows} records fall under rule {rule} ({explain(rule)})",
        f"ownwords permit show {purpose}",
    )


def _plan(house: House, product: str, purpose: str, options: object) -> dict[str, object]:
    """What would go in, and for products that work in steps, through which and at what cost."""
    from ownwords.core import plugins
    from ownwords.verbs.permit import permit

    shown = permit(house.workspace.root, "show", purpose)
    told = {"product": product, "purpose": purpose, **{key: shown[key] for key in ("rows", "allowed", "by_rule")}, "dry_run": True}
    outlook = getattr(plugins.load("product", product), "outlook", None)
    return told if outlook is None else {**told, **outlook(options, shown["allowed"])}


def _commit(
    house: House,
    product: str,
    purpose: str,
    name: str,
    options: object,
    inputs: Mapping[str, Opened],
    read: BitMap64,
    built: Built,
    out: Path,
) -> dict[str, object] | None:
    """Manifest, fsync, rename, ledger event; None if a decision since the gate's answer took rows back."""
    from ownwords.core import files
    from ownwords.core.hashing import sha256_json
    from ownwords.core.manifest import BITMAP, INPUTS_BITMAP, NAME
    from ownwords.store import locks

    # Files first, without the writer's place: fsync of large weights takes its time.
    (out / BITMAP).write_bytes(built.origins.serialize())
    (out / INPUTS_BITMAP).write_bytes(read.serialize())
    files.fsync_tree(out)
    with locks.writing(house.workspace.root):
        if _changed(house, inputs, read, purpose):
            return None
        artifact = f"{name}/v{_next_version(house, name)}"
        manifest = _manifest(house, artifact, product, purpose, options, inputs, built, out)
        files.write_atomic(out / NAME, manifest.to_bytes())
        folder = house.workspace.artifacts / artifact
        folder.parent.mkdir(exist_ok=True)
        files.rename(out, folder)
        house.ledger.append(
            "artifact",
            {
                "artifact": artifact,
                "product": product,
                "purpose": purpose,
                "manifest_sha256": files.sha256_file(folder / NAME),
                "content_hash": built.content_hash,
                "options_sha256": sha256_json(manifest.options),
            },
        )
        files.fault_point("build.committed")
    return {
        "artifact": artifact,
        "path": str(folder),
        "manifest": str(folder / NAME),
        "content_hash": built.content_hash,
        "metrics": dict(built.metrics),
    }


def _read_for(inputs: Mapping[str, Opened]) -> BitMap64:
    """Record numbers of every row that was read, what the parents were made from included."""
    from pyroaring import BitMap64

    from ownwords.verbs import _artifacts

    read = BitMap64()
    for opened in inputs.values():
        if opened.artifact is None:
            read |= BitMap64(opened.dataset.rows.select("record_no").collect()["record_no"])
        else:
            read |= _artifacts.inputs(opened.artifact)
    return read


def _changed(house: House, inputs: Mapping[str, Opened], read: BitMap64, purpose: str) -> bool:
    """Whether a decision, a new policy or an erasure since the gate answered touches what was read."""
    from ownwords.verbs import _artifacts

    since = min(opened.dataset.permit.ledger_seq for opened in inputs.values())
    numbers = _artifacts.in_question(house, read, since)
    return bool(numbers.len()) and not bool(_artifacts.permitted_now(house, numbers, purpose).all())


def _next_version(house: House, name: str) -> int:
    from ownwords.verbs import _artifacts

    made = [_artifacts.artifact_of(event).rpartition("/v") for event in house.ledger.events("artifact")]
    return 1 + max((int(version) for made_name, _, version in made if made_name == name), default=0)


def _manifest(
    house: House, artifact: str, product: str, purpose: str, options: object, inputs: Mapping[str, Opened], built: Built, out: Path
) -> Manifest:
    from dataclasses import asdict

    from ownwords.core import clock, files
    from ownwords.core.manifest import BITMAP, NAME, Manifest
    from ownwords.core.version import __version__

    settings = asdict(options)  # type: ignore[call-overload]
    parents: dict[str, dict[str, object]] = {}
    for key, opened in inputs.items():
        if opened.artifact is None:
            parents[key] = {"store_version": opened.dataset.permit.store_version}
        else:
            parents[key] = {"artifact": opened.artifact.name, "content_hash": opened.artifact.manifest.content_hash}
    outputs = {
        str(path.relative_to(out)): files.sha256_file(path) for path in sorted(out.rglob("*")) if path.is_file() and path.name != NAME
    }
    return Manifest(
        artifact=artifact,
        product=product,
        purpose=purpose,
        options=settings,
        inputs=parents,
        permit=next(iter(inputs.values())).dataset.permit.to_json(),
        steps=[step.to_json() for step in built.steps],
        metrics=dict(built.metrics),
        content_hash=built.content_hash,
        origins={"file": BITMAP, "n": len(built.origins)},
        outputs=outputs,
        seed=int(settings.get("seed", 0)),
        code_version=__version__,
        made_at=clock.to_text(clock.now()),
        on_withdrawal=house.policy().on_withdrawal,
        resources={key: dict(value) for key, value in built.resources.items()},
    )
