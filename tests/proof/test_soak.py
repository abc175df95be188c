"""How the soak tells growth from peaks."""

from __future__ import annotations

import random

import pytest

from proof.soak import lows, slope


@pytest.mark.parametrize("growth", [0.0, 0.001, -0.01])
def test_the_slope_is_that_of_the_growth_whatever_peaks_there_are(growth: float) -> None:
    draws = random.Random(1)
    points = [(float(second), 50.0 + growth * second + (30.0 if draws.random() < 0.1 else 0.0)) for second in range(300)]
    assert slope(points) == pytest.approx(growth, abs=1e-4)


def test_a_burst_in_a_window_does_not_count_and_growth_does() -> None:
    points = [(float(second), 50.0 + 0.01 * second + (15.0 if 40 <= second < 43 or second > 58 else 0.0)) for second in range(60)]
    found = lows(points, 60)
    assert len(found) == 10
    assert slope(found) == pytest.approx(0.01, abs=1e-4)
