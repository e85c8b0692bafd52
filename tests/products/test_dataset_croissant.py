"""The Croissant description: mlcroissant finds nothing wrong with it and reads the rows through it."""

from __future__ import annotations

import json
import logging
import warnings
from pathlib import Path

import polars as pl
import pytest
from made_datasets import finished, some

from dialogue_rows import talk
from ownwords.products.dataset import Options, forms


@pytest.fixture(scope="module")
def mlcroissant():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("mlcroissant", reason="mlcroissant is not installed")


def opened(mlcroissant, folder: Path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of rdflib, about itself
        return mlcroissant.Dataset(str(folder / "croissant.json"))


@pytest.mark.parametrize("form", forms.FORMS)
@pytest.mark.parametrize("n", [60, 0])
def test_mlcroissant_has_neither_errors_nor_warnings(tmp_path, caplog, mlcroissant, form, n):
    with caplog.at_level(logging.WARNING):
        found = opened(mlcroissant, some(tmp_path / "out", form, n))
    assert found.metadata.ctx.issues.errors == set()
    assert found.metadata.ctx.issues.warnings == set()
    assert [record.getMessage() for record in caplog.records] == []
    assert found.metadata.ctx.is_v1_1()


def plain(value: object) -> object:
    """What mlcroissant hands out as text is bytes, and names are whole paths."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, dict):
        return {str(key).rpartition("/")[2]: plain(part) for key, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, list) else value


@pytest.mark.parametrize("form", forms.FORMS)
def test_its_records_are_the_rows(tmp_path, mlcroissant, form):
    folder = some(tmp_path / "out", form)
    found = opened(mlcroissant, folder)
    for split in forms.SPLITS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read = [plain(record) for record in found.records(split)]
        assert read == pl.read_parquet(folder / f"{split}.parquet").drop("origins").to_dicts()


@pytest.mark.parametrize("empty", forms.SPLITS)
def test_a_part_without_rows_is_no_record_set(tmp_path, caplog, mlcroissant, empty):
    (full,) = {*forms.SPLITS} - {empty}
    finished(talk(9).with_columns(pl.lit(full).alias("split")), tmp_path / "out", Options(form="flat"))
    with caplog.at_level(logging.WARNING):
        found = opened(mlcroissant, tmp_path / "out")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read = {records.id: len(list(found.records(records.id))) for records in found.metadata.record_sets}
    assert read == {"splits": 1, full: 9}
    assert caplog.records == []


def test_it_says_for_what_it_may_be_used_and_what_must_be_done_on_withdrawal(tmp_path):
    told = json.loads((some(tmp_path / "out", "flat") / "croissant.json").read_text())
    permission = told["usageInfo"]["odrl:permission"]
    assert permission["odrl:constraint"]["odrl:rightOperand"] == {"@id": "dpv:TrainAIModels"}
    assert permission["odrl:duty"]["odrl:action"] == {"@id": "odrl:delete"}
    assert "http://mlcommons.org/croissant/1.1" in told["conformsTo"]
    for name in (
        "dataCollection",
        "personalSensitiveInformation",
        "dataPreprocessingProtocol",
        "dataUseCases",
        "dataLimitations",
        "dataBiases",
    ):
        assert told[f"rai:{name}"], name
    assert any("repost" in step for step in told["rai:dataPreprocessingProtocol"])


def test_its_sha256_are_those_of_the_files(tmp_path):
    from ownwords.core import files

    folder = some(tmp_path / "out", "flat")
    told = json.loads((folder / "croissant.json").read_text())
    assert {file["contentUrl"]: file["sha256"] for file in told["distribution"]} == {
        f"{split}.parquet": files.sha256_file(folder / f"{split}.parquet") for split in forms.SPLITS
    }
