"""Every promise of docs/proof.md, in a short form: what is counted holds here too, times within generous limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from proof.catalogue import ALL
from proof.row import Row, Run

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.mark.parametrize("row", ALL, ids=lambda row: row.name)
async def test_the_short_form_holds(row: Row[Any], tmp_path: Path) -> None:
    shares = [0.0]
    figures = await row.measure(row.short, Run(1, tmp_path, shares.append))
    assert row.missed(figures, short=True) == []
    assert shares[-1] > 0.5
    assert all(0 <= share <= 1 for share in shares)
