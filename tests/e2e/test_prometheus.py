"""The metrics, the scrape configuration and the alerts of the documentation, as Debian's Prometheus takes them."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from plait.control.metrics import exposition
from plait.control.totals import Totals
from plait.server.sockets import listen
from tests.control.telling import graph, known, snapshot
from tests.e2e.processes import started
from tests.server.streaming import running

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

TEXT = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
SCRAPE, ALERTS = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
TOKEN = "of-this-test"  # noqa: S105 - nobody else takes it
QUERY = 'sum(plait_requests_total{graph="predict"}) + on () plait_revision{state="desired"}'


def program(name: str) -> str:
    found = shutil.which(name)
    assert found, f"this test needs {name}: install Debian's package prometheus, or leave tests of this kind out with -m 'not e2e'"
    return found


def checked(*arguments: str, text: bytes = b"") -> None:
    """Have `promtool` find nothing wrong, and nothing to say."""
    done = subprocess.run([program("promtool"), *arguments], input=text, capture_output=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
    assert not done.stderr, done.stderr.decode()


class Admin:
    """An admin port that has nothing but metrics; each scrape counts a request more."""

    def __init__(self) -> None:
        self.scrapes: asyncio.Queue[str] = asyncio.Queue()
        self.totals = Totals()
        self._count = 0

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        headers = dict(scope.get("headers", ()))
        if headers.get(b"authorization") != f"Bearer {TOKEN}".encode():
            await send({"type": "http.response.start", "status": 401})
            await send({"type": "http.response.body"})
            return
        self._count += 1
        told = snapshot(graphs={"predict": graph({"200": self._count}, 0.1)})
        text, kind = exposition([told], known(desired=1000), self.totals, headers[b"accept"].decode())
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind.encode())]})
        await send({"type": "http.response.body", "body": text})
        self.scrapes.put_nowait(kind)


def test_promtool_finds_nothing_wrong_with_names_and_units() -> None:
    text, _ = exposition([snapshot(graphs={"predict": graph({"200": 1}, 0.1)})], known(config_valid=True), Totals())
    checked("check", "metrics", text=text)


def test_promtool_takes_the_documentations_alerts_and_scrape_configuration(tmp_path: Path) -> None:
    (tmp_path / "alerts.yml").write_text(ALERTS)
    (tmp_path / "prometheus.yml").write_text(SCRAPE)
    checked("check", "rules", str(tmp_path / "alerts.yml"))
    checked("check", "config", "--syntax-only", str(tmp_path / "prometheus.yml"))


def test_alerts_ask_for_metrics_that_there_are() -> None:
    text, _ = exposition((), known(config_valid=True), Totals())
    there = set(re.findall(r"^# TYPE (\w+)", text.decode(), re.MULTILINE))
    asked = {re.sub(r"_bucket$", "", name) for name in re.findall(r"\bplait_\w+", ALERTS)}
    assert asked <= there
    assert there == set(re.findall(r"^\| `(plait_\w+)` \|", TEXT, re.MULTILINE))


async def test_a_prometheus_scrapes_and_answers_queries(tmp_path: Path) -> None:
    admin = Admin()
    (tmp_path / "token").write_text(TOKEN)
    with listen("127.0.0.1", 0) as sock:
        address = f"127.0.0.1:{sock.getsockname()[1]}"
    async with running(admin) as port:
        scrape = SCRAPE.replace("/etc/prometheus/plait-token", str(tmp_path / "token")).replace("9001", str(port))
        (tmp_path / "prometheus.yml").write_text(f"global: {{scrape_interval: 1s}}\n{scrape}")
        files = (f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data")
        async with started(program("prometheus"), *files, f"--web.listen-address={address}"), httpx2.AsyncClient() as client:
            for _ in range(2):  # once it asks again, it has what it was told
                assert (await admin.scrapes.get()).startswith("application/openmetrics-text")
            answer = (await client.get(f"http://{address}/api/v1/query", params={"query": QUERY})).json()
    (found,) = answer["data"]["result"]
    assert float(found["value"][1]) in {1001.0, 1002.0}
