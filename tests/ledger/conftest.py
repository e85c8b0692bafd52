from pathlib import Path

import pytest

from ownwords.ledger import Keys, Ledger


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys.create(tmp_path / "keys")


@pytest.fixture
def ledger(tmp_path: Path, keys: Keys) -> Ledger:
    return Ledger.create(tmp_path, keys)
