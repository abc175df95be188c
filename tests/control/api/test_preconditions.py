from __future__ import annotations

import pytest

from plait.control.api.preconditions import matched, unchanged
from plait.control.errors import Stale
from plait.errors import BadRequest


@pytest.mark.parametrize("value", ['"7"', '"6", "7"', '"6","7"', ' "7" ', '"a b", "7"'.replace(" b", "b")])
def test_a_strong_tag_of_what_is_active_matches(value: str):
    assert matched(value, 7) == 7


@pytest.mark.parametrize("value", [None, "*", " * "])
def test_without_the_field_or_with_a_star_any_revision_will_do(value: str | None):
    assert matched(value, 7) is None


@pytest.mark.parametrize("value", ['"6"', 'W/"7"', '"6", W/"7"', '"07"', '""'])
def test_other_and_weak_tags_never_match(value: str):
    with pytest.raises(Stale):
        matched(value, 7)


@pytest.mark.parametrize("value", ["7", '"7', '7"', '"7" "8"', '"7",', "", ",", '*, "7"', 'w/"7"', '"7\x00"'])
def test_what_is_no_list_of_tags_is_a_bad_request(value: str):
    with pytest.raises(BadRequest):
        matched(value, 7)


@pytest.mark.parametrize("value", ['"7"', 'W/"7"', "*", '"6", W/"7"'])
def test_a_reader_that_has_it_is_told_so_by_weak_tags_too(value: str):
    assert unchanged(value, 7)


@pytest.mark.parametrize("value", [None, '"6"', 'W/"6"'])
def test_a_reader_that_has_another_gets_it(value: str | None):
    assert not unchanged(value, 7)
