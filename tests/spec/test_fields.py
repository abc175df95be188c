import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.spec.fields import duration_text, seconds


@given(st.integers(0, 999_999_999), st.integers(1, 999_999_999), st.sampled_from(["ms", "s", "m", "h"]))
def test_a_duration_is_written_so_that_it_is_read_as_the_same(whole: int, fraction: int, unit: str):
    value = seconds(f"{whole}.{fraction}{unit}")
    assert seconds(duration_text(value)) == value


@pytest.mark.parametrize("text", ["1h", "90m", "2s", "250ms", "1500ms", "0.5ms", "36h", "0.000000001ms"])
def test_a_duration_is_written_in_the_largest_unit_that_needs_the_fewest_digits(text: str):
    assert duration_text(seconds(text)) == text
