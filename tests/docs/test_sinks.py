"""docs/sinks.md: its file is sound, its figures are those of the code, its receiver believes what plait signs."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from plait.sinks import lane, schedule
from plait.sinks.deliver import MOST
from plait.sinks.webhook import signature
from plait.spec.sinks import BY_KEY, SinkSpec
from plait.spec.webhooks import key_of
from tests.docs.pages import sections

PAGE = Path(__file__).parents[2] / "docs" / "sinks.md"
TEXT = PAGE.read_text(encoding="utf-8")
WORDS = " ".join(TEXT.split())
((FILE, _, _),) = sections(PAGE)


def test_the_file_is_sound_and_has_every_kind(folder: Path) -> None:
    found = FILE.loaded(folder)
    assert found.warnings == []
    assert {spec.kind for spec in found.config.sinks.values()} == set(BY_KEY)


def test_every_key_is_told() -> None:
    table = TEXT.partition("| sink | key |")[2].partition("\n\n")[0]
    for kind in (SinkSpec, *BY_KEY.values()):
        for name in kind.model_fields:
            assert f"`{name}`" in table or f"`{name}:" in table, name


def _words(seconds: float) -> str:
    for unit, name in ((3600, "h"), (60, "min"), (1, "s")):
        if seconds >= unit:
            return f"{seconds / unit:.0f} {name}"
    raise AssertionError(seconds)


@pytest.mark.parametrize(
    "said",
    [
        f"after {', '.join(map(_words, schedule.PAUSES[:-1]))} and {_words(schedule.PAUSES[-1])}, each up to a fifth longer",
        f"for {schedule.TOGETHER / 3600:.0f} h is given up",
        f"({schedule.SHORTEST:.0f} s to a day)",
        f"{lane.AT_ONCE} messages to one sink are under way at once in each worker, and {MOST:,} may wait",
    ],
)
def test_its_figures_are_those_of_the_code(said: str) -> None:
    assert said in WORDS
    assert schedule.JITTER == 1 / 5


def test_the_receiver_believes_what_is_signed() -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    scope: dict[str, Any] = {}
    exec(code, scope)  # noqa: S102 - the page's own
    moment = int(datetime.now(UTC).timestamp())
    signed = signature(key_of("whsec_c2VjcmV0IG9mIHRoZSBwYWdlcg=="), "m", moment, b'{"a":1}')
    fields = {"webhook-id": "m", "webhook-timestamp": str(moment), "webhook-signature": signed}
    assert scope["take"](b'{"a":1}', fields) == {"a": 1}
