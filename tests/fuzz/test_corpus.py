"""Every target keeps its promise for its corpus, and for inputs that are nearly in it."""

from __future__ import annotations

import sys

import pytest

from fuzz.run import MOST
from fuzz.targets import NAMES, entries, load, words
from tests.fuzz.mutations import mutations

MUTATIONS = 300


@pytest.mark.parametrize("name", NAMES)
def test_a_target_holds_for_its_corpus(name: str):
    target = load(name)
    for entry in entries(name):
        try:
            target.one_input(entry.read_bytes())
        except Exception as exc:
            exc.add_note(f"fuzz/corpus/{name}/{entry.name}")
            raise


@pytest.mark.parametrize("name", NAMES)
def test_a_target_holds_for_what_is_nearly_in_its_corpus(name: str):
    target = load(name)
    for data in mutations(name, [entry.read_bytes() for entry in entries(name)], words(name), MUTATIONS):
        try:
            target.one_input(data)
        except Exception as exc:
            exc.add_note(f"{name} of {data!r}")
            raise


@pytest.mark.parametrize("name", NAMES)
def test_a_corpus_is_small_and_its_finds_have_names(name: str):
    found = entries(name)
    assert 0 < len(found) <= MOST
    assert not [entry.name for entry in found if entry.name.startswith("found-")]
    assert max(entry.stat().st_size for entry in found) <= 4096


def test_the_corpora_are_run_without_atheris():
    assert "atheris" not in sys.modules
