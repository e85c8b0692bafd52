"""The same ledger in PostgreSQL; needs OWNWORDS_TEST_POSTGRES=postgresql://... to an empty database that may be filled."""

import os

import polars as pl
import pytest

from ownwords.ledger import Keys, Ledger, state_body
from ownwords.ledger.tables import METADATA

URL = os.environ.get("OWNWORDS_TEST_POSTGRES", "")
pytestmark = pytest.mark.skipif(not URL, reason="OWNWORDS_TEST_POSTGRES names no PostgreSQL database")


def test_the_ledger_works_in_postgresql(tmp_path):
    ledger = Ledger.create(URL, Keys.create(tmp_path))
    try:
        ledger.append("policy", {"hash": "p"})
        ledger.append_many("account.state", ["x:1", "x:2"], [state_body("active")] * 2)
        ledger.checkpoint()
        assert ledger.bury(["x:1"]) == 1
        assert ledger.tombstoned(pl.Series(["x:1", "x:2"])).to_list() == [True, False]
        assert ledger.states()["account_id"].to_list() == ["x:2"]
        assert ledger.audit() == []
    finally:
        METADATA.drop_all(ledger._engine)
        ledger.close()
