"""A picture as a file: well-formed, safe, the same every time, with everything in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given

from plait.errors import Problem
from plait.graph.draw import draw_node, draw_svg
from plait.graph.draw.style import COLOURS, css
from plait.graph.link import Linker
from plait.graph.load import load_checked
from plait.graph.spec import Config
from plait.nodes.node import NodeSpec
from plait.nodes.union import KINDS
from plait.spec.predictor import Predictor
from plait.testing import FakePredictor
from tests.graph.draw.drawing import Copied, config, node, nodes

ROOT = Path(__file__).parents[3]
SVG = "{http://www.w3.org/2000/svg}"
EVERY_KIND: dict[str, Any] = {
    "sequence": [
        {"parallel": {"x": "small", "y": {"predict": "small", "optional": True, "timeout": "250ms"}, "z": "off"}},
        {"switch": [{"when": "input.x < 1", "then": "small"}, {"else": {"value": {"text": "<&>"}}}], "name": "chosen"},
        {"split": [{"weight": 9, "to": "small"}, {"weight": 1, "to": "label"}]},
        {"fallback": ["small", "small"]},
        {"cascade": ["small", "small"], "until": "output.x > 1"},
        {"map": "input.items", "do": {"predict": "small", "cache": {"ttl": "1m"}}, "concurrency": 4},
        {"shadow": {"predict": "small", "name": "candidate"}, "of": "small", "sample": "10%"},
        {"python": "tests.nodes.functions:double"},
        {"transform": "${input.x}", "on_error": "skip"},
    ]
}
PREDICTORS = {"small": {"url": "http://127.0.0.1:8000"}, "off": {"url": "http://127.0.0.1:8001", "enabled": False}}


def whole() -> Config:
    return Config.model_validate({"predictors": PREDICTORS, "graphs": {"predict": EVERY_KIND, "label": {"parallel": ["small"]}}})


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - it is our own


def groups(root: ET.Element) -> Iterator[ET.Element]:
    return (element for element in root.iter(f"{SVG}g") if "data-node" in element.attrib)


def words(root: ET.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}tspan")]


def test_every_kind_is_drawn_with_its_class_and_its_words() -> None:
    root = parsed(draw_svg(whole(), ["predict"]))
    classes = {name for group in groups(root) for name in group.attrib["class"].split()}
    assert {f"kind-{kind.kind}" for kind in KINDS} <= classes
    assert {"graph", "excluded", "optional", "as-row", "as-stack", "as-choice", "as-turns", "as-frame", "as-beside"} <= classes
    assert {"127.0.0.1:8000 · timeout 1s", "90 %", "else", "when input.x < 1", "within 250ms", "on error skip"} <= set(words(root))


def test_nodes_carry_the_paths_that_errors_have() -> None:
    given_config = whole()
    problems: list[Problem] = []
    linker = Linker(given_config, {name: FakePredictor(name) for name in PREDICTORS}, problems, alone=True)
    linker.graph("predict")
    paths = [group.attrib["data-node"] for group in groups(parsed(draw_svg(given_config, ["predict"])))]
    assert not problems
    assert len(paths) == len(set(paths))
    assert {ask.path for ask in linker.asks} <= set(paths)
    assert paths[:3] == ["predict", "predict/parallel", "predict/parallel/x"]
    assert {"predict/chosen/small", "predict/fallback/small.2", "predict/split/label"} <= set(paths)


def test_graphs_stand_below_each_other_under_their_names_routes_and_timeouts() -> None:
    root = parsed(draw_svg(whole(), ["predict", "label"]))
    headings = [word.text for text in root.findall(f"{SVG}text") for word in text]
    assert headings == ["predict", "POST /predict", "timeout 2s", "label", "POST /predict/label", "timeout 2s"]
    tops = [float(group.attrib["transform"].split()[1].rstrip(")")) for group in root.findall(f"{SVG}g")]
    assert tops == sorted(tops)


def test_no_graphs_are_an_empty_page() -> None:
    assert not list(groups(parsed(draw_svg(Config(), []))))


@given(nodes)
def test_a_picture_is_well_formed_and_the_same_every_time(root: NodeSpec) -> None:
    drawn = draw_svg(config(root), ["predict"])
    assert drawn == draw_svg(config(root), ["predict"])
    assert {element.tag.removeprefix(SVG) for element in parsed(drawn).iter()} <= set(
        "svg title desc style rect g path circle text tspan".split()
    )


NASTY = "</text></title></svg><script>alert('1')</script>&lt; \"q\" ]]> 日本語 مرحبا 😀 \u202e\x00" + "W" * 500


def test_no_text_of_a_file_becomes_markup_and_what_is_cut_is_told_whole() -> None:
    nasty = config(node({"parallel": {"x": {"value": NASTY}, "y": {"predict": "small", "when": NASTY}}}))
    drawn = draw_svg(nasty, ["predict"])
    assert "<script" not in drawn
    titles = [element.text or "" for element in parsed(drawn).iter(f"{SVG}title")]
    assert any("<script>alert('1')</script>&lt;" in title and title.endswith("W" * 500) for title in titles)
    assert not any("W" * 100 in word for word in words(parsed(drawn)))


def test_a_long_condition_is_cut_and_told_whole() -> None:
    when = " && ".join(f"input.field_{place} > {place}" for place in range(20))
    root = parsed(draw_svg(config(node({"switch": [{"when": when, "then": "small"}]})), ["predict"]))
    assert any(word.endswith("…") for word in words(root))
    assert f"when {when}" in [title.text for text in root.iter(f"{SVG}text") for title in text.iter(f"{SVG}title")]


def test_a_picture_says_what_it_is_to_those_who_do_not_see_it() -> None:
    root = parsed(draw_svg(whole(), ["predict"]))
    assert (root.attrib["role"], root.attrib["aria-label"]) == ("img", "plait: predict")
    assert [child.tag.removeprefix(SVG) for child in root][:2] == ["title", "desc"]
    said = root.findtext(f"{SVG}desc", "").splitlines()
    assert said[0] == "sequence"
    assert "    90 %: small · http://127.0.0.1:8000 · timeout 1s" in said


def test_many_pictures_can_share_a_page() -> None:
    root = parsed(draw_svg(whole(), ["predict"]))
    assert not [element for element in root.iter() if "id" in element.attrib]
    rules = [line for line in root.findtext(f"{SVG}style", "").splitlines() if line[0] not in "@}"]
    assert all(part.startswith(".plait-graph") for rule in rules for part in rule.partition("{")[0].split(","))


def test_a_copy_is_set_apart_and_nothing_comes_back_from_it() -> None:
    root = parsed(draw_node(Copied.model_construct(of=node("small"), copied=node("other")), {}))
    (frame, *_) = groups(root)
    assert "as-beside" in frame.attrib["class"]
    assert [path.attrib["class"] for path in frame.findall(f"{SVG}path")].count("line dashed") == 1
    assert "copy" in words(root)


def test_a_node_draws_itself_without_a_file() -> None:
    drawn = parsed(draw_node(node({"sequence": ["small", "other"]}), {"small": Predictor(url="http://127.0.0.1:8000")}, "mine"))
    assert [group.attrib["data-node"] for group in groups(drawn)] == ["mine", "mine/small", "mine/other"]
    assert "graph other" in words(drawn)


def test_programs_that_know_no_variables_see_the_colours_of_the_day() -> None:
    plain = css("scope").partition("@supports")[0].partition("\n.scope{--")[0]
    assert f".scope .paper{{fill:{COLOURS['paper'][0]}}}" in plain
    assert "var(" not in plain
    assert "$" not in css("scope")


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, two: str, night: int) -> float:
    """As WCAG 2 defines it."""
    high, low = sorted((_luminance(COLOURS[one][night]), _luminance(COLOURS[two][night])), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("night", [0, 1])
def test_words_and_lines_stand_out_by_day_and_by_night(night: int) -> None:
    grounds = [name for name in COLOURS if name.endswith("-in")] + ["paper"]
    for ground in [*grounds, "card", "asked", "whole", "chip"]:
        assert _contrast("soft", ground, night) >= 4.5, ground
        assert _contrast("ink", ground, night) >= 7, ground
    for ground in grounds:
        assert _contrast("edge", ground, night) >= 3, ground
    for hue in ("row", "stack", "choice", "turns", "frame", "beside"):
        assert _contrast(hue, f"{hue}-in", night) >= 4.5, hue


def test_the_picture_in_the_readme_is_what_explain_draws() -> None:
    iris = load_checked(ROOT / "examples" / "iris" / "plait.yaml", {}).config
    assert (ROOT / "docs" / "images" / "label.svg").read_text() == draw_svg(iris, ["label"]) + "\n"
