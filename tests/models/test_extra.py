import subprocess
import sys

import pytest

from ownwords.core.errors import MissingExtra
from ownwords.models import extra


def test_missing_packages_name_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match="building a model") as caught:
        extra.require("building a model")
    assert "ownwords[train]" in caught.value.next


def test_the_declarations_of_the_product_import_nothing_heavy():
    code = "import sys, ownwords.products.model as m; print([n for n in ('torch', 'polars', 'transformers', 'numpy') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
