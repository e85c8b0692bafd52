"""Write the documents that follow from the code: the command line, the catalogues, the tree in the README.

python docs/generate.py           writes them
python docs/generate.py --check   exits 1 and names the first that is out of date
"""

from __future__ import annotations

import ast
import inspect
import sys
from dataclasses import fields
from pathlib import Path

import click

from ownwords.core import plugins
from ownwords.core.purpose import PURPOSES
from ownwords.faces.cli import cli

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "ownwords"
BEGIN, END = "<!-- tree: written by docs/generate.py -->", "<!-- /tree -->"


def first_line(path: Path) -> str:
    """The first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n")[0]


def tree() -> str:
    """Folders and files of the package with what each is for."""
    lines = ["```"]
    for folder in sorted(path for path in SOURCE.iterdir() if (path / "__init__.py").exists()):
        lines.append(f"{folder.name + '/':<24}{first_line(folder / '__init__.py')}")
        for path in sorted(folder.iterdir()):
            if path.name.startswith("__") or path.name.endswith(".pyc"):
                continue
            module = path / "__init__.py" if path.is_dir() else path
            if module.suffix == ".py" and module.exists():
                name = path.name + "/" if path.is_dir() else path.name
                lines.append(f"  {name:<22}{first_line(module)}")
    return "\n".join([*lines, "```"])


def readme() -> str:
    """The README with its tree brought up to date."""
    text = (ROOT / "README.md").read_text()
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n{tree()}\n{END}{after}"


def command_line() -> str:
    """`--help` of every command."""
    parts = ["# Command line\n\nWritten by `docs/generate.py` from the commands themselves.\n"]
    context = click.Context(cli, info_name="ownwords", terminal_width=110, max_content_width=110)
    names = ["", *cli.list_commands(context)]
    for name in names:
        command = cli.get_command(context, name) if name else cli
        assert command is not None
        own = click.Context(command, info_name=name, parent=context, terminal_width=110, max_content_width=110) if name else context
        parts.append(f"## ownwords {name}".rstrip() + f"\n\n```text\n{command.get_help(own).rstrip()}\n```\n")
    return "\n".join(parts)


def catalogues() -> str:
    """Purposes, sources, rules, steps and products."""
    parts = ["# Catalogues\n\nWritten by `docs/generate.py` from the files themselves.\n", "## Purposes\n"]
    parts.append("| purpose | what for | elevated | W3C DPV | fideslang | AIPREF | RSL | Bluesky |\n|---|---|---|---|---|---|---|---|")
    for one in PURPOSES.values():
        terms = (one.dpv, one.fideslang, one.aipref, one.rsl, one.bluesky)
        parts.append(f"| `{one.name}` | {one.says} | {'yes' if one.elevated else ''} | " + " | ".join(terms) + " |")
    parts.append("\n## Sources\n")
    parts += [f"- `{name}`: {_says('source', name)}" for name in plugins.names("source")]
    parts.append("\n## Rules of the gate\n")
    rules = sorted((plugins.load("rule", name) for name in plugins.names("rule")), key=lambda rule: rule.NUMBER)
    parts += [f"- **{rule.NUMBER}** ({rule.KIND}): {rule.SAYS}" for rule in rules]
    parts.append("\n## Steps\n")
    for name in plugins.names("step"):
        params = ", ".join(f"{key}={value}" for key, value in plugins.load("step", name).PARAMS.items())
        parts.append(f"- `{name}`: {_says('step', name)}" + (f" ({params})" if params else ""))
    parts.append("\n## Products\n")
    for name in plugins.names("product"):
        declared = plugins.load("product", name)
        parts.append(f"- `{name}`: {_says('product', name)}")
        parts += [f"  - `--{_option(field.name)}` {field.metadata.get('says', '')}" for field in fields(declared.OPTIONS)]
        for request, kind in declared.REQUESTS.items():
            parts.append(f"  - request `{request}`: " + ", ".join(f"`{_option(field.name)}`" for field in fields(kind)))
    return "\n".join(parts) + "\n"


def _option(name: str) -> str:
    return name.replace("_", "-")


def _says(kind: str, name: str) -> str:
    return (inspect.getdoc(plugins.load(kind, name)) or "").partition("\n")[0]


def main() -> int:
    """Write, or check."""
    wanted = {ROOT / "README.md": readme(), ROOT / "docs" / "cli.md": command_line(), ROOT / "docs" / "catalogues.md": catalogues()}
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is out of date. Next: make docs")
        return 1 if stale else 0
    for path in stale:
        path.write_text(wanted[path])
        print(f"wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
