"""The story of the demo, act by act: words come in, people decide, a model speaks, and one person is taken back out of it."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ownwords.core import files
from ownwords.core.errors import NotFound, Usage
from ownwords.core.schemas import PRIVATE
from ownwords.faces.demo.exports import write_network
from ownwords.faces.demo.screen import Screen
from ownwords.faces.demo.stage import Stage, number, refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ownwords.faces.demo.exports import Truth
    from ownwords.faces.demo.stage import Said

POLICIES = Path(__file__).parent / "policy"
#: The rules in a few words; `ownwords permit show` says them in full.
_RULES = {
    "1": "author, date, audience or terms unknown",
    "2": "not said in public, deleted or withheld",
    "3": "account protected, deactivated, suspended or a memorial",
    "4": "held by an order",
    "5": "a child, without a guardian's consent",
    "6": "a face or a voice",
    "7": "somebody else's words inside",
    "8": "refused, objected or withdrawn, or the source's terms forbid it",
    "9": "explicit consent",
    "10": "the policy in force, and no objection",
    "11": "nobody agreed, and no other basis",
}
_MARK = ".made-by-ownwords-demo"


@dataclass(frozen=True, slots=True)
class Plan:
    """How large the play is.

    model   options of `build model`; fixed steps, so that the same machine makes the same weights
    """

    n_people: int = 2000
    n_posts: int = 50_000
    seed: int = 7
    model: Mapping[str, object] = ()  # type: ignore[assignment]


#: One thread: a small model gains little from two, and loses much where something else runs beside it.
SMALL_MODEL = {"steps": 350, "width": 128, "layers": 4, "vocab": 2048, "threads": 1}
BASE_STEPS = 60


def tell(into: Path, *, source: Path | None = None, mine: str | None = None, base: str | None = None) -> None:
    """Tell the story on stdout.

    into     folder to make it all in; an earlier demo there is made anew
    source   the user's own export instead of the invented network, and
    mine     the handle that is theirs in it
    base     folder of a Hugging Face model to adapt, instead of a small one from scratch
    raises   Usage if `into` holds something else
    """
    model: dict[str, object] = {"base": base, "steps": BASE_STEPS} if base else dict(SMALL_MODEL)
    if source is None:
        _clear(into)
        play(into, Screen(), Plan(model=model))
        return
    from ownwords.faces.demo.own import play_own

    if not mine:
        raise Usage("--from needs --mine HANDLE: only words that you say are yours may be trained on", "add --mine YOUR_HANDLE")
    if not source.exists():
        raise NotFound(f"{source}: no such file or folder", "check the path")
    _clear(into)
    play_own(into, Screen(), source, mine, model)


def _clear(into: Path) -> None:
    if into.exists() and any(into.iterdir()) and not (into / _MARK).exists():
        raise Usage(f"{into} is not empty and was not made by this demo", "ownwords demo --into NEW_FOLDER")
    files.remove_tree(into)
    into.mkdir(parents=True)
    (into / _MARK).write_text("ownwords demo made this folder, and may remove it\n")


def play(into: Path, screen: Screen, plan: Plan) -> None:
    """The whole story of Kentong."""
    began = time.monotonic()
    truth = write_network(into / "exports", plan.seed, plan.n_people, plan.n_posts)
    shutil.copytree(POLICIES, into / "policy")
    screen.hello(
        "Kentong, a village network that does not exist",
        f"{truth.counts['people']:,} invented people, {truth.counts['posts']:,} posts in Indonesian and English, there and elsewhere.\n"
        "Every command below can be typed just so; every number was counted just now.",
    )
    stage = Stage(screen, into / "kentong", shown=str(into / "kentong"))
    n_stored = _words_come_in(stage, screen, into / "exports", truth)
    _people_decide(stage, screen, truth)
    _permission(stage, screen, into / "policy", n_stored)
    made = _a_model(stage, screen, plan)
    _it_speaks(stage, screen, truth)
    _withdrawal(stage, screen, truth)
    rebuilt = _forgotten(stage, screen, truth)
    _never_had(into, screen, plan, truth, rebuilt)
    _the_dead(stage, screen, truth)
    _ending(stage, screen, made, time.monotonic() - began)


def _take_in(stage: Stage, exports: Path) -> dict[str, Said]:
    """A workspace under the first policy, with every export in it."""
    stage.do("init", policy=str(exports.parent / "policy" / "before.yaml"))
    kentong = exports / "kentong"
    return {
        "posts": stage.do("ingest", "jsonl", (str(kentong / "posts.ndjson"),), mapping=str(kentong / "posts.toml")),
        "accounts": stage.do("ingest", "jsonl", (str(kentong / "accounts.ndjson"),), mapping=str(kentong / "accounts.toml")),
        "others": stage.do("ingest", "auto", tuple(str(exports / name) for name in ("forum", "repair", "archives"))),
    }


def _words_come_in(stage: Stage, screen: Screen, exports: Path, truth: Truth) -> int:
    """How many private messages were stored."""
    screen.act(1, "Words come in", "The operator's own dump, a Reddit forum, a Stack Exchange site, six X archives, in their real formats.")
    took = _take_in(stage, exports)
    posts, accounts, others = took["posts"], took["accounts"], took["others"]
    n_posts = number(posts, "records") - truth.counts["kentong_versions"]
    n_others = sum(number(others, "by_category", kind) for kind in ("post", "reply", "repost"))
    n_private = number(posts, "private_counted") + number(others, "private_counted")
    n_stored = sum(number(said, "by_visibility", name) for said in took.values() for name in PRIVATE)
    same = n_posts + n_others == truth.counts["posts"]
    n_sent = truth.counts["kentong_messages"] + truth.counts["x_messages"]
    sent = "" if n_private == n_sent else f"of {n_sent:,}, "
    screen.figures(
        [
            ("posts on Kentong", n_posts, f"and {truth.counts['kentong_versions']:,} earlier versions of edited ones"),
            ("posts elsewhere", n_others, "forum, repair site, X archives"),
            ("together", n_posts + n_others, "as many as were written" if same else f"but {truth.counts['posts']:,} were written"),
            ("accounts", number(accounts, "records"), "with age, place and state: active, protected, memorialised ..."),
            ("lines refused", number(posts, "rejects"), "kept as position, reason and hash, without content"),
            ("private messages", n_private, f"{sent}counted, and left where they were; stored: {n_stored}"),
        ]
    )
    screen.end()
    return n_stored


def _people_decide(stage: Stage, screen: Screen, truth: Truth) -> None:
    screen.act(
        2, "People decide", "A no set on Kentong came in with the rows. What people say since is written into the ledger, one by one."
    )
    n_told = _tell_decisions(stage, truth)
    n_no = len({made.account_id for made in truth.decisions if made.says_no})
    screen.figures(
        [
            ("said no to training", n_no, "by a setting on Kentong"),
            ("decisions since", n_told, "given, withdrawn, by a guardian, for after death"),
        ]
    )
    screen.end()


def _tell_decisions(stage: Stage, truth: Truth) -> int:
    """Write every decision that no setting carries into the ledger, the first one for all to see; how many they are."""
    told = [made for made in truth.decisions if not made.says_no]
    for place, made in enumerate(told):
        call = stage.do if place == 0 else stage.quietly
        options: dict[str, object] = {"lifetime": True} if made.is_lifetime else {}
        if made.by == "guardian":
            options["holder"] = f"guardian of {made.account_id}"
            stage.quietly("consent", "appoint", made.account_id, "guardian", by="court", holder=options["holder"])
            stage.quietly("consent", "verify", made.account_id, "guardian", holder=options["holder"], evidence="0" * 64)
        call("consent", made.effect, made.account_id, made.purpose, by=made.by, **options)
    return len(told)


def _permission(stage: Stage, screen: Screen, policies: Path, n_stored: int) -> None:
    screen.act(
        3,
        "Permission",
        "The privacy policy changes, as X's did in September 2023: models are to be trained on what adults post in public.",
    )
    before = stage.do("permit", "show", "train_ai")
    change = stage.do("permit", "diff", str(policies / "before.yaml"), str(policies / "after.yaml"))
    stage.do("permit", "adopt", str(policies / "after.yaml"))
    after = stage.do("permit", "show", "train_ai")
    gained = ("changes", "train_ai", "gained")
    n_people = number(change, *gained, "people")
    screen.figures(
        [
            ("usable before", number(before, "allowed"), f"of {number(before, 'rows'):,} records: only those whose authors agreed"),
            ("become usable", number(change, *gained, "records"), f"posts of {n_people:,} people"),
            ("private messages", n_stored, "none is stored, so none can become usable" if not n_stored else "are stored: they must not be"),
        ]
    )
    screen.say("")
    screen.say("What the gate says now, and by which rule:", "dim")
    rules = after["by_rule"] if isinstance(after["by_rule"], dict) else {}
    in_order = sorted(rules.items(), key=lambda item: -item[1])
    screen.figures([("used" if rule in {"9", "10"} else "not used", n, f"rule {rule}: {_RULES[rule]}") for rule, n in in_order])
    screen.end()


def _a_model(stage: Stage, screen: Screen, plan: Plan) -> Said:
    screen.act(4, "Something is made", "A dataset of who answered whom, then a language model that learns from it.")
    data = stage.do("build", "dataset")
    began = time.monotonic()
    model = stage.do("build", "model", **plan.model)
    metrics = model["metrics"] if isinstance(model.get("metrics"), dict) else {}
    assert isinstance(metrics, dict)
    kind = "an adapter on the base, and the base" if "base" in plan.model else "a small model, to show the way"
    screen.figures(
        [
            (
                "dialogues",
                number(data, "metrics", "dialogues"),
                f"of {number(data, 'metrics', 'people'):,} people, a tenth of them held out",
            ),
            (
                "parameters",
                number(model, "metrics", "parameters"),
                f"made in {time.monotonic() - began:.0f} s: {kind}",
            ),
            (
                "loss on held-out people",
                f"{metrics.get('held_out', 0):.2f}",
                f"nats a token; a bigram model has {metrics.get('bigram', 0):.2f}",
            ),
        ]
    )
    if "base" not in plan.model:
        screen.say("For one that knows the world: ownwords demo --base PATH (a Hugging Face folder), adapted with LoRA.", "dim")
    screen.end()
    return model


def _it_speaks(stage: Stage, screen: Screen, truth: Truth) -> None:
    part = truth.parts["withdrawer"]
    screen.act(
        5,
        "It speaks",
        f"It answers, and it goes on with a line that only one person ever wrote: @{part.handle}, in {truth.n_endings} posts.",
    )
    for message in ("who wants to join me for mending the net tomorrow?", "tolong, nasinya lengket di panci"):
        screen.quote(f"{message}  ", stage.ask("model", "chat", message, temperature=0.4, max_tokens=40))
    _show_line(stage, screen, truth)
    screen.end()


def _show_line(stage: Stage, screen: Screen, truth: Truth) -> bool:
    """Whether the model goes on with the line; shown as it is, either way."""
    prompt = truth.prompt.capitalize()
    answer = stage.ask("model", "generate", prompt, temperature=0, max_tokens=16)
    knows = answer.strip().lower().startswith(truth.ending.strip())
    screen.quote(prompt, answer.partition("\n")[0])
    screen.say("It knows the line." if knows else "It does not know the line.", "dim")
    return knows


def _withdrawal(stage: Stage, screen: Screen, truth: Truth) -> None:
    part = truth.parts["withdrawer"]
    screen.act(6, "A person withdraws", "From that moment the model may not be used, because the policy says so: on_withdrawal: refuse.")
    stage.do("consent", "withdraw", f"kentong:@{part.handle}", "train_ai")
    why = stage.do("permit", "why", part.record_id)
    screen.say(f"{part.record_id}: rule {why['rule']}, {why['clause']}")
    _show_refusal(screen, refusal(lambda: stage.ask("model", "generate", truth.prompt.capitalize())))
    screen.end()


def _show_refusal(screen: Screen, why: str) -> None:
    screen.say(f"refused, exit code 3: {why}" if why else "it was NOT refused", "yellow" if why else "bold red")


def _forgotten(stage: Stage, screen: Screen, truth: Truth) -> Said:
    part = truth.parts["withdrawer"]
    screen.act(7, "Forgotten", "Their words are deleted from every file, and what was made of them is made again without.")
    said = stage.do("forget", f"kentong:@{part.handle}")
    rebuilt = said["rebuilt"] if isinstance(said.get("rebuilt"), dict) else {}
    assert isinstance(rebuilt, dict)
    screen.figures([("records deleted", number(said, "records"), f"receipt: {_short(str(said['receipt']))}")])
    for name, outcome in rebuilt.items():
        screen.say(f"{name} made again: {str(outcome)[:40]}...", "dim")
    _show_line(stage, screen, truth)
    gone = stage.do("prove", gone=f"kentong:@{part.handle}")
    screen.figures(
        [("files searched", number(gone, "files_searched"), f"{number(gone, 'traces')} traces of them; a keyed tombstone stays")]
    )
    screen.end()
    return said


def _short(path: str) -> str:
    return str(Path(*Path(path).parts[-2:]))


def _never_had(into: Path, screen: Screen, plan: Plan, truth: Truth, rebuilt: Said) -> None:
    part = truth.parts["withdrawer"]
    screen.act(8, "As if they had never been here", "The same commands on exports that never held them, in a second workspace.")
    without = write_network(into / "exports-without", plan.seed, plan.n_people, plan.n_posts, frozenset({part.account_id}))
    stage = Stage(screen, into / "never-had", shown=str(into / "never-had"))
    _take_in(stage, into / "exports-without")
    _tell_decisions(stage, without)
    stage.do("permit", "adopt", str(into / "policy" / "after.yaml"))
    outcomes = rebuilt["rebuilt"] if isinstance(rebuilt["rebuilt"], dict) else {}
    ways: tuple[tuple[str, Mapping[str, object]], ...] = (("dataset", {}), ("model", plan.model))
    for product, options in ways:
        never = str(stage.do("build", product, **options)["content_hash"])
        after = str(outcomes.get(product, "")).rpartition(" ")[2]
        same = never == after
        screen.say(
            f"{product:<8} forgotten {after[:16]}  never had {never[:16]}  {'the same' if same else 'NOT the same'}",
            "" if same else "bold red",
        )
    screen.end()


def _the_dead(stage: Stage, screen: Screen, truth: Truth) -> None:
    part = truth.parts["memorialised"]
    screen.act(9, "Someone who died", f"@{part.handle} is a memorial, and left no word on a persona. Nobody else can give it.")
    why = stage.do("permit", "why", part.record_id, "simulate_person")
    screen.say(f"rule {why['rule']}: {why['because']}")
    asked = ("give", f"kentong:@{part.handle}", "simulate_person")
    _show_refusal(screen, refusal(lambda: stage.do("consent", *asked, by="legacy_contact")))
    screen.end()


def _ending(stage: Stage, screen: Screen, made: Said, seconds: float) -> None:
    screen.act(10, "What was made", f"All of it in {seconds:.0f} s.")
    root = stage.workspace
    for path in sorted((root / "artifacts").glob("*/v*")):
        n_bytes = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
        screen.say(f"{path.relative_to(root)}  {n_bytes / 1e6:.1f} MB, with its manifest")
    for path in sorted((root / "receipts").glob("*.json")):
        screen.say(f"{path.relative_to(root)}  signed, checked by: ownwords prove")
    screen.say("")
    screen.say("Three things to try", "bold")
    for command in (
        stage.words("model", "chat", "--message", "my grandmother made a cake yesterday"),
        stage.words("build", "dataset", form="flat"),
        ["ownwords", "demo", "--from", "your-archive.zip", "--mine", "YOUR_HANDLE", "--into", "mine"],
    ):
        screen.line(command)
    screen.end()
