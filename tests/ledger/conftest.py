import uuid
from pathlib import Path

import pytest
import sqlalchemy as sa

from ledger.server import Server
from ownwords.core import sql
from ownwords.ledger import Keys, Ledger

POSTGRES = pytest.mark.xdist_group("postgres")


@pytest.fixture(scope="session")
def server():
    """One PostgreSQL server for all tests of a worker; skips, saying why, where there can be none."""
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys.create(tmp_path / "keys")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=POSTGRES)])
def where(request, tmp_path: Path) -> Path | str:
    """Where a ledger may be made: a folder, or the URL of an empty schema."""
    if request.param == "sqlite":
        return tmp_path
    return request.getfixturevalue("server").schema(f"s{uuid.uuid4().hex}")


@pytest.fixture
def ledger(where: Path | str, keys: Keys):
    ledger = Ledger.create(where, keys)
    yield ledger
    ledger.close()


@pytest.fixture
def another(request, where, tmp_path):
    """Gives an empty place of the same kind as the ledger's."""

    def make(name):
        if isinstance(where, Path):
            (tmp_path / name).mkdir()
            return tmp_path / name
        return request.getfixturevalue("server").schema(f"{name}{uuid.uuid4().hex}")

    return make


@pytest.fixture
def behind(ledger):
    """Runs SQL behind the ledger's back."""

    def run(*statements):
        with sql.writing(ledger._engine) as connection:
            for statement in statements:
                if not sql.is_sqlite(ledger._engine):
                    statement = statement.replace("zeroblob(32)", "decode(repeat('00', 32), 'hex')")
                connection.execute(sa.text(statement.replace(":", "\\:")))

    return run


@pytest.fixture
def raw_bytes(request, where):
    """Gives all bytes that the ledger's database keeps on disk."""

    def read():
        if isinstance(where, Path):
            return b"".join(path.read_bytes() for path in sorted(where.glob("ledger.db*")))
        return request.getfixturevalue("server").all_bytes()

    return read
