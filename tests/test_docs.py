"""Documents run: every console block of docs/first-steps.md is typed in order, and prints what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from ownwords.faces.cli import main

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def commands(page: Path) -> list[tuple[str, str]]:
    """(command, expected output) of every console block, in order."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", page.read_text(), re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output.strip()))
    return found


def fits(output: str, expected: str) -> bool:
    """`...` stands for anything, spaces count once."""
    pattern = ".*".join(re.escape(" ".join(piece.split())) for piece in expected.split("..."))
    return re.fullmatch(pattern.replace(r"\ ", " *"), " ".join(output.split()), re.DOTALL) is not None


def test_first_steps_print_what_they_say(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(ROOT)
    done = commands(ROOT / "docs" / "first-steps.md")
    assert len(done) >= 10
    for command, expected in done:
        words = shlex.split(command.replace("-w my", f"-w {tmp_path / 'my'}"))
        assert words[0] == "ownwords"
        code = main(words[1:])
        out, err = capfd.readouterr()
        assert code == 0, (command, err)
        assert fits(out, expected), (command, out)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_in_a_document_exists(page):
    from ownwords.core import plugins
    from ownwords.faces.cli import VERBS

    known = {*VERBS, "serve", "demo", *plugins.names("product")}
    text = re.sub(r"```text.*?```", "", page.read_text(), flags=re.DOTALL)
    used = re.findall(r"ownwords (?:-w \S+ )?([a-z][a-z_]+)\b", "\n".join(re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL)))
    assert {word for word in used if word not in known} == set()
