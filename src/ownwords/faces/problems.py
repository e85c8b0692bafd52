"""Problem bodies (RFC 9457) of the HTTP face: every error of the core tree, and nothing of what anybody wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ownwords.core.errors import OwnwordsError
from ownwords.faces.trouble import as_ours

MEDIA_TYPE = "application/problem+json"
_RULE = re.compile(r"\brule (\d+)\b")


def problem(status: int, code: str, detail: str, next: str = "") -> dict[str, object]:
    """A body: type, title, status, detail (what, to which, why), next (what to do), rule if one said no."""
    title = code.replace("-", " ").capitalize()
    body: dict[str, object] = {"type": f"urn:ownwords:problem:{code}", "title": title, "status": status, "detail": detail}
    if next:
        body["next"] = next
    rule = _RULE.search(detail)
    if rule and code == "not-permitted":
        body["rule"] = int(rule[1])
    return body


def of_error(error: BaseException, is_operator: bool = True) -> dict[str, object]:
    """The body for any exception; a fault's own words (paths, devices) are for operators alone."""
    ours: OwnwordsError = as_ours(error)
    if ours.http_status >= 500 and not is_operator:
        return problem(ours.http_status, ours.code, "this could not be done now", "try again later, or ask an operator of this workspace")
    return problem(ours.http_status, ours.code, ours.what, ours.next)


def of_validation(errors: list[Mapping[str, Any]]) -> dict[str, object]:
    """The body for a request that does not fit its form: where and why, never the value."""
    told = []
    for error in errors[:5]:
        place = ".".join(str(part) for part in error["loc"] if part != "body") if error["type"] != "json_invalid" else ""
        told.append(f"{place or 'the body'}: {error['msg']}")
    return problem(422, "bad-input", "; ".join(told), "see /openapi.json for the fields")


UNKNOWN_CALLER = problem(401, "unauthenticated", "the request names no one who may come in", "send Authorization: Bearer TOKEN")
NO_TEXT = problem(422, "bad-input", "a text in the body holds NUL, or half of a surrogate pair", "write it in UTF-8")
TOO_LARGE = problem(413, "too-large", "the body is larger than 1 MiB", "give paths on the server, not contents")
