import sqlite3
import threading

import pytest
import sqlalchemy as sa

from ownwords.core import sql
from ownwords.core.errors import BadWorkspace, Busy, Disk, Fault, MissingExtra

TABLE = sa.Table("words", sa.MetaData(), sa.Column("n", sa.Integer, primary_key=True), sa.Column("text", sa.Text, unique=True))
SECRET = "manatee-archipelago"


@pytest.fixture
def engine(tmp_path):
    engine = sql.open_engine(tmp_path / "a.db")
    with sql.writing(engine) as connection:
        TABLE.metadata.create_all(connection)
    yield engine
    engine.dispose()


def rows(engine):
    with sql.reading(engine) as connection:
        return connection.execute(sa.select(TABLE).order_by(TABLE.c.n)).all()


def test_every_connection_has_the_durable_settings(engine):
    with sql.reading(engine) as connection:
        told = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "secure_delete")}
    assert told == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}


def test_a_transaction_is_all_or_nothing(engine):
    with pytest.raises(Fault), sql.writing(engine) as connection:
        sql.insert_many(connection, TABLE, ("n", "text"), [(1, "a"), (2, "b"), (2, "c")])
    assert rows(engine) == []


def test_a_reader_sees_one_state_while_others_write(engine):
    with sql.reading(engine) as connection:
        before = connection.execute(sa.select(sa.func.count()).select_from(TABLE)).scalar()
        with sql.writing(engine) as writer:
            sql.insert_many(writer, TABLE, ("n", "text"), [(1, "a"), (2, "b")])
        assert connection.execute(sa.select(sa.func.count()).select_from(TABLE)).scalar() == before == 0
    assert rows(engine) == [(1, "a"), (2, "b")]


def test_writers_take_turns_from_their_first_line(engine):
    def add():
        for _ in range(20):
            with sql.writing(engine) as connection:
                n = connection.execute(sa.select(sa.func.count()).select_from(TABLE)).scalar()
                connection.execute(sa.insert(TABLE).values(n=n + 1))

    threads = [threading.Thread(target=add) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [row.n for row in rows(engine)] == list(range(1, 61))


def test_a_full_disk_is_told_and_nothing_is_half_written(tmp_path, monkeypatch):
    monkeypatch.setattr(sql, "_PRAGMAS", (*sql._PRAGMAS, "PRAGMA max_page_count = 6"))
    engine = sql.open_engine(tmp_path / "full.db")
    with sql.writing(engine) as connection:
        TABLE.metadata.create_all(connection)
    with pytest.raises(Disk, match=r"full\.db: no space is left"), sql.writing(engine) as connection:
        sql.insert_many(connection, TABLE, ("n", "text"), [(n, str(n) * 500) for n in range(100)])
    assert rows(engine) == []
    engine.dispose()


def test_errors_repeat_no_value(engine):
    with sql.writing(engine) as connection:
        connection.execute(sa.insert(TABLE).values(n=1, text=SECRET))
    with pytest.raises(Fault) as told, sql.writing(engine) as connection:
        connection.execute(sa.insert(TABLE).values(n=2, text=SECRET))
    assert SECRET not in f"{told.value} {told.value.__cause__}"


def test_a_file_that_is_no_database_and_one_that_cannot_be_made_are_told(tmp_path):
    (tmp_path / "b.db").write_bytes(b"no pages here" * 1000)
    with pytest.raises(BadWorkspace, match=r"b\.db: it is no database"):
        rows(sql.open_engine(tmp_path / "b.db"))
    with pytest.raises(Disk, match=r"c\.db: it cannot be opened"):
        rows(sql.open_engine(tmp_path / "missing" / "c.db"))


def test_a_url_that_cannot_be_read_or_has_no_driver_is_told():
    with pytest.raises(BadWorkspace, match="URL"):
        sql.open_engine("no url")
    with pytest.raises((MissingExtra, BadWorkspace)):
        sql.open_engine("postgresql+nodriver://u:" + SECRET + "@h/db")


def test_purge_takes_deleted_values_out_of_the_files(tmp_path, engine):
    with sql.writing(engine) as connection:
        connection.execute(sa.insert(TABLE).values(n=1, text=SECRET))
    with sql.writing(engine) as connection:
        connection.execute(sa.delete(TABLE))
    assert any(SECRET.encode() in path.read_bytes() for path in tmp_path.glob("a.db*"))
    sql.purge(engine)
    assert not any(SECRET.encode() in path.read_bytes() for path in tmp_path.glob("a.db*"))


def test_purge_says_so_when_a_reader_keeps_the_log(engine, monkeypatch):
    monkeypatch.setattr(sql, "BUSY_TIMEOUT_MS", 200)
    monkeypatch.setattr(sql, "_PRAGMAS", ("PRAGMA busy_timeout = 50", *sql._PRAGMAS[1:]))
    engine.dispose()
    with sql.writing(engine) as connection:
        connection.execute(sa.insert(TABLE).values(n=1, text="a"))
    with sql.reading(engine) as reader:
        reader.execute(sa.select(TABLE)).all()
        with sql.writing(engine) as connection:
            connection.execute(sa.delete(TABLE))
        with pytest.raises(Busy, match="reader"):
            sql.purge(engine)
    sql.purge(engine)


def test_the_settings_hold_for_sqlite_itself(tmp_path, engine):
    raw = sqlite3.connect(tmp_path / "a.db")
    assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    raw.close()
