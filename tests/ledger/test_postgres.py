"""A whole workspace whose ledger is in PostgreSQL, and what is told when that server will not."""

import json
import random
import uuid

import pytest

import ownwords
from ledger.conftest import POSTGRES
from ownwords.core import sql
from ownwords.core.errors import BadWorkspace, Disk, MissingExtra, NotPermitted, Usage
from ownwords.ledger import Keys, Ledger, state_body
from ownwords.verbs._house import House
from world import WORDS

pytestmark = POSTGRES


@pytest.fixture
def url(server):
    return server.schema(f"w{uuid.uuid4().hex}")


def test_a_workspace_with_its_ledger_on_a_server_does_all_seven_verbs(tmp_path, server, url):
    root, person = tmp_path / "w", f"test:{uuid.uuid4().int}"
    ownwords.init(root, ledger=url)
    assert not (root / "ledger.db").exists()
    row = {"network": "test", "visibility": "public", "created_at": "2024-01-02T10:00:00Z"}
    said = [" ".join(random.Random(n).sample(WORDS, 9)) for n in range(20)]
    rows = [{**row, "id": f"test:{n}", "author": person if n % 2 else "test:2", "text": text} for n, text in enumerate(said)]
    (tmp_path / "posts.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    assert ownwords.ingest(root, "jsonl", (str(tmp_path / "posts.jsonl"),))["records"] == 20
    for account in (person, "test:2"):
        ownwords.consent(root, "give", account, "train_ai")
    assert ownwords.permit(root, "show", "train_ai")["allowed"] == 20
    made = ownwords.build(root, "dataset", purpose="train_ai")
    assert ownwords.prove(root, "dataset")["records"] == 20
    assert ownwords.use(root, "dataset", "rows", limit=1)
    forgotten = ownwords.forget(root, person)
    assert forgotten["records"] == 10
    assert ownwords.prove(root, forgotten["receipt"])["proven"]
    assert ownwords.prove(root, gone=person)["gone"]
    data = b"".join(
        path.read_bytes() for path in sorted((server.folder / "data").rglob("*")) if path.is_file() and path.name != "postmaster.pid"
    )
    assert person.encode() not in data
    assert b"test:2" in data
    assert House.open(root).ledger.audit() == []
    with pytest.raises(NotPermitted):
        House.open(root).ledger.append("account.state", state_body("active"), person)
    assert made["artifact"]


def test_a_database_that_holds_a_ledger_already_is_refused(tmp_path, url):
    ownwords.init(tmp_path / "a", ledger=url)
    with pytest.raises(Usage, match="another workspace's ledger"):
        ownwords.init(tmp_path / "b", ledger=url)


def test_a_database_without_a_ledger_is_told(tmp_path, url):
    with pytest.raises(BadWorkspace, match="holds no ledger of ours"):
        Ledger.open(url, Keys.create(tmp_path))


def test_a_server_that_is_not_there_is_told_without_the_password(tmp_path):
    pytest.importorskip("psycopg", reason="the extra 'postgres' is not installed")
    with pytest.raises(Disk, match="cannot be reached") as told:
        Ledger.open(f"postgresql://me:s3cret@/none?host={tmp_path}", Keys.create(tmp_path))
    assert "s3cret" not in str(told.value)


def test_a_role_that_may_not_cut_the_servers_log_still_erases_from_the_tables(tmp_path, server, url):
    import psycopg

    person, role = f"x:{uuid.uuid4().int}", f"r{uuid.uuid4().hex}"
    schema = url.rpartition("%3D")[2]
    with psycopg.connect(f"host={server.folder} user=postgres dbname=postgres", autocommit=True) as admin:
        admin.execute(f'CREATE ROLE "{role}" LOGIN')
        admin.execute(f'GRANT ALL ON SCHEMA "{schema}" TO "{role}"')
    ledger = Ledger.create(url.replace("postgres@", f"{role}@"), Keys.create(tmp_path))
    ledger.append("account.state", state_body("active"), person)
    assert ledger.bury([person]) == 1
    with sql.reading(ledger._engine) as connection:
        files = connection.exec_driver_sql("SELECT pg_relation_filepath('events'), pg_relation_filepath('events_account')").one()
        assert not any(person.encode() in (server.folder / "data" / name).read_bytes() for name in files)
    ledger.close()


def test_the_driver_is_an_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(MissingExtra, match="postgres"):
        sql.open_engine("postgresql://me@host/name")
