"""What a file says of TLS: what is refused, where, and with which advice; and which paths are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from plait.errors import ConfigError
from plait.graph.load import load_checked
from plait.server.asgi import Proxy
from tests.certificates import Authority


def problems(folder: Path, text: str) -> list[str]:
    """Each with its line."""
    file = folder / "plait.yaml"
    file.write_text(text + "\ngraphs: {predict: {value: 1}}\n")
    with pytest.raises(ConfigError) as caught:
        load_checked(file, {})
    return [f"{problem.line}: {problem}" for problem in caught.value.problems]


def test_paths_begin_in_the_folder_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "certs"
    folder.mkdir()
    authority = Authority(folder)
    authority.issue()
    assert authority.file
    (tmp_path / "plait.yaml").write_text(
        """
server:
  tls: {cert: certs/leaf.pem, key: certs/leaf.key, client_ca: certs/ca.pem}
predictors:
  a: {url: "https://a", tls: {ca: certs/ca.pem, cert: certs/leaf.pem, key: certs/leaf.key, server_name: b}}
  b: {url: "https://b"}
graphs: {predict: [a]}
""".replace("[a]", "a")
    )
    monkeypatch.chdir("/")
    loaded = load_checked(tmp_path / "plait.yaml", {})
    config = loaded.config
    assert config.server.tls is not None
    assert config.server.tls.client_ca == str(folder / "ca.pem")
    tls = config.predictors["a"].tls
    assert tls is not None
    assert (tls.ca, tls.server_name) == (str(folder / "ca.pem"), "b")
    assert config.predictors["b"].addresses == (("b", 443, "", True, False),)
    assert "certs/leaf.key" in loaded.to_yaml()
    assert str(folder) not in loaded.to_yaml()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'predictors:\n  a:\n    url: "http://a"\n    tls: {ca: ca.pem}',
            "2: predictors.a: has tls, but its url is plain http (write the url as https://host:port, or leave tls out)",
        ),
        (
            'predictors:\n  a:\n    url: "https://a"\n    tls:\n      key: k.pem',
            "4: predictors.a.tls: has a key without its certificate (add cert: …, or leave key out)",
        ),
        (
            'predictors:\n  a:\n    url: "https://a"\n    tls:\n      server_name: "a:1"',
            "5: predictors.a.tls.server_name: is no name of a host (write it as the certificate does, such as model.internal)",
        ),
        (
            'predictors:\n  a:\n    url: "https://a"\n    tls:\n      ca: ""',
            "5: predictors.a.tls.ca: is no path (write that of a PEM file, absolute or relative to this one)",
        ),
        (
            'predictors:\n  a:\n    url: "https://a"\n    tls:\n      verify: false',
            "5: predictors.a.tls: unknown key verify",
        ),
        ("server:\n  tls: {key: k.pem}", "2: server.tls: needs cert (add cert: …)"),
    ],
    ids="http key-alone server-name empty verify no-cert".split(),
)
def test_what_is_no_tls_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    (found,) = problems(tmp_path, text)
    assert found.startswith(said)


def test_every_file_that_cannot_be_used_is_told_with_its_line(tmp_path: Path) -> None:
    Authority(tmp_path).issue()
    found = problems(
        tmp_path,
        """
server:
  tls:
    cert: leaf.pem
    key: none.key
predictors:
  a:
    url: "https://a"
    tls:
      ca: leaf.key
  b: {url: "https://b", tls: {cert: leaf.pem, key: leaf.key}}
""",
    )
    assert found == [
        f"5: server.tls.key: cannot read {tmp_path}/none.key: no such file or directory (give the path of a PEM file)",
        f"10: predictors.a.tls.ca: there is no certificate in {tmp_path}/leaf.key (give a PEM file with a certificate)",
    ]


def test_a_variable_of_the_environment_makes_an_https_predictor(tmp_path: Path) -> None:
    file = tmp_path / "plait.yaml"
    file.write_text('predictors: {a: {url: "http://a"}}\ngraphs: {predict: a}\n')
    assert load_checked(file, {"SERVICE_A": "https://b:8443"}).config.predictors["a"].addresses == (("b", 8443, "", True, False),)


def test_a_composition_is_checked_too(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"server\.tls\.cert: cannot read"):
        Proxy({"predict": {"value": 1}}, server={"tls": {"cert": str(tmp_path / "none.pem")}})
