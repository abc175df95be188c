"""Play the event log against the proxy, one event after the other, and print what came of it, and when.

The proxy is asked at `PLAIT_URL` (http://127.0.0.1:9000), the pager at `PAGER_URL` (http://127.0.0.1:8290).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from threading import Event
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

LOG = Path(__file__).resolve().parent / "log.jsonl"
PLAIT = os.environ.get("PLAIT_URL", "http://127.0.0.1:9000")
PAGER = os.environ.get("PAGER_URL", "http://127.0.0.1:8290")
PATIENCE = 20.0

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answered:
    """What the proxy made of an event.

    Args:
        event: The event, without the truth.
        id: The request's id.
        status: The answer's.
        body: Its JSON.
        complete: Whether nothing is missing in it.
        job: The route of the job that goes on, if one does.
        ms: How long the answer took.
    """

    event: Json
    id: str
    status: int
    body: Json
    complete: bool
    job: str | None
    ms: float

    @property
    def name(self) -> str:
        """Whose event it was."""
        return f"{self.event['session']} {self.event['kind']:<9}"

    def words(self) -> str:
        """What is remarkable about it, if anything is."""
        if self.status != HTTPStatus.OK:
            return f"{self.status}: {self.body.get('refused') or self.body.get('detail')}"
        said = []
        if self.body.get("published") is False:
            said.append(f"held back, spam {self.body['spam']['prediction'][1]:.2f}")
        if "offer" in self.body:
            said.append(f"{self.body['offer']}, worth {self.body['value']['prediction'][0]:.0f}")
        return "; ".join(said)


def main() -> None:
    """Play, then tell of what came beside the answers and after them."""
    answers = []
    for answered in played(LOG):
        answers.append(answered)
        if words := answered.words():
            print(f"{answered.name} {answered.ms:4.0f} ms  {words}", flush=True)
    whole = [each.ms for each in answers if each.complete]
    print(f"\n{len(answers)} events; {len(whole)} of them with all that was asked for, in {median(whole):.0f} ms (median)")
    late([each for each in answers if each.job is not None])
    alerts(answers)


def played(path: Path) -> Iterator[Answered]:
    """The answers to the events of a log."""
    connection = HTTPConnection(urlsplit(PLAIT).netloc, timeout=PATIENCE)
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        event = json.loads(line)
        del event["truth"]
        name = f"event-{number}"
        began = monotonic()
        connection.request("POST", "/predict", json.dumps(event), {"Content-Type": "application/json", "X-Request-Id": name})
        response = connection.getresponse()
        body = json.loads(response.read())
        ms = (monotonic() - began) * 1000
        complete = response.headers["X-Plait-Complete"] == "true"
        yield Answered(event, name, response.status, body, complete, response.headers["Location"], ms)
    connection.close()


def late(ongoing: list[Answered]) -> None:
    """Tell of the jobs that went on behind their answers."""
    if not ongoing:
        return
    print(f"{len(ongoing)} without churn, which was still to come, in {median(each.ms for each in ongoing):.0f} ms; it came later:")
    for each in ongoing:
        job = got(f"{PLAIT}{each.job}", {"Prefer": f"wait={PATIENCE:.0f}"})
        leaves = job["result"]["churn"]["prediction"][1]
        took = job["parts"]["churn"]["ms"]
        print(f"{each.name} {took:4.0f} ms  leaves {leaves:.2f}")


def alerts(answers: list[Answered]) -> None:
    """Tell of what the pager heard."""
    expected = len([each for each in answers if each.status == HTTPStatus.FORBIDDEN])
    by_id = {each.id: each for each in answers}
    heard: list[Json] = []
    until = monotonic() + PATIENCE
    while len(heard) < expected and monotonic() < until:
        Event().wait(0.1)
        heard = got(f"{PAGER}/alerts")
    print(f"\nthe pager heard {len(heard)} alerts:")
    for alert in heard:
        answered = by_id.get(alert["request_id"])
        behind = f"; {answered.status} after {answered.ms:.0f} ms" if answered else ""
        print(f"{alert['request']['session']} {alert['rule']:<12} {alert['after_ms']:4.0f} ms after the part{behind}")


def got(url: str, headers: dict[str, str] | None = None) -> Any:
    """The JSON at a URL of this machine."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)
    connection.request("GET", urlsplit(url).path, headers=headers or {})
    value = json.loads(connection.getresponse().read())
    connection.close()
    return value


if __name__ == "__main__":
    main()
