"""What a file says of the access log."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from plait.spec.base import Spec
from plait.spec.bounds import Count, duration_within
from plait.spec.fields import Duration, Share

WORDS = ("stderr", "stdout", "off")


def _place(text: str) -> str:
    if text not in WORDS and "/" not in text:
        raise ValueError(f"is no place for a log; write {', '.join(WORDS)}, or a path with a slash such as ./access.log")
    return text


class AccessLog(Spec):
    """Which requests are written down, one line of JSON each, and where."""

    to: Annotated[str, AfterValidator(_place)] = "stderr"
    """`stderr`, `stdout`, `off`, or the path of a file, which is opened anew when it was moved away."""
    sample: Share = 0.0
    """How many of the requests that went well are written, by chance; of those that did not, all are."""
    slow: Annotated[Duration, duration_within(0.001, 86400.0)] = 1.0
    """What takes longer did not go well."""
    lines: Count = 1_000
    """Lines a second at most, of each worker; further ones are counted."""
