import io
import json
import re
import shlex
import zipfile
from pathlib import Path

import pytest
from rich.console import Console

from ownwords.core.errors import NotFound, Usage
from ownwords.faces.demo import story
from ownwords.faces.demo.screen import Screen

pytest.importorskip("torch")
pytestmark = pytest.mark.xdist_group("story")
TINY = {"steps": 3, "width": 32, "layers": 1, "vocab": 512, "threads": 1}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    into = tmp_path_factory.mktemp("stage") / "demo"
    out = io.StringIO()
    screen = Screen(Console(file=out, width=96))
    story.play(into, screen, story.Plan(n_people=120, n_posts=900, model=TINY))
    return into, out.getvalue()


def test_every_act_is_told(told):
    _, text = told
    assert re.findall(r"^(\d+)  ", text, re.MULTILINE) == [str(n) for n in range(1, 11)]
    assert "as many as were written" in text


def test_use_is_refused_once_they_withdrew_and_a_persona_of_the_dead_too(told):
    _, text = told
    assert text.count("refused, exit code 3") == 2
    assert "NOT refused" not in text


def test_what_was_made_equals_that_of_a_workspace_that_never_had_them(told):
    _, text = told
    assert len(re.findall(r"forgotten (\w{16})  never had \1  the same", text)) == 2
    assert "NOT the same" not in text


def test_no_private_message_was_stored(told):
    _, text = told
    assert re.search(r"private messages +\d+  counted, and left where they were; stored: 0", text)


def test_every_command_shown_is_a_command(told):
    from ownwords.faces.cli import VERBS

    _, text = told
    shown = re.findall(r"\$ (ownwords (?:.*\\\s*\n)*.*)", re.sub(r"[│ ]+\n", "\n", text))
    assert len(shown) > 25
    for command in shown:
        words = shlex.split(re.sub(r"\\\s*\n[\s│]*", " ", command))
        assert words[1] in {"-w", "demo"}
        assert words[1] == "demo" or words[3] in {*VERBS, "model"}


def test_a_folder_that_is_not_the_demos_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(Usage, match="was not made by this demo"):
        story.tell(tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "keep"


def test_ones_own_archive_is_told_with_ones_own_handle(tmp_path):
    from ownwords.faces.demo.exports import write_network
    from ownwords.faces.demo.own import play_own

    write_network(tmp_path / "exports", seed=3, n_people=60, n_posts=600)
    archive = tmp_path / "exports" / "archives" / "twitter-1.zip"
    with zipfile.ZipFile(archive) as packed:
        handle = json.loads(packed.read("data/account.js").decode().partition("=")[2])[0]["account"]["username"]
    out = io.StringIO()
    play_own(tmp_path / "demo", Screen(Console(file=out, width=96)), archive, handle, TINY)
    text = out.getvalue()
    assert re.search(r"may be trained on +[1-9]", text)
    assert re.search(r"forgetting would delete +[1-9]\d* +records, and touch dataset/v1, model/v1", text)


def test_nobody_is_taken_for_the_user_without_their_word(tmp_path):
    with pytest.raises(Usage, match="--mine HANDLE"):
        story.tell(tmp_path / "demo", source=tmp_path)


def test_a_missing_export_leaves_the_earlier_demo_as_it_was(tmp_path):
    story._clear(tmp_path / "demo")
    (tmp_path / "demo" / "kept").write_text("")
    with pytest.raises(NotFound, match="no such file or folder"):
        story.tell(tmp_path / "demo", source=tmp_path / "nothing.zip", mine="someone_x12")
    assert (tmp_path / "demo" / "kept").exists()
