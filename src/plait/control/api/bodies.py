"""What a request brings: text as in a file, with the place of everything in it."""

from __future__ import annotations

import asyncio
import re

from starlette.requests import ClientDisconnect, Request

from plait.control.revisions import LONGEST_REASON
from plait.errors import BadRequest, ConfigError, RequestTimeout, TooLarge, UnsupportedMediaType
from plait.graph.document import Document
from plait.graph.text import LIMIT, Kind, parse
from plait.spec.fields import size_text

KINDS: dict[str, Kind] = {
    "application/json": "json",
    "application/yaml": "yaml",
    "application/x-yaml": "yaml",
    "text/yaml": "yaml",
}
PATIENCE = 20.0
"""Seconds that a body may take to arrive."""
SOURCE = "the request"
_CHARSET = re.compile(r';\s*charset\s*=\s*"?(?!utf-8\b)', re.IGNORECASE)


async def document(request: Request) -> Document:
    """The body, read to its end.

    Raises:
        BadRequest: If it is empty, or no JSON or YAML.
        RequestTimeout: If it does not arrive in time.
        TooLarge: If it is longer than a file may be.
        UnsupportedMediaType: If it is not said to be one of both, in UTF-8.
    """
    kind = _kind(request)
    text = await body(request)
    if not text.strip():
        raise BadRequest("there is no body")
    try:
        return await asyncio.to_thread(parse, text, kind, SOURCE)
    except ConfigError as exc:
        raise Malformed(exc.problems, SOURCE) from None


class Malformed(ConfigError):
    """A body that cannot be read to its end."""

    code, title, status = "malformed", "Malformed body", 400


async def reason(request: Request) -> str:
    """The reason in a body such as `{"reason": "…"}`, which may be missing.

    Raises:
        ConfigError: If it says anything else.
        RequestError: As for `document`.
    """
    if not await body(request):
        return ""
    said = await document(request)
    if not isinstance(said.data, dict) or said.problems:
        raise ConfigError(list(said.problems) or [said.problem((), "is no mapping", "write it as {reason: why}")], SOURCE)
    wrong = [said.problem((key,), "is an unknown key", "there is only reason") for key in said.data if key != "reason"]
    text = said.data.get("reason", "")
    if not isinstance(text, str):
        wrong.append(said.problem(("reason",), "is no text", "put it in quotes"))
    elif len(text) > LONGEST_REASON:
        wrong.append(said.problem(("reason",), "is too long", f"{LONGEST_REASON} characters are the most"))
    if wrong:
        raise ConfigError(wrong, SOURCE)
    return str(text)


def _kind(request: Request) -> Kind:
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaType("the body must have no content coding")
    said = request.headers.get("content-type", "")
    kind = KINDS.get(said.split(";")[0].strip().lower())
    if kind is None or _CHARSET.search(said):
        raise UnsupportedMediaType(f"the body must be {', '.join(KINDS)}, in UTF-8")
    return kind


async def body(request: Request) -> bytes:
    """The body's bytes, as many as a file may have.

    Raises:
        RequestTimeout: If it does not arrive in time.
        TooLarge: If there are more.
    """
    known = getattr(request.state, "body", None)
    if known is not None:
        return bytes(known)
    found = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for chunk in request.stream():
                found += chunk
                if len(found) > LIMIT:
                    raise TooLarge(f"the body is longer than {size_text(LIMIT)}")
    except TimeoutError:
        raise RequestTimeout(f"the body did not arrive within {PATIENCE:g} s") from None
    except ClientDisconnect:
        raise BadRequest("the body broke off") from None
    request.state.body = bytes(found)
    return request.state.body  # type: ignore[no-any-return]
