"""How commands come to the admin port: tokens, refusals, and what is none."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from plait.cli.admin import AdminPort, NotDone, Token, admin_port, found_token
from plait.cli.http import trusted
from plait.errors import StartError
from plait.testing import RawServer, Reply
from plait.testing.server import ok
from tests.certificates import Authority
from tests.cli.typed import admin, problem, typed

HERE = "http://127.0.0.1:9001"


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text("from-the-file\n")
    return file


def test_a_named_file_wins_over_the_variable_and_that_over_the_folders_token(
    token_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".plait").mkdir()
    (tmp_path / ".plait" / "admin.token").write_text("of-the-folder\n")
    monkeypatch.chdir(tmp_path)
    variable = {"PLAIT_ADMIN_TOKEN": "from-the-variable"}
    assert found_token(HERE, token_file, variable) == Token("from-the-file", str(token_file))
    assert found_token(HERE, None, variable) == Token("from-the-variable", "the variable PLAIT_ADMIN_TOKEN")
    assert found_token(HERE, None, {}) == Token("of-the-folder", ".plait/admin.token")
    assert found_token("http://localhost:9001", None, {}).text == "of-the-folder"
    assert found_token("http://[::1]:9001", None, {"PLAIT_ADMIN_TOKEN": " "}).text == "of-the-folder"


@pytest.mark.parametrize(
    "url", ["http://10.0.0.7:9001", "https://plait.internal", "http://127.0.0.1.example:9001", "http://[::1", ""]
)
def test_the_folders_token_is_sent_to_no_other_machine(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".plait").mkdir()
    (tmp_path / ".plait" / "admin.token").write_text("of-the-folder")
    monkeypatch.chdir(tmp_path)
    assert found_token(url, None, {}) == Token("", "")


@pytest.mark.parametrize("said", [b"", b"two words", b"a\nb", "k\u00f6nig".encode(), b"\xff\xfe", b"x" * 4097])
def test_what_is_no_token_is_told_without_showing_it(said: bytes, token_file: Path) -> None:
    token_file.write_bytes(said)
    with pytest.raises(StartError) as caught:
        found_token(HERE, token_file, {})
    assert caught.value.detail == f"{token_file} has no token: one is up to 4,096 ASCII characters without blanks"


def test_a_token_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"^cannot read the token in .*none: no such file or directory$"):
        found_token(HERE, tmp_path / "none", {})
    with pytest.raises(StartError, match=r"is a directory$"):
        found_token(HERE, tmp_path, {})


async def test_the_token_is_sent_with_every_request(token_file: Path) -> None:
    async with admin({"GET /status": {}, "POST /apply": {"revision": 1}}) as server:
        port = admin_port(server.url + "/", token_file, None)
        await asyncio.to_thread(port.get, "/status")
        await asyncio.to_thread(port.change, "POST", "/apply", {})
    assert [asked.headers["authorization"] for asked in server.asked] == ["Bearer from-the-file"] * 2


async def test_a_change_says_who_and_why_and_on_what_it_is_based() -> None:
    async with admin({"PUT /config": {"revision": 8}}) as server:
        port = AdminPort(server.url, Token("", ""))
        said = await asyncio.to_thread(
            lambda: port.change("PUT", "/config", {"graphs": {}}, if_match=7, dry_run=True, reason="größer & besser", other=None)
        )
    assert said.value == {"revision": 8}
    asked = server.asked[0]
    assert (asked.method, asked.path) == ("PUT", "/config?dry_run=true&reason=gr%C3%B6%C3%9Fer%20%26%20besser")
    assert (asked.headers["if-match"], asked.value) == ('"7"', {"graphs": {}})
    assert asked.headers["x-plait-author"]
    assert "authorization" not in asked.headers


async def test_a_refusal_is_its_one_sentence() -> None:
    told = problem(412, "revision 9 is active, not 7; look again")
    async with admin({"GET /status": told}) as server:
        with pytest.raises(NotDone) as caught:
            await asyncio.to_thread(AdminPort(server.url, Token("", "")).get, "/status")
    assert (caught.value.status, caught.value.detail) == (412, "revision 9 is active, not 7; look again")


async def test_a_token_that_is_missing_or_wrong_is_told_with_what_to_do() -> None:
    async with admin({"GET /status": problem(401, "no")}) as server:
        with pytest.raises(
            NotDone, match=r"wants its token: set PLAIT_ADMIN_TOKEN, or name its file with --token-file; plait serve"
        ):
            await asyncio.to_thread(AdminPort(server.url, Token("", "")).get, "/status")
        with pytest.raises(NotDone, match=r"does not take the token of the-file$"):
            await asyncio.to_thread(AdminPort(server.url, Token("secret", "the-file")).get, "/status")


async def test_the_data_port_is_told_from_the_admin_port() -> None:
    said = problem(404, "there is no such route; graphs are at /predict")
    async with admin({"GET /status": said}) as server:
        with pytest.raises(NotDone, match=r"is it the admin port \(9001 by default\), or the data port\?$"):
            await asyncio.to_thread(AdminPort(server.url, Token("", "")).get, "/status")


@pytest.mark.parametrize("said", [b"<html>", b"[1]", b"[" * 100_000, b"\xff"])
async def test_what_is_no_admin_port_is_told_in_one_line(said: bytes) -> None:
    async with RawServer(ok(said)) as server:
        with pytest.raises(StartError, match=r"is no admin port of plait$"):
            await asyncio.to_thread(AdminPort(server.url, Token("", "")).get, "/status")
    for value in ("<html>", ["detail"], {"detail": 5}, {}):
        async with admin({"GET /status": Reply(value, 500)}) as server:
            with pytest.raises(StartError, match=r"is no admin port of plait \(status 500\)$"):
                await asyncio.to_thread(AdminPort(server.url, Token("", "")).get, "/status")


async def test_over_tls_the_admin_ports_authority_can_be_named(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with RawServer(ok(b'{"desired": 1}'), authority.server()) as server:
        port = AdminPort(server.url, Token("", ""), trusted(Path(authority.file), None))
        assert (await asyncio.to_thread(port.get, "/status")).value == {"desired": 1}
        with pytest.raises(StartError, match="authority that is not trusted"):
            await asyncio.to_thread(AdminPort(server.url, Token("", "")).get, "/status")


async def test_nobody_there_is_one_clear_line_and_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (("status",), ("revisions",), ("rollback",), ("drain", "a"), ("exclude", "a"), ("include", "a")):
        assert await typed(*command, "--admin", "http://127.0.0.1:1") == 1
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert err.endswith("Connection refused; does plait run there?\n")


async def test_for_machines_a_refusal_is_printed_as_it_came(capsys: pytest.CaptureFixture[str]) -> None:
    async with admin({"GET /status": problem(503, "the store is gone")}) as server:
        assert await typed("status", "--json", "--admin", server.url) == 1
        out, err = capsys.readouterr()
        assert ('"detail":"the store is gone"' in out, err) == (True, "")
        assert await typed("status", "--admin", server.url) == 1
        assert capsys.readouterr().err == "plait: the store is gone\n"
