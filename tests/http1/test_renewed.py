"""Certificates that are read again when their files have been renewed."""

from __future__ import annotations

import logging
import os
import ssl
from pathlib import Path

import pytest

from plait.errors import ConfigError
from plait.http1.renewed import PAUSE, Renewed, Trust, server_certificates
from plait.spec.tls import PredictorTls, ServerTls
from tests.certificates import Authority


class Moment:
    """A clock that stands until it is set on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Served:
    """A server's certificates, and the moment in which they are looked at."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder)
        self.cert, self.key = self.authority.issue()
        self.moment = Moment()
        self.read = 0
        spec = ServerTls(cert=self.cert, key=self.key)
        self.renewed = Renewed(lambda: self.make(spec), spec.files.values(), self.moment)

    def make(self, spec: ServerTls) -> ssl.SSLContext:
        self.read += 1
        return server_certificates(spec).context()

    def later(self) -> ssl.SSLContext:
        self.moment.now += PAUSE
        return self.renewed.context()


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return Served(tmp_path)


def test_files_that_stay_are_read_once(served: Served) -> None:
    first = served.renewed.context()
    assert all(served.later() is first for _ in range(10))
    assert served.read == 1


def test_renewed_files_give_a_new_context_to_those_that_come_later(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    old = served.renewed.context()
    served.authority.issue()
    assert served.renewed.context() is old  # looked at only now and then
    new = served.later()
    assert new is not old
    assert served.later() is new
    assert [record.levelname for record in caplog.records] == ["INFO"]


def test_a_file_that_is_put_in_place_of_another_counts_as_renewed(served: Served) -> None:
    """As Kubernetes and certbot do it: a link that points elsewhere from one moment to the next."""
    old = served.renewed.context()
    cert, key = served.authority.issue(name="other")
    stat = Path(served.cert).stat()
    for new, path in ((cert, served.cert), (key, served.key)):
        os.utime(new, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        Path(path).unlink()
        Path(path).symlink_to(new)
    assert served.later() is not old


@pytest.mark.parametrize("harm", ["half", "mismatch", "gone"])
def test_broken_files_leave_the_old_context_and_one_warning(served: Served, caplog: pytest.LogCaptureFixture, harm: str) -> None:
    old = served.renewed.context()
    whole = Path(served.cert).read_bytes()
    if harm == "half":
        Path(served.cert).write_bytes(whole[: len(whole) // 2])
    elif harm == "gone":
        Path(served.cert).unlink()
    else:
        cert, _ = served.authority.issue(name="other")
        Path(served.cert).write_bytes(Path(cert).read_bytes())
    assert all(served.later() is old for _ in range(5))
    (warning,) = caplog.records
    assert warning.levelname == "WARNING"
    assert "the old ones stay" in warning.getMessage()
    served.authority.issue()
    assert served.later() is not old


def test_a_second_accident_is_told_too(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        Path(served.key).write_bytes(b"")
        served.later()
        served.authority.issue()
        served.later()
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 2


def test_files_that_are_bad_from_the_first_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        server_certificates(ServerTls(cert=str(tmp_path / "none.pem")))


def test_predictors_with_the_same_files_share_a_context(tmp_path: Path) -> None:
    ca = Authority(tmp_path).file
    trust = Trust()
    assert trust.of(PredictorTls(ca=ca)) is trust.of(PredictorTls(ca=ca, server_name="model.internal"))
    assert trust.of(PredictorTls(ca=ca)) is not trust.of(PredictorTls())
