"""What a stream tells of one part."""

from __future__ import annotations

from typing import Any

import msgspec

from plait.answer import PartState


class Part(PartState, frozen=True, kw_only=True):
    """One call of a predictor, as it ended: `key` is its name in the answer, `output` what it answered if `status` is ok."""

    key: str = msgspec.field(name="part")
    node: str
    output: Any = None
