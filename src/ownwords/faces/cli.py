"""The command line: parse, call one verb, print."""

from __future__ import annotations

import inspect
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from ownwords import verbs
from ownwords.core import plugins
from ownwords.core.errors import BadWorkspace, OwnwordsError, Usage
from ownwords.core.version import __version__
from ownwords.faces import words
from ownwords.faces.trouble import as_ours

#: In the order of the work.
VERBS: dict[str, Callable[..., Any]] = {
    name: getattr(verbs, name) for name in ("init", "ingest", "consent", "permit", "build", "use", "prove", "forget")
}
_OPEN_ENDED = {"build", "use"}


class _Commands(click.Group):
    """Verbs first; a product's name is short for `use` of its newest artifact."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the work."""
        return [*VERBS, *plugins.names("product"), "serve", "demo"]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command called `name`."""
        if name in VERBS:
            return _command(name, VERBS[name])
        if name in plugins.names("product"):
            return _product_command(name)
        return super().get_command(ctx, name)


class _OpenEnded(click.Command):
    """A command that takes the options of the product it is about."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Every product's options or requests."""
        formatter.write_paragraph()
        formatter.write(words.product_options(str(self.name)))


class _OfProduct(click.Command):
    """The short form for one product."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The product's requests."""
        formatter.write_paragraph()
        formatter.write(words.product_options("use", str(self.name)))


@click.group(
    cls=_Commands, invoke_without_command=True, help="Train AI on what people wrote, only as far as they allow; prove it; take it back."
)
@click.option("-w", "--workspace", type=click.Path(path_type=Path), help="The workspace; else OWNWORDS_WORKSPACE, else this folder.")
@click.option("--debug", is_flag=True, help="Show where a fault of ours happened.")
@click.option("--log", is_flag=True, help="One JSON line about the call on stderr, for operators.")
@click.version_option(__version__, prog_name="ownwords")
@click.pass_context
def cli(ctx: click.Context, workspace: Path | None, debug: bool, log: bool) -> None:
    """The root of all commands."""
    ctx.obj = {"workspace": workspace, "debug": debug, "log": log}
    if ctx.invoked_subcommand is None:
        click.echo(words.welcome(VERBS))


@cli.command(help="Serve the workspace over HTTP; /openapi.json describes it.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True, help="0: any free one.")
@click.option("--new-token", is_flag=True, help="Print a new operator's token on stderr.")
@click.pass_context
def serve(ctx: click.Context, host: str, port: int, new_token: bool) -> None:
    """Start the HTTP face."""
    from ownwords.faces.http import serve as run

    run(_workspace(ctx), host, port, new_token)


@cli.command(help="Show the whole way on a synthetic network, or on your own export.")
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path),
    help="Your own export: an X archive, Reddit or Stack Exchange files, or a table with our column names.",
)
@click.option("--mine", help="With --from: your handle.")
@click.option("--base", help="A Hugging Face directory to adapt, instead of a small model from scratch.")
@click.option("--into", type=click.Path(path_type=Path), default=Path("demo"), show_default=True, help="Where to make it all.")
def demo(source: Path | None, mine: str | None, base: str | None, into: Path) -> None:
    """Tell the story."""
    from ownwords.faces.demo.story import tell

    tell(into, source=source, mine=mine, base=base)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; the exit code. No traceback reaches a user."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        cli.main(args=given, standalone_mode=False)
    except click.exceptions.Exit as stop:
        return int(stop.exit_code)
    except click.ClickException as error:
        return _complain(Usage(error.format_message(), _usage_hint(error)))
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped. The same command goes on where it was.", err=True)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except BaseException as error:  # a panic below Python is no Exception
        if "--debug" in given or isinstance(error, SystemExit):
            raise
        return _complain(as_ours(error))
    return 0


def _complain(error: OwnwordsError) -> int:
    click.echo(f"ownwords: {error}", err=True)
    return error.exit_code


def _usage_hint(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f"{context.command_path if context else 'ownwords'} --help"


def _workspace(ctx: click.Context) -> Path:
    """`-w`, else OWNWORDS_WORKSPACE, else this folder if it is one."""
    given = ctx.find_root().obj["workspace"] or os.environ.get("OWNWORDS_WORKSPACE")
    if given:
        return Path(given)
    if ctx.info_name in {"init", "prove"} or _is_about_files(ctx) or Path("format.json").exists():
        return Path()
    raise BadWorkspace("no workspace is named, and this folder is none", "ownwords -w DIR init makes one; -w DIR uses one")


def _is_about_files(ctx: click.Context) -> bool:
    """Whether a `permit` looks at policy files and texts alone."""
    question, subject = ctx.params.get("question"), str(ctx.params.get("subject"))
    return question in {"check", "clauses"} or (question == "diff" and subject.lower().endswith((".md", ".txt")))


def _command(name: str, verb: Callable[..., Any]) -> click.Command:
    """A click command with the verb's own parameters: positional ones are arguments, keyword-only ones options."""
    about = words.described(verb)
    params: list[click.Parameter] = []
    for parameter in list(inspect.signature(verb).parameters.values())[1:]:
        if parameter.kind is parameter.VAR_KEYWORD:
            continue
        params.append(_parameter(parameter, about.of.get(parameter.name, "")))
    params.append(click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON object."))
    open_ended = name in _OPEN_ENDED
    settings = {"ignore_unknown_options": True, "allow_extra_args": True, "allow_interspersed_args": True} if open_ended else {}

    @click.pass_context
    def run(ctx: click.Context, /, as_json: bool, **given: Any) -> None:
        if open_ended:
            more = words.extras(ctx.args, first=words.first_field(str(given["request"])) if name == "use" else None)
            if twice := {"workspace", *given} & set(more):
                raise Usage(f"--{min(twice)} cannot stand there", f"ownwords {name} --help")
            given |= more
        _call(ctx, name, verb, given, as_json)

    kind = _OpenEnded if open_ended else click.Command
    return kind(name, callback=run, params=params, help=about.help, short_help=about.first, context_settings=settings)


def _parameter(parameter: inspect.Parameter, says: str) -> click.Parameter:
    kind = str(parameter.annotation)
    if parameter.kind is not parameter.KEYWORD_ONLY:
        if kind.startswith("tuple"):
            return click.Argument([parameter.name], nargs=-1)
        if parameter.default is parameter.empty:
            return click.Argument([parameter.name], required=True)
        return click.Argument([parameter.name], required=False, default=parameter.default)
    option = "--" + parameter.name.replace("_", "-")
    if kind == "bool":
        return click.Option([option], is_flag=True, help=says)
    return click.Option([option], default=parameter.default, help=says, show_default=bool(parameter.default))


def _product_command(product: str) -> click.Command:
    """`ownwords PRODUCT REQUEST [ARTIFACT] ...` is `ownwords use ARTIFACT REQUEST ...`, of the newest where none is named."""
    params: list[click.Parameter] = [
        click.Argument(["request"]),
        click.Argument(["rest"], nargs=-1, type=click.UNPROCESSED),
        click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON object."),
    ]

    @click.pass_context
    def run(ctx: click.Context, request: str, rest: tuple[str, ...], as_json: bool) -> None:
        named = rest[:1] if rest and (_workspace(ctx) / "artifacts" / rest[0].partition("/")[0]).is_dir() else ()
        given: dict[str, Any] = {"artifact": named[0] if named else product, "request": request}
        _call(ctx, "use", verbs.use, given | words.extras(rest[len(named) :], first=words.first_field(request)), as_json)

    settings = {"ignore_unknown_options": True}
    says = f"Ask the newest {product}, or the one named; short for `use {product} REQUEST`."
    return _OfProduct(product, callback=run, params=params, help=says, context_settings=settings)


def _call(ctx: click.Context, name: str, verb: Callable[..., Any], given: dict[str, Any], as_json: bool) -> None:
    """Call a verb, its progress shown on stderr, and print what it says."""
    from ownwords.core import progress
    from ownwords.faces.bars import Bars

    began = time.process_time()
    with Bars(sys.stderr) as bars, progress.heard_by(bars):
        result = verb(_workspace(ctx), **given)
        if isinstance(result, Iterator):
            result = _stream(result, as_json, bars)
    if result is not None:
        click.echo(json.dumps(result, ensure_ascii=False, default=str) if as_json else words.plain(name, result))
    if ctx.find_root().obj["log"]:
        counts = {key: value for key, value in (result or {}).items() if isinstance(value, int)}
        click.echo(words.log_line(name, time.process_time() - began, counts), err=True)


def _stream(events: Iterator[dict[str, Any]], as_json: bool, bars: Any) -> dict[str, Any] | None:
    """Print events as they come; with --json, gather them into one object."""
    if as_json:
        return {"events": list(events)}
    ended = True
    for event in events:
        bars.stop()
        text, is_ended = words.event_line(event)
        if words.is_count(event):  # rows alone go to stdout, so that they can be kept as JSON lines
            click.echo(text, err=True, nl=False)
            continue
        ended = is_ended
        sys.stdout.write(text)
        sys.stdout.flush()
    if not ended:
        sys.stdout.write("\n")
    return None
