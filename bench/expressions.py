"""The slowest expressions that plait takes, over the nastiest documents of up to 10 MiB: how long one evaluation holds the loop.

    python bench/expressions.py [--random 200] [--seed 1] [--top 25] [--only input.filter]

Nothing is started and nothing is asked over the network: `plait.expr` is called directly. Each expression meets each document in
falling sizes, so that the largest that its budget covers is among them; what is refused counts as well, for that takes time too.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from plait.errors import ExpressionFailed
from plait.expr import ExpressionError, TemplateErrors, expression, template
from plait.types import Context, Message, Run

MIB = 1 << 20
GOAL = 20.0
"""Milliseconds that no evaluation may take."""
SIZES = [int(10 * MIB * 0.45**step) for step in range(12)]


def repeated(item: bytes, begin: bytes = b"[", end: bytes = b"]", join: bytes = b",") -> Callable[[int], bytes]:
    """A document that is one item over and over."""
    return lambda size: begin + join.join([item] * max(1, (size - 2) // (len(item) + len(join)))) + end


def keys(form: str) -> Callable[[int], bytes]:
    """An object of many names."""
    return lambda size: b"{" + ",".join(f'"{form % number}":1' for number in range(size // (len(form % 1000) + 5))).encode() + b"}"


def numbers(form: Callable[[random.Random], str]) -> Callable[[int], bytes]:
    """A list of numbers whose lengths nobody can foresee."""

    def made(size: int) -> bytes:
        chance = random.Random(1)
        block = ",".join(form(chance) for _ in range(4096))
        return ("[" + ",".join([block] * max(1, size // (len(block) + 1))) + "]").encode()

    return made


def text(letters: str) -> Callable[[int], bytes]:
    """One long string, of letters in random order."""

    def made(size: int) -> bytes:
        block = "".join(random.Random(1).choices(letters, k=4096))
        return ('"' + (block * (size // len(block.encode()) + 1)))[:size].encode()[:size].decode(errors="ignore").encode() + b'"'

    return made


SHAPES: dict[str, Callable[[int], bytes]] = {
    "ints": repeated(b"1"),
    "pixels": numbers(lambda chance: str(chance.randrange(256))),
    "floats": numbers(lambda chance: f"{chance.random():.6f}"),
    "exponents": numbers(lambda chance: f"{chance.randrange(9)}e{chance.randrange(300)}"),
    "long numbers": repeated(b"1." + b"7" * 1000),
    "nulls": repeated(b"null"),
    "empty lists": repeated(b"[]"),
    "empty objects": repeated(b"{}"),
    "empty texts": repeated(b'""'),
    "brackets": repeated(b"[" * 60 + b"]" * 60),
    "braces": repeated(b'{"":' * 60 + b"1" + b"}" * 60),
    "deep numbers": repeated(b"1", b"[" * 50, b"]" * 50),
    "short objects": repeated(b'{"a":1}'),
    "objects": repeated(b'{"id":1234,"a":0.5,"score":0.25,"name":"abc","b":[1,2]}'),
    "same name": repeated(b'"":1', b"{", b"}"),
    "names": keys("k%d"),
    "long names": keys("a rather long name that goes on for a while %d"),
    "escaped names": keys("\\u00e9%d"),
    "one text": text("a"),
    "two letters": text("12"),
    "letters": text("abcdefghijklmnopqrstuvwxyz ABC0123é漢"),
    "escapes": repeated(b"\\u00e9", b'"', b'"', b""),
    "texts": repeated(b'"abc"'),
}

NAMES = [f"k{number}" for number in range(400)]
BIG = "a" * 150
PLAIN = [
    "input",
    "input.a",
    "input.skip",
    "input.skip[0]",
    "input.skip[900]",
    "input.skip[4095]",
    "input.skip.k5",
    "headers",
    "input" + ".a" * 60,
]
EVALUATED = [
    "size(input.skip) > 0",
    "input.skip == 1.0",
    "input.skip == input.skip",
    "input.skip != input.other",
    "input == input",
    "input.a in input.skip",
    "input.other in input.skip",
    "[input.skip] == [input.other]",
    "input.skip + input.other == []",
    "input.skip + input.skip + input.skip + input.skip == []",
    "input.skip + input.skip",
    "[input.skip, input.skip]",
    "+".join(["input.skip"] * 30) + " == []",
    " && ".join(["input.skip == input.skip"] * 35),
    " || ".join([f"size(input.skip) == {number}" for number in range(30)]),
    " || ".join([f"input.{name} == 1.0" for name in NAMES[:50]]),
    " || ".join([f"has(input.skip.{name})" for name in NAMES[:45]]),
    "has(input.skip.k5) && input.skip.k5 == 1.0",
    "size(input.a" + ".a" * 20 + ") > 0 ? input.a : input.a.a",
    "size(input.skip) > 5 ? input.skip : input.other",
    "string(input.skip) == ''",
    "double(input.skip) > 1.0",
    "int(input.skip) > 1",
    "bytes(input.skip) == b''",
    "size(bytes(input.skip)) > 1",
    "type(input.skip) == string",
    "input.skip < input.other",
    "input.skip.contains('12b')",
    "input.skip.contains(input.half)",
    "(input.skip + input.skip).contains(input.skip + 'b')",
    "input.skip.startsWith(input.other)",
    "input.skip.endsWith('b')",
    *(
        f"input.skip.matches('{pattern}')"
        for pattern in (
            "abc",
            "err|abz",
            "1*2b",
            "(1|2)*b",
            "1.{5}b",
            "1.{12}x",
            "1.{30}x",
            "1.{200}x",
            "1(.?){20}x",
            "[12]{20}x",
            "1[12]{14}x",
            r"\\pL",
            r"(\\pL|1)*b",
            r"\\pL{2}",
            "((1{0,9}){0,9}2)",
            "((1?){9}){9}3",
            "(1?){60}b",
            "(a?b?c?1?){50}z",
            "(?i)1.{13}x",
            "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
            "^[^@]+@[^@]+[.][^@]+$",
            "1[12][12][12][12][12][12][12][12][12][12][12][12][12][12]x",
            "(?i)[a-zé]{20}",
            "1.*2.*1.*2.*3",
        )
    ),
    " && ".join([rf"input.skip.matches('1.{{{number}}}x')" for number in range(5, 25)]),
    "input.skip.all(x, x == 1.0)",
    "input.skip.all(x, x != 'y')",
    "input.skip.exists(x, x == 0.5)",
    "input.skip.exists_one(x, x == 7.0)",
    "input.skip.all(x, has(x.a))",
    "input.skip.exists(x, x.a > 7.0)",
    "input.skip.all(x, string(x) != 'y')",
    "input.skip.all(x, [x, x, x] != [])",
    "input.skip.all(x, {'a': x, 'b': x} != {})",
    "input.skip.all(x, x == x && x == x && x == x && x == x && x == x && x == x)",
    f"input.skip.all(x, !'{BIG * 2}'.contains('{BIG}b'))",
    "input.skip.all(x, timestamp('2020-01-01T00:00:00Z').getHours('Europe/Berlin') > -1)",
    "input.skip.all(x, string(timestamp(int(x))) != '')",
    "input.skip.all(x, google.protobuf.Struct{fields: {'a': 1}} != google.protobuf.Struct{})",
    "input.skip.all(x, 'a' + 'b' + 'c' + 'd' + 'e' + 'f' != '')",
    "input.skip.all(x, x in [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0] || true)",
    "input.skip.all(x, size(x) > -1)",
    "input.skip.filter(x, x == 1.0)",
    "input.skip.filter(x, x != 'y')",
    "input.skip.filter(x, has(x.a))",
    "input.skip.filter(x, x.a > 0.1)",
    "input.skip.filter(x, x.a > 0.1 && x.id > 1.0)",
    "input.skip.map(x, x)",
    "input.skip.map(x, x.a)",
    "input.skip.map(x, x.a * 2.0)",
    "input.skip.map(x, x + x)",
    "input.skip.map(x, [x, x])",
    "input.skip.map(x, [x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x])",
    "input.skip.map(x, x == 1.0 ? x : 2.0)",
    "input.skip.map(x, x.a > 0.4 ? x.name : x.id)",
    "input.skip.map(x, string(x))",
    "input.skip.map(x, x == x)",
    "input.skip.filter(x, x != 'y').map(x, x)",
    "input.skip.map(x, [x]).map(x, [x]).map(x, [x])",
    "input.skip.filter(x, x != 'y').map(x, [x]).all(x, x != [])",
    "['x']" + ".map(x, x + x)" * 25,
    " && ".join(["input.skip.exists(x, x == 0.5)"] * 8),
    " || ".join(["size(input.skip.filter(x, x == 0.5)) == 7"] * 8),
    "headers['x-user'] == 'bob'",
]
TEMPLATES: dict[str, Any] = {
    "400 holes, one field": ["${input.a}"] * 400,
    "400 holes, 400 fields": [f"${{input.{name}}}" for name in NAMES[:100]] + [f"${{has(input.skip.{name})}}" for name in NAMES],
    "40 holes, 40 fields": [f"${{has(input.skip.{name})}}" for name in NAMES[:40]],
    "300 holes, one evaluated": [f"${{size(input.skip) + {number} > 0}}" for number in range(300)],
    "300 holes, the whole": ["${input}"] * 300,
    "20 holes, the same part": ["${input.skip}"] * 20,
    "a text of the whole": "it is ${input}",
    "50 texts of a part": "${input.skip}" * 50,
    "a chain": ["${input" + ".a" * depth + "}" for depth in range(1, 60)],
    "300 headers": ["${headers['x-user']}"] * 300,
    "indexes": [f"${{input.skip[{number}]}}" for number in range(400)],
    "high indexes": [f"${{input.{name}[4095]}}" for name in NAMES[:200]],
    "request and input": ["${request.a}", "${input.a}", "${request.skip}"],
    "300 filters": [f"${{input.skip.filter(x, x != {number}.5)}}" for number in range(100)],
}


class Found(NamedTuple):
    """One expression over one document."""

    ms: float
    text: str
    shape: str
    size: int
    outcome: str


def documents(shape: Callable[[int], bytes], size: int) -> Iterator[bytes]:
    """A document around a nasty part: the part before and after what is wanted, or alone, or at the end of a long way."""
    part = shape(max(64, size - 20))
    yield b'{"skip":' + part + b',"a":1}'
    half = shape(max(64, size // 2 - 20))
    if half.startswith(b'"'):
        yield b'{"skip":' + half + b',"other":' + half + b',"half":' + shape(size // 4)[:-1] + b'b","a":1}'
    else:
        yield b'{"skip":' + half + b',"other":' + half + b',"a":1}'
    yield b'{"a":' * 60 + part + b"}" * 60
    yield part


def timed(bound: Any, body: bytes) -> tuple[float, str]:
    """Milliseconds of CPU of one evaluation, and how it ended."""
    headers = {f"x-{name}".encode(): b"v" * 50 for name in NAMES[:90]} | {b"x-user": b"bob"}
    message = Message(body)
    ctx = Context(Run(message, None, headers=headers), 1.0, {})  # type: ignore[arg-type]  # it has no business with time
    begin = time.thread_time()
    try:
        bound(ctx, message, None)
        outcome = "ok"
    except ExpressionFailed as exc:
        outcome = exc.detail.removeprefix(f"{bound.text}: ")[:48]
    return (time.thread_time() - begin) * 1e3, outcome


def worst(name: str, bound: Any, shape: str, bodies: dict[int, list[bytes]]) -> Found:
    """The slowest evaluation over documents of one shape; what seems slow is timed again: the machine has more to do."""
    slowest = Found(0.0, name, shape, 0, "")
    for same in bodies.values():
        for body in same:
            ms, outcome = timed(bound, body)
            if ms > slowest.ms:
                ms = min(ms, *(timed(bound, body)[0] for _ in range(4)))
            if ms > slowest.ms:
                slowest = Found(ms, name, shape, len(body), outcome)
    return slowest


class Chance:
    """Random expressions of the accepted grammar."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def any(self, own: str = "", depth: int = 3) -> str:
        """An expression; `own` is the variable of the macro in whose body it stands."""
        pick = self.random.choice
        data = [own, f"{own}.a"] if own else ["input.skip", "input.a", "input.other", "input", "input.skip[0]", "input.skip.k5"]
        if depth == 0:
            return pick([*data, *data, "1.0", "'12'", "[1.0]", "true", "7"])
        inner = [self.any(own, depth - 1) for _ in range(3)]
        forms = [
            "({0} {op} {1})",
            "({0} ? {1} : {2})",
            "({0} + {1})",
            "size({0})",
            "string({0})",
            "double({0})",
            "int({0})",
            "[{0}, {1}]",
            "{0}.contains({1})",
            "{0}.startsWith({1})",
            "({0} in {1})",
            "!{0}",
            "type({0})",
            "dyn({0})",
            "bytes({0})",
            "({0} * {1})",
        ]
        if not own:
            forms += [
                "{0}.matches('1.{{5}}b')",
                "{0}.all(x, {b})",
                "{0}.exists(x, {b})",
                "{0}.filter(x, {b})",
                "{0}.map(x, {b})",
            ] * 2
        body = "" if own else self.any("x", depth - 1)
        return pick(forms).format(*inner, b=body, op=pick(["==", "!=", "<", ">=", "&&", "||"]))

    def taken(self, count: int) -> Iterator[tuple[str, Any]]:
        """That many that are accepted at load."""
        while count:
            written = self.any(depth=self.random.randint(1, 4))
            try:
                bound = expression(written, [])
            except ExpressionError:
                continue
            if "input" in bound.names:
                count -= 1
                yield written, bound


def candidates(args: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    """Everything that is to be measured, bound; what is refused at load cannot be slow."""
    for written in PLAIN + EVALUATED:
        try:
            yield written, expression(written, [])
        except ExpressionError as exc:
            print(f"refused at load: {written[:60]}: {exc.message}")
    for name, value in TEMPLATES.items():
        try:
            yield name, template(value, [])
        except TemplateErrors as exc:
            print(f"refused at load: {name}: {exc}")
    yield from Chance(args.seed).taken(args.random)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--random", type=int, default=100, help="how many random expressions")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--top", type=int, default=25, help="how many to print")
    parser.add_argument("--only", default="", help="only expressions that begin with this")
    parser.add_argument("--shape", default="", help="only documents of this shape")
    args = parser.parse_args()
    bound = [(name, made) for name, made in candidates(args) if name.startswith(args.only)]
    found: list[Found] = []
    for shape, make in SHAPES.items():
        if args.shape in {"", shape}:
            bodies = {size: list(documents(make, size)) for size in SIZES}
            found += [worst(name, made, shape, bodies) for name, made in bound]
    print(f"{len(found)} pairs of {len(bound)} expressions and {len(SHAPES)} shapes of documents, in {len(SIZES)} sizes\n")
    print("| CPU, ms | expression | document | bytes | outcome |\n| ---: | --- | --- | ---: | --- |")
    for ms, written, shape, size, outcome in sorted(found, reverse=True)[: args.top]:
        shown = written if len(written) < 60 else f"{written[:44]} … ({len(written)})"
        print(f"| {ms:.1f} | `{shown}` | {shape} | {size:,} | {outcome} |")
    over = sum(each.ms > GOAL for each in found)
    print(f"\nover {GOAL:g} ms: {over}")


if __name__ == "__main__":
    main()
