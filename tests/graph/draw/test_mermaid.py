"""Graphs as mermaid: what its grammar needs, and no text that means anything to it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.graph.draw import draw_mermaid
from plait.graph.draw.mermaid import escaped
from plait.graph.spec import Config
from plait.nodes.node import NodeSpec
from tests.graph.draw.drawing import Copied, Each, config, node, nodes

QUOTED = r"[\w ·…,()=/'.:<>#;-]*"
LINE = re.compile(
    rf'  (n\d+(\["{QUOTED}"\]|\(\["{QUOTED}"\]\)|\{{\{{"{QUOTED}"\}}\}}|\{{"{QUOTED}"\}}|\(\(" "\)\))'
    rf'|n\d+ (-->|-\.->)(\|"{QUOTED}"\|)? n\d+|subgraph n\d+\["{QUOTED}"\]|direction LR|end)'
)


def test_a_graph_of_every_arrangement() -> None:
    whole = {
        "sequence": [
            {"parallel": {"x": "small", "y": {"predict": "other", "timeout": "250ms"}}},
            {"switch": [{"when": 'input.x == "a"', "then": "small"}, {"else": {"value": 1}}]},
            {"fallback": ["small", {"value": 2}]},
        ]
    }
    assert draw_mermaid(config(node(whole)), ["predict"]).splitlines() == [
        "flowchart LR",
        '  n0{{"parallel<br>require all · merge by_name"}}',
        '  n1["x<br>asks small · 127.0.0.1:8000 · timeout 1s"]',
        '  n2(["y<br>asks other · graph other<br>within 250ms"])',
        '  n3((" "))',
        "  n0 --> n1",
        "  n1 --> n3",
        "  n0 --> n2",
        "  n2 --> n3",
        '  n4{"switch"}',
        '  n5["small<br>127.0.0.1:8000 · timeout 1s"]',
        '  n6["value<br>1"]',
        '  n7((" "))',
        '  n4 -->|"when input.x == #34;a#34;"| n5',
        "  n5 --> n7",
        '  n4 -->|"else"| n6',
        "  n6 --> n7",
        '  n8{{"fallback"}}',
        '  n9["small<br>127.0.0.1:8000 · timeout 1s"]',
        '  n10["value<br>2"]',
        '  n11((" "))',
        '  n8 -->|"1"| n9',
        '  n9 -.->|"2 · if it fails"| n10',
        "  n9 --> n11",
        "  n10 --> n11",
        "  n3 --> n4",
        "  n7 --> n8",
    ]


def test_repeated_nodes_are_framed_and_copies_are_dashed() -> None:
    copied = Copied.model_construct(of=node("small"), copied=node("other"))
    lines = draw_mermaid(config(Each.model_construct(items="input.pages", do=copied)), ["predict"]).splitlines()
    assert lines[1:3] == ['  subgraph n0["each · for each item of input.pages"]', "  direction LR"]
    assert lines[-3:] == ["  n1 --> n2", '  n1 -.->|"copy"| n3', "  end"]


def test_several_graphs_are_a_frame_each() -> None:
    two = Config.model_validate({"predictors": {"a": {"url": "http://127.0.0.1:1"}}, "graphs": {"predict": "a", "label": "a"}})
    lines = draw_mermaid(two, ["predict", "label"]).splitlines()
    assert [line for line in lines if "subgraph" in line] == [
        '  subgraph n0["predict · POST /predict · timeout 2s"]',
        '  subgraph n2["label · POST /predict/label · timeout 2s"]',
    ]


@given(nodes)
def test_every_line_is_one_that_mermaid_reads(root: NodeSpec) -> None:
    first, *lines = draw_mermaid(config(root), ["predict"]).splitlines()
    assert first == "flowchart LR"
    assert all(LINE.fullmatch(line) for line in lines), lines


@given(st.text(max_size=60))
def test_no_letter_that_means_something_is_left(text: str) -> None:
    found = re.sub(r"#\d+;", "", escaped(text))
    assert not set(found) & set('"`<>&#;|{}[]\\*~$%@!+^\n')


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('a "b" <c> & #d;', "a #34;b#34; #60;c#62; #38; #35;d#59;"),
        ("output.prediction[0] >= 0.9", "output.prediction#91;0#93; #62;= 0.9"),
        ("1. _x_ - *y*", "1#46; #95;x#95; #45; #42;y#42;"),
        ("http://www.x.y", "http#58;//#119;#119;#119;.x.y"),
        ("style a:b", "#115;#116;#121;#108;#101; a:b"),
        ("fa:fa-user", "#102;a:fa-user"),
        ("日本 مرحبا é", "日本 مرحبا é"),
    ],
)
def test_what_means_something_is_written_by_number(text: str, written: str) -> None:
    assert escaped(text) == written


def test_a_very_long_text_is_cut() -> None:
    assert escaped("word " * 100).endswith("…")
