"""The pages of docs/nodes as data: the files that they show, and what they say these answer.

In a page, a file is a fenced block of YAML; `# answers …` behind a predictor says what that predictor answers. What follows up to
the next file is about it: Python is the module that its first line names, "`POST /route` with" and "answers" stand before a request
and its answer, and a table whose first column is called `if` has one situation in a row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plait.errors import BadAnswer, PlaitError, Refused, Unreachable
from plait.graph.load import Loaded, load_checked
from plait.spec.fields import seconds
from plait.spec.predictor import Predictor
from plait.testing import FakePredictor
from plait.types import Message

PAGES = Path(__file__).parents[2] / "docs" / "nodes"

_FILE = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MODULE = re.compile(r"^```python\n# (\S+)\n.*?^```$", re.MULTILINE | re.DOTALL)
_ASKED = re.compile(r"`POST (/\S+)` with\n\n```json\n([^`]+)```\n\nanswers\n\n```json\n([^`]+)```")
_TABLE = re.compile(r"^\| if \|.*?\n(?=\n)", re.MULTILINE | re.DOTALL)
_ANSWERS = re.compile(r"^  (\w+):.*# answers (.+)$", re.MULTILINE)
_CLAUSE = re.compile(
    r"`(?P<name>\w+)` (?P<does>is unreachable|is silent|answers (\d+|`[^`]+`)|takes \w+)( to `(?P<asked>[^`/][^`]*)`)?"
    r"|the request is `(?P<request>[^`]+)`|to `(?P<route>/[^`]+)`|with `(?P<header>[^`:]+): (?P<value>[^`]+)`"
)
_NOTHING = re.compile(r"(nothing fails|and|[, ])*")
_JSON = json.JSONDecoder()

ANYTHING = object()
"""Whatever the request."""


@dataclass(frozen=True)
class File:
    """A file that a page shows, with the modules beside it."""

    text: str
    modules: dict[str, str]

    @property
    def canned(self) -> dict[str, str]:
        """What each predictor answers, as the file says it."""
        return dict(_ANSWERS.findall(self.text))

    def loaded(self, folder: Path) -> Loaded:
        """The file as it is in a folder, with its modules."""
        for name, text in self.modules.items():
            (folder / name).write_text(text, encoding="utf-8")
        path = folder / "plait.yaml"
        path.write_text(self.text, encoding="utf-8")
        return load_checked(path, {})


@dataclass
class Situation:
    """One request to a file's graphs, and what is said to come of it."""

    page: str
    line: int
    file: File
    route: str = "/predict"
    request: Any = None
    headers: dict[bytes, bytes] = field(default_factory=dict)
    does: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    """What each column of a table says, such as `answer` and `parts`."""

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def sections(page: Path) -> Iterator[tuple[File, str, int]]:
    """Each file that a page shows, the text about it, and the line where that begins."""
    text = page.read_text(encoding="utf-8") + "\n"
    shown = list(_FILE.finditer(text))
    ends = [*(following.start() for following in shown[1:]), len(text)]
    for found, end in zip(shown, ends, strict=False):
        about = text[found.end() : end]
        modules = {module[1]: module[0].removeprefix("```python\n").removesuffix("```") for module in _MODULE.finditer(about)}
        yield File(found[1], modules), about, _line(text, found.end())


def situations(page: Path) -> Iterator[Situation]:
    """Everything that a page says about its files."""
    for file, about, start in sections(page):
        request = None
        for asked in _ASKED.finditer(about):
            request = json.loads(asked[2])
            said = {"answer": f"`{asked[3]}`"}
            yield Situation(page.name, start + _line(about, asked.start()), file, asked[1], request, said=said)
        for table in _TABLE.finditer(about):
            first = start + _line(about, table.start()) + 2
            for line, said in enumerate(_rows(table[0]), first):
                yield _in_words(Situation(page.name, line, file, request=request, said=said))


def _line(text: str, end: int) -> int:
    return text.count("\n", 0, end)


def _rows(table: str) -> Iterator[dict[str, str]]:
    head, _, *lines = ([cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines())
    for line in lines:
        yield dict(zip((name.strip("`") for name in head), line, strict=True))


def _in_words(situation: Situation) -> Situation:
    """The situation with what its row says in words: who does what, and another request."""
    words = situation.said["if"]
    assert _NOTHING.fullmatch(_CLAUSE.sub("", words)), f"{situation} says what no test understands: {words}"
    for clause in _CLAUSE.finditer(words):
        if clause["name"]:
            asked = json.loads(clause["asked"]) if clause["asked"] else ANYTHING
            situation.does.setdefault(clause["name"], []).append((clause["does"], asked))
        elif clause["request"]:
            situation.request = json.loads(clause["request"])
        elif clause["route"]:
            situation.route = clause["route"]
        else:
            situation.headers[clause["header"].lower().encode()] = clause["value"].encode()
    return situation


class Told(FakePredictor):
    """A predictor that says what it is told to say to each request."""

    def __init__(self, spec: Predictor, says: list[tuple[Any, str]], **known: Any) -> None:
        super().__init__(**known)
        self.spec = spec
        self.says = says

    def outcome(self, message: Message) -> Message | PlaitError:
        """The first of its answers that is meant for this request."""
        said = next(said for request, said in self.says if request in (ANYTHING, message.value))
        if said == "is unreachable":
            return Unreachable("the connection was refused")
        if said.startswith("answers "):
            status = int(said.removeprefix("answers "))
            if status in self.spec.pass_status:
                return Refused(f"it refused the request with status {status}", status, b"")
            return BadAnswer(f"it answered with status {status}", status)
        return Message.of(json.loads(said))


def told(name: str, spec: Predictor, timeout: float, situation: Situation) -> Told:
    """The predictor as it behaves in a situation."""
    says = [*_canned(situation.file.canned.get(name, "null"))]
    after: float | None = 0.0
    for does, request in situation.does.get(name, ()):
        if does == "is silent":
            after = None
        elif does.startswith("takes "):
            after = seconds(does.removeprefix("takes "))
        else:
            says.insert(0, (request, does.removeprefix("answers `").strip("`")))
    return Told(spec, says, name=name, timeout=timeout, after=after)


def _canned(text: str) -> Iterator[tuple[Any, str]]:
    """What `A`, or `A to X, B to Y` says: one answer, or answers by request."""
    at = 0
    while at < len(text):
        _, end = _JSON.raw_decode(text, at)
        answer, request = text[at:end], ANYTHING
        if text.startswith(" to ", end):
            request, end = _JSON.raw_decode(text, end + len(" to "))
        yield request, answer
        at = end + len(", ")
