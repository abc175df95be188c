"""What a file says of one predictor."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from plait.spec.address import Address, parse_url
from plait.spec.base import Spec
from plait.spec.fields import Duration, FieldName, FieldValue, Many, Target


def _valid_url(text: str) -> str:
    parse_url(text)
    return text


def _once(fields: dict[str, str]) -> dict[str, str]:
    names = [name.lower() for name in fields]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"has the field {twice} twice; capitals make no other name")
    if "traceparent" in names:
        raise ValueError("has the field traceparent, which is passed on from the client; leave it out")
    return fields


class Predictor(Spec):
    """The service that serves one model."""

    url: Annotated[str, AfterValidator(_valid_url)]
    """Where it answers: `http://host:port`, with the path of its inference call if that is not `/predict`."""
    model: str | None = None
    """The model's file, from which `plait up` starts this predictor at its URL."""
    protocol: Literal["json"] = "json"
    """How it wants to be asked."""
    path: Target | None = None
    """The whole path of the inference call; by default the URL's, else `/predict`."""
    timeout: Duration | None = None
    """How long one call may take (default 1s)."""
    connect_timeout: Duration | None = None
    """How long connecting may take (default 500ms, never longer than the call)."""
    headers: Annotated[dict[FieldName, FieldValue], AfterValidator(_once)] = Field(default_factory=dict)
    """Header fields added to every call."""
    forward_headers: Many[FieldName] = ()
    """Header fields of the client that this predictor may see."""
    pass_status: Many[Literal[400, 413, 415, 422]] = (400, 413, 415, 422)
    """Statuses by which it says that the request is wrong; they are passed on."""
    enabled: bool = True
    """False takes the predictor out: a parallel answers as if it had no such branch."""
    description: str = ""
    """One line for whoever reads the file."""

    @property
    def address(self) -> Address:
        """Host, port and path of its URL."""
        return parse_url(self.url)
