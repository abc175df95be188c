"""What a change says beside its body: who, why, whether it is only checked, and what it must find."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast
from urllib.parse import unquote

from fastapi import Depends, Header, Query, Request

from plait.control.api.preconditions import tags
from plait.control.revisions import LONGEST_REASON, words

if TYPE_CHECKING:
    from plait.control.api.terms import Desk

AUTHOR = "X-Plait-Author"
REASON = "X-Plait-Reason"
LONGEST_NAME = 100
"""Characters of who says that it is them; the author has where it was said, too."""
_TAG = r'(W/)?"[!#-~]*"'
TAGS: dict[str, Any] = {"anyOf": [{"const": "*"}, {"pattern": rf"^{_TAG}(, ?{_TAG})*$"}]}


@dataclass(frozen=True, slots=True)
class Change:
    """What a change says beside its body.

    Args:
        who: Who says that it is them; empty if nobody does.
        reason: Why, as far as it is not in the body.
        dry_run: Whether it is only checked.
        if_match: The value of `If-Match`.
        only_new: Whether it must not replace anything: `If-None-Match: *`.
    """

    who: str
    reason: str
    dry_run: bool
    if_match: str | None
    only_new: bool

    @property
    def author(self) -> str:
        """The author, as the revision has it."""
        return f"api:{self.who}" if self.who else "api"


def change(
    request: Request,
    dry_run: Annotated[Literal["true", "false"], Query(description="Only check it; nothing is changed.")] = "false",
    reason: Annotated[str, Query(max_length=LONGEST_REASON, description="Why, for the revision.")] = "",
    author: Annotated[
        str,
        Header(alias=AUTHOR, description="Who; percent-encoded if need be.", json_schema_extra={"examples": ["ada"]}),
    ] = "",
    why: Annotated[
        str,
        Header(
            alias=REASON,
            description="As `reason`; percent-encoded if need be.",
            json_schema_extra={"examples": ["ada"]},
        ),
    ] = "",
) -> Change:
    """What a request says of its change."""
    if_match, if_none_match = _field(request, "if-match"), _field(request, "if-none-match")
    only_new = if_none_match is not None and tags(if_none_match, "If-None-Match").every
    who = words(unquote(author), LONGEST_NAME).strip()
    text = words(reason or unquote(why), LONGEST_REASON).strip()
    return Change(who, text, dry_run == "true", if_match, only_new)


def guarded(
    if_match: Annotated[
        str, Header(alias="If-Match", description='Only if this revision is active: `"7"`.', json_schema_extra=TAGS)
    ] = "",
) -> str:
    """Documents `If-Match`, which is read by `change` from all its lines."""
    return if_match


def known(
    if_none_match: Annotated[
        str,
        Header(
            alias="If-None-Match",
            description="Answer 304 if this revision is still active.",
            json_schema_extra=TAGS,
        ),
    ] = "",
) -> str:
    """Documents `If-None-Match`."""
    return if_none_match


def desk(request: Request) -> Desk:
    """Who is asked."""
    return cast("Desk", request.app.state.desk)


At = Annotated[Any, Depends(desk)]
"""Who is asked, as a route is given it."""
Asked = Annotated[Change, Depends(change)]
"""What a change says beside its body, as a route is given it."""


def _field(request: Request, name: str) -> str | None:
    lines = request.headers.getlist(name)
    return ", ".join(lines) if lines else None
