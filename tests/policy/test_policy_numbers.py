"""The dated parameters: every entry is cited, and the one of the day counts."""

import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ownwords.core.purpose import PURPOSES
from ownwords.policy import numbers

FOLDER = Path(numbers.__file__).with_name("params")


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_every_parameter_is_cited_and_dated(path):
    for table in tomllib.loads(path.read_text()).values():
        for entry in table:
            assert entry["cite"]
            assert isinstance(entry.get("since", date(2000, 1, 1)), date)
            for name in (*entry.get("forbids", ()), *entry.get("denies", ()), *entry.get("treats_as_child", ())):
                assert name in PURPOSES


def test_names_and_values_of_signals_are_in_small_letters():
    assert all(one.name == one.name.lower() and all(value == value.lower() for value in one.values) for one in numbers.signals())


def test_the_age_of_the_day_counts():
    assert numbers.ages_of_majority(datetime(2022, 3, 31, tzinfo=UTC))["JP"] == 20
    assert numbers.ages_of_majority(datetime(2022, 4, 1, tzinfo=UTC))["JP"] == 18
    assert numbers.ages_of_majority(datetime(2022, 4, 1, tzinfo=UTC))[numbers.ANYWHERE] == 18


def test_terms_change_with_their_dates():
    def forbids(day):
        return next(terms.forbids for terms in numbers.terms_in_force(day) if terms.name == "x-developer-agreement")

    assert "train_ai" not in forbids(datetime(2025, 6, 4, tzinfo=UTC))
    assert "train_ai" in forbids(datetime(2025, 6, 5, tzinfo=UTC))
    assert "x-developer-agreement" in numbers.known_terms()
