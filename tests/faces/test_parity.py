"""One signature: the command line, HTTP and Python take the same names, and the documents show them."""

from __future__ import annotations

import inspect
from pathlib import Path

import click
import pytest

from ownwords import verbs
from ownwords.faces import words
from ownwords.faces.cli import VERBS, cli

ROOT = Path(__file__).parents[2]
NAMES = sorted(VERBS)


def parameters(name: str) -> list[inspect.Parameter]:
    found = list(inspect.signature(getattr(verbs, name)).parameters.values())[1:]
    return [parameter for parameter in found if parameter.kind is not parameter.VAR_KEYWORD]


@pytest.mark.parametrize("name", NAMES)
def test_the_command_takes_what_the_function_takes(name):
    command = cli.get_command(click.Context(cli), name)
    taken = {param.name: isinstance(param, click.Argument) for param in command.params if param.name not in {"as_json"}}
    assert taken == {one.name: one.kind is not one.KEYWORD_ONLY for one in parameters(name)}


@pytest.mark.parametrize("name", NAMES)
def test_the_workspace_comes_first_everywhere(name):
    assert next(iter(inspect.signature(getattr(verbs, name)).parameters)) == "workspace"


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"init"}))
def test_the_http_body_has_the_same_names(name):
    pytest.importorskip("fastapi", reason="the extra 'serve' is not installed")
    from ownwords.faces.bodies import model_of

    assert list(model_of(name).model_fields) == [one.name for one in parameters(name)]


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_has_a_phrase_and_stands_in_the_document(name):
    about = words.described(getattr(verbs, name)).of
    document = (ROOT / "docs" / "cli.md").read_text()
    section = document.partition(f"## ownwords {name}\n")[2].partition("\n## ")[0]
    for one in parameters(name):
        assert about.get(one.name), one.name
        shown = f"--{one.name.replace('_', '-')}" if one.kind is one.KEYWORD_ONLY else one.name.upper()
        assert shown in section
