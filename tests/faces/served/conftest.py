"""A small workspace, served."""

import json
import shutil

import pytest
from served_world import ROWS

from ownwords import verbs
from ownwords.verbs._service import Service


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A workspace of two people with one record each."""
    folder = tmp_path_factory.mktemp("served")
    extra = {"subreddit": "birds", "created_utc": 1600000000, "link_id": "t3_p", "parent_id": "t3_p"}
    (folder / "in.ndjson").write_text("".join(json.dumps({**row, **extra}) + "\n" for row in ROWS))
    verbs.init(folder / "w")
    verbs.ingest(folder / "w", "reddit", (str(folder / "in.ndjson"),))
    return folder


@pytest.fixture
def root(template, tmp_path):
    shutil.copytree(template / "w", tmp_path / "w")
    return tmp_path / "w"


@pytest.fixture
def service(root):
    return Service(root)


@pytest.fixture
def client(service):
    from fastapi.testclient import TestClient

    from ownwords.faces.http_app import create_app

    with TestClient(create_app(service), raise_server_exceptions=True) as client:
        yield client


@pytest.fixture
def operator(service):
    return {"Authorization": f"Bearer {service.create_token('operator')}"}


@pytest.fixture
def alice(service):
    return {"Authorization": f"Bearer {service.create_token('person', 'reddit:@alice_h')}"}
