"""The colours and rules of a picture: light, and dark where the reader's system is."""

from __future__ import annotations

import re

from plait.graph.draw.letters import FONTS

# Each colour by day and by night. Words have at least 4.5 : 1 to what they stand on, lines and borders that mean something 3 : 1.
COLOURS = {
    "paper": ("#ffffff", "#10161e"),
    "card": ("#ffffff", "#1b2430"),
    "asked": ("#eef4fd", "#18283f"),
    "asked-edge": ("#6f93c9", "#5578ad"),
    "whole": ("#f4f0fc", "#292341"),
    "ink": ("#1a2430", "#e8edf4"),
    "soft": ("#4c5a69", "#a9b6c6"),
    "edge": ("#64748a", "#8b9bb0"),
    "border": ("#8b98a8", "#66768a"),
    "chip-edge": ("#d3dae2", "#3a4858"),
    "chip": ("#e9edf2", "#2c3846"),
    "row": ("#556374", "#9fb0c3"),
    "row-in": ("#f7f9fa", "#171e27"),
    "row-by": ("#a9b3bf", "#4d5a69"),
    "stack": ("#2c5fc0", "#82b1ff"),
    "stack-in": ("#f5f8fe", "#141d2b"),
    "stack-by": ("#94b0e3", "#43659b"),
    "choice": ("#8d5a06", "#e6b450"),
    "choice-in": ("#fcf8ef", "#1f1d1a"),
    "choice-by": ("#cfae72", "#806a3a"),
    "turns": ("#ad3457", "#f28fa9"),
    "turns-in": ("#fdf5f7", "#211a22"),
    "turns-by": ("#dc9db0", "#8a5567"),
    "frame": ("#0a7268", "#52cfc0"),
    "frame-in": ("#f1f9f8", "#132024"),
    "frame-by": ("#7dbab3", "#357a74"),
    "beside": ("#6549b8", "#b9a5ff"),
    "beside-in": ("#f7f5fd", "#1b1c2d"),
    "beside-by": ("#b1a1e0", "#6a5d9c"),
}
ARRANGEMENTS = ("row", "stack", "choice", "turns", "frame", "beside")

_RULES = """\
{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;color-scheme:light dark}
.paper{fill:$paper}
.box{fill:$card;stroke:$border;stroke-width:1.2}
.line{fill:none;stroke:$edge;stroke-width:1.5}
.dashed{stroke-dasharray:4 3.5}
.tip{fill:$edge}
.end{fill:$paper;stroke:$edge;stroke-width:1.8}
.start{fill:$edge}
text{fill:$ink}
.heading,.title,.badge{font-weight:600}
.kind,.fact,.note,.option,.route{fill:$soft}
rect.chip{fill:$chip;stroke:$chip-edge}
.badge{text-anchor:middle}
.kind-predict>.box{fill:$asked;stroke:$asked-edge}
.graph>.box{fill:$whole;stroke:$beside}
.optional>.box,.excluded>.box,.as-beside>.node~.node>.box{stroke-dasharray:5 3.5}
.excluded>text .title{text-decoration:line-through}
.as-beside>.node~.node .box{fill:$paper}"""
_ARRANGED = """\
.as-{0}>.box,.as-{0}>.sheet{{fill:${0}-in;stroke:${0}-by}}
.as-{0}>text .kind,.as-{0}>text .title,.as-{0}>svg .kind,.as-{0}>svg .title{{fill:${0}}}
.as-{0}>.dot{{fill:${0}}}
.as-{0}>.badge{{fill:$paper}}"""

_COLOUR = re.compile(r"([a-z-]+):\$([a-z-]+)")


def css(scope: str) -> str:
    """The rules, each for what is within an element of the class `scope`."""
    sizes = "\n".join(f".{style}{{font-size:{font.size}px}}" for style, font in FONTS.items())
    rules = "\n".join([_RULES, sizes, *map(_ARRANGED.format, ARRANGEMENTS)])
    scoped = "\n".join(f".{scope}{_within(rule, scope)}" for rule in rules.splitlines())
    plain = _COLOUR.sub(lambda found: f"{found[1]}:{COLOURS[found[2]][0]}", scoped)
    themed = "\n".join(_themed(rule) for rule in scoped.splitlines() if _COLOUR.search(rule))
    night = f"@media (prefers-color-scheme:dark){{.{scope}{{{_values(1)}}}}}"
    # Programs that know no variables pass over what is for those that do, and draw by day.
    return f"{plain}\n.{scope}{{{_values(0)}}}\n{night}\n@supports (fill:var(--plait-ink)){{\n{themed}\n}}"


def _within(rule: str, scope: str) -> str:
    selectors, brace, declarations = rule.partition("{")
    return f" {f',.{scope} '.join(selectors.split(','))}{brace}{declarations}" if selectors else rule


def _themed(rule: str) -> str:
    """A rule with nothing but its colours, as variables."""
    colours = ";".join(f"{found[1]}:var(--plait-{found[2]})" for found in _COLOUR.finditer(rule))
    return f"{rule.partition('{')[0]}{{{colours}}}"


def _values(which: int) -> str:
    return ";".join(f"--plait-{name}:{pair[which]}" for name, pair in COLOURS.items())
