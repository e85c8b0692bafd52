"""Request bodies of the HTTP face, made from the verbs' own signatures."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model

from ownwords import verbs
from ownwords.faces import words

#: `init` makes the workspace that a server runs in, so it is not served.
VERBS: dict[str, Callable[..., Any]] = {
    name: getattr(verbs, name) for name in ("ingest", "consent", "permit", "build", "use", "prove", "forget")
}
Scalar = str | int | float | bool | None


class _Closed(BaseModel):
    """No field but those of the verb."""

    model_config = ConfigDict(extra="forbid")


class _Open(BaseModel):
    """Fields of the verb, and those that the product declares."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Scalar | list[Scalar]] = Field(init=False)


@cache
def model_of(name: str) -> type[BaseModel]:
    """The body of verb `name`: its parameters but the workspace, with their types, defaults and phrases."""
    verb: Callable[..., Any] = getattr(verbs, name)
    parameters = list(inspect.signature(verb).parameters.values())[1:]
    named = [parameter for parameter in parameters if parameter.kind is not parameter.VAR_KEYWORD]
    hints = get_type_hints(SimpleNamespace(__annotations__={p.name: p.annotation for p in named}), globalns=vars(inspect.getmodule(verb)))
    about = words.described(verb).of
    fields: dict[str, Any] = {
        p.name: (hints[p.name], Field(default=... if p.default is p.empty else p.default, description=about.get(p.name))) for p in named
    }
    base = _Closed if len(named) == len(parameters) else _Open
    return create_model(f"{name.capitalize()}Body", __base__=base, __doc__=words.described(verb).first, **fields)


def arguments(body: BaseModel) -> dict[str, Any]:
    """The keyword arguments for the verb."""
    return body.model_dump()
