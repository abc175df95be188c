"""What `check` says of sinks that cannot work as they stand."""

from __future__ import annotations

import pytest

from plait.errors import ConfigError
from plait.graph.load import load_text

FILE = """\
graphs:
  review: {transform: 1}
sinks:
  one: SINK
"""


def problems(sink: str) -> list[str]:
    try:
        load_text(FILE.replace("SINK", sink), {})
    except ConfigError as exc:
        return [f"{problem.path}: {problem.message}; {problem.hint}" for problem in exc.problems]
    return []


@pytest.mark.parametrize(
    ("sink", "said"),
    [
        ("{webhook: ftp://a/b}", "sinks.one.webhook: is no http URL; write it as http://host:port or https://host:port"),
        ("{webhook: 'https://u:p@a.com/'}", "sinks.one.webhook: must not carry a user or password; add a header instead"),
        (
            "{webhook: 'https://a.com/x#y'}",
            "sinks.one.webhook: must be a plain http://host:port/path without query, fragment or blanks",
        ),
        (
            "{webhook: 'https://a.com/x?y z'}",
            "sinks.one.webhook: must be a plain https://host/path?query without fragment or blanks",
        ),
        (
            "{webhook: 'http://169.254.169.254/latest'}",
            '(link-local); allow it if it should be: allow: ["169.254.169.254/32"]',
        ),
        (
            "{webhook: 'http://[::ffff:10.0.0.1]/'}",
            '(private); allow it if it should be: allow: ["::ffff:10.0.0.1/128"]',
        ),
        ("{webhook: 'https://a.com', secret: whsec_%}", "sinks.one.secret: has no key in Base64 after whsec_; make one: "),
        ("{webhook: 'https://a.com', secret: ''}", "sinks.one.secret: is empty; give it a secret, or leave it out"),
        ("{webhook: 'https://a.com', allow: 10.0.0.1/8}", "sinks.one.allow"),
        ("{nats: 'http://a', subject: s}", "sinks.one.nats: is no URL of NATS; write it as nats://host:4222 or tls://host:4222"),
        ("{nats: 'nats://a/x', subject: s}", "sinks.one.nats: must be nats://user:password@host:port, and nothing more"),
        (
            "{nats: 'nats://a,nats://127.0.0.1', subject: s}",
            "sinks.one.nats: leads to an address that may not be dialled (this machine)",
        ),
        ("{nats: 'nats://a', subject: 's.*'}", "sinks.one.subject"),
        ("{queue: low, graph: reviews}", "sinks.one.graph: there is no graph reviews; did you mean review?"),
        ("{queue: low, graph: review, notify: true}", "sinks.one.notify: is of no use to a queue"),
        ("{queue: high, graph: review}", "sinks.one.queue"),
        ("{log: loud}", "sinks.one.log"),
        ("{webhok: 'https://a.com'}", "did you mean webhook?"),
        ("{webhook: 'https://a.com', log: info}", "is two sinks in one: webhook and log"),
        ("{webhook: 'https://a.com', secrt: a}", "sinks.one: unknown key secrt; did you mean secret?"),
    ],
)
def test_a_sink_that_cannot_work_is_told_of_with_what_to_do(sink: str, said: str) -> None:
    (problem,) = problems(sink)
    assert said in problem


@pytest.mark.parametrize(
    "sink",
    [
        "{webhook: 'https://a.com:8443/x?token=%20'}",
        "{webhook: 'http://127.0.0.1:1/', allow: [127.0.0.0/8]}",
        "{webhook: 'http://8.8.8.8/'}",
        "{webhook: 'http://localhost/'}",
        "{nats: 'tls://token@a,nats://u:p@b:1', subject: s.t}",
        "{queue: normal, graph: review}",
        "{file: a.jsonl}",
    ],
)
def test_a_sink_that_can_work_has_no_problem(sink: str) -> None:
    assert problems(sink) == []
