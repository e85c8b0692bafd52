"""The demo with the user's own export: their words, their decision, their model, and how to take it all back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ownwords.faces.demo.stage import Stage, number

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ownwords.faces.demo.screen import Screen

_NETWORKS = {"x_archive": "x", "reddit": "reddit", "stackexchange": "stackexchange"}


def play_own(into: Path, screen: Screen, source: Path, mine: str, model: Mapping[str, object]) -> None:
    """Ingest, permission, a model, and what taking it back would touch.

    source   an X archive, Reddit or Stack Exchange files
    mine     the handle that is the user's in it; nobody else's words are taken for theirs
    """
    screen.hello("Your own words", "Everything stays in this folder. Every command below can be typed just so.")
    stage = Stage(screen, into / "mine", shown=str(into / "mine"))
    sources = _in(stage, screen, source, mine)
    _made(stage, screen, model)
    network = next((_NETWORKS[name] for name in sources if name in _NETWORKS), "local")
    _back(stage, screen, mine if ":@" in mine else f"{network}:@{mine.lstrip('@')}")


def _in(stage: Stage, screen: Screen, source: Path, mine: str) -> list[str]:
    """The sources that read the export."""
    screen.act(1, "Your words come in", "Naming your handle is your recorded decision: these words may be trained on, here.")
    stage.do("init", policy="own-archive")
    took = stage.do("ingest", "auto", (str(source),), mine=mine)
    shown = stage.do("permit", "show", "train_ai")
    screen.figures(
        [
            ("records", number(took, "records"), "posts, replies, likes as references, profile"),
            ("rows refused", number(took, "rejects"), "kept as position, reason and hash"),
            ("private messages", number(took, "private_counted"), "counted, and left where they were"),
            ("may be trained on", number(shown, "allowed"), "your own words; others' stay out"),
        ]
    )
    screen.end()
    sources = took["sources"]
    return sources if isinstance(sources, list) else []


def _made(stage: Stage, screen: Screen, model: Mapping[str, object]) -> None:
    screen.act(
        2,
        "A model of your own words",
        "A dataset, then a model that learns from it; one person alone, so nobody is held out.",
    )
    data = stage.do("build", "dataset", held_out=0)
    made = stage.do("build", "model", **model)
    screen.figures(
        [
            ("dialogues", number(data, "metrics", "dialogues"), f"of {number(data, 'metrics', 'posts'):,} posts"),
            (
                "parameters",
                number(made, "metrics", "parameters"),
                "a small model, to show the way" if "base" not in model else "an adapter on the base",
            ),
        ]
    )
    for seed in (1, 2, 3):
        screen.quote("I", stage.ask("model", "generate", "I", seed=seed, max_tokens=40))
    screen.end()


def _back(stage: Stage, screen: Screen, person: str) -> None:
    screen.act(
        3, "Yours to take back", "The model carries a manifest that says from which records it was made; withdrawing stops it at once."
    )
    proven = stage.do("prove", "model")
    plan = stage.do("forget", person, dry_run=True)
    touched = plan["touched"] if isinstance(plan["touched"], dict) else {}
    screen.figures(
        [
            ("records behind the model", number(proven, "records"), "its files are those that the ledger recorded"),
            ("forgetting would delete", number(plan, "records"), f"records, and touch {', '.join(touched) or 'nothing made so far'}"),
        ]
    )
    screen.say("")
    screen.say("Three things to try", "bold")
    for command in (
        stage.words("model", "chat", "--message", "hello"),
        stage.words("consent", "withdraw", person, "train_ai"),
        stage.words("forget", person),
    ):
        screen.line(command)
    screen.end()
