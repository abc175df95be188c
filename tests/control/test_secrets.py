from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.control.secrets import MASK, masked, put_back
from plait.graph.document import Document

TEXTS = st.sampled_from(
    [
        "",
        MASK,
        "Bearer x",
        "${env.X}",
        "Bearer ${env.X}",
        "http://h/p",
        "http://u:p@h:1/p?token=t&a=b&password=q",
        "postgresql://u:a:b@c@h,i/d",
        "see http://u:one@a and http://v:two@b?key=1",
        "redis://:pw@h",
        "http://u:${env.P}@h",
    ]
)
WORDS = st.sampled_from(["a", "authorization", "X-Api-Key", "x", "secret", "headers", "url"])
VALUES = st.recursive(
    TEXTS | st.integers(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3), max_leaves=9
)
FILES = st.dictionaries(
    st.sampled_from(["predictors", "sinks", "sources", "server", "graphs"]), st.dictionaries(WORDS, VALUES, max_size=3), max_size=3
)


def header(name: str, value: Any) -> dict[str, Any]:
    return {"predictors": {"a": {"headers": {name: value}}}}


@pytest.mark.parametrize(
    "name", "authorization Proxy-Authorization COOKIE x-api-key X-Auth X-Pass X-Auth-Token client-secret Ocp-Key x-password".split()
)
def test_header_fields_that_are_credentials_are_masked(name: str):
    assert masked(header(name, "hush")) == header(name, MASK)
    for written in ("${env.TOKEN}", "Bearer ${env.TOKEN}", "${ env . TOKEN }"):
        assert masked(header(name, written)) == header(name, written)
    for mixed in ("hush ${env.TOKEN}", "${env.TOKEN}hush", "Bearer hush"):
        assert masked(header(name, mixed)) == header(name, MASK)


@pytest.mark.parametrize("name", "accept x-user user-agent".split())
def test_other_header_fields_are_shown(name: str):
    assert masked(header(name, "hush")) == header(name, "hush")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://u:hush@h/d", "postgresql://u:***@h/d"),
        ("postgresql://u:hu:sh@x@h/d", "postgresql://u:***@h/d"),
        ("postgresql://u:hu?s#h@h/d", "postgresql://u:***@h/d"),
        ("postgresql://h/d?user=u&password=hush&sslmode=require", "postgresql://h/d?user=u&password=***&sslmode=require"),
        ("redis://:hush@h", "redis://:***@h"),
        ("https://h/p?api_key=hush", "https://h/p?api_key=***"),
        ("postgresql://u:${env.PW}@h/d", "postgresql://u:${env.PW}@h/d"),
        ("${env.STORE}", "${env.STORE}"),
        ("postgresql://u@h/d", "postgresql://u@h/d"),
        ("http://h:80/a@b", "http://h:80/a@b"),
    ],
)
def test_passwords_in_urls_are_masked(text: str, shown: str):
    assert masked({"server": {"store": text}}) == {"server": {"store": shown}}


def test_secrets_in_the_path_of_a_predictor_are_masked_and_put_back_for_its_own_host_only():
    old = {"predictors": {"a": {"url": "http://h", "path": "/p?api_key=hush&x=1"}}}
    shown = {"url": "http://h", "path": "/p?api_key=***&x=1"}
    assert masked(old) == {"predictors": {"a": shown}}
    assert put_back({"predictors": {"a": shown}}, old, Document("x", None)) == (old, [])
    _, problems = put_back({"predictors": {"a": {**shown, "url": "http://evil"}}}, old, Document("x", None))
    assert [problem.path for problem in problems] == ["predictors.a.path"]


@pytest.mark.parametrize(
    ("before", "after", "elsewhere"),
    [
        ({"url": "http://h"}, {"url": "http://h/v2"}, False),
        ({"url": "http://h"}, {"url": "HTTP://H"}, False),
        ({"url": "http://u:hush@h"}, {"url": "http://u:***@h"}, False),
        ({"url": "http://u:hush@h"}, {"url": "http://u:new@i"}, True),
        ({"urls": ["http://h", "http://i"]}, {"url": "http://i"}, False),
        ({"url": "http://h", "timeout": "1s"}, {"url": "http://h", "description": "as http://docs says"}, False),
        ({"url": "http://h"}, {"url": "https://h"}, True),
        ({"url": "https://h"}, {"url": "http://h"}, True),
        ({"url": "http://h"}, {"url": "http://h:81"}, True),
        ({"url": "http://h"}, {"urls": ["http://h", "http://i"]}, True),
        ({"url": "http://h"}, {"url": "${env.URL}"}, True),
        ({"url": "http://${env.A}"}, {"url": "http://${env.B}"}, True),
        ({"url": "http://h${env.A}/x"}, {"url": "http://h${env.A}/y"}, True),
        ({"url": "http://h"}, {"url": "dns+http://h"}, True),
    ],
)
def test_a_credential_belongs_to_one_origin(before: dict[str, Any], after: dict[str, Any], elsewhere: bool):  # noqa: FBT001 - a row of the table
    headers = {"headers": {"authorization": "hush"}}
    old = {"predictors": {"a": {**before, **headers}}}
    data, problems = put_back({"predictors": {"a": {**after, "headers": {"authorization": MASK}}}}, old, Document("x", None))
    assert [problem.path for problem in problems] == (["predictors.a.headers.authorization"] if elsewhere else [])
    assert (data["predictors"]["a"]["headers"] == headers["headers"]) is not elsewhere


def test_the_secret_of_a_sink_is_masked_and_what_is_only_called_so_in_a_graph_is_not():
    data = {
        "sinks": {"s": {"webhook": "https://h", "secret": "hush"}},
        "graphs": {"g": {"transform": {"secret": "${input.x}", "headers": {"token": "x"}}}},
    }
    assert masked(data) == {**data, "sinks": {"s": {"webhook": "https://h", "secret": MASK}}}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("nats://u:one@a:1,tls://v:two@b", "nats://u:***@a:1,tls://v:***@b"),
        ("nats://u:one@a, nats://u:two@b", "nats://u:***@a, nats://u:***@b"),
        ("nats://one@a,nats://u:two@b,nats://c", "nats://***@a,nats://u:***@b,nats://c"),
        ("nats://${env.TOKEN}@a,nats://u:${env.P}@b", "nats://${env.TOKEN}@a,nats://u:${env.P}@b"),
    ],
)
def test_each_password_and_token_of_servers_of_nats_is_masked_and_put_back_for_its_own_host(url: str, shown: str):
    data, now = ({"sinks": {"s": {"nats": text, "subject": "a"}}} for text in (url, shown))
    assert masked(data) == now
    assert put_back(now, data, Document("x", None)) == (data, [])
    if url != shown:
        elsewhere = {"sinks": {"s": {"nats": shown.replace("@a", "@evil"), "subject": "a"}}}
        got, problems = put_back(elsewhere, data, Document("x", None))
        assert [problem.path for problem in problems] == ["sinks.s.nats"]
        assert "one" not in got["sinks"]["s"]["nats"]


def test_the_secret_of_a_sink_is_not_put_back_where_its_url_leads_elsewhere():
    old = {"sinks": {"s": {"webhook": "https://h/a", "secret": "hush"}}}
    for url, paths in (("https://h/b", []), ("https://evil/a", ["sinks.s.secret"])):
        data, problems = put_back({"sinks": {"s": {"webhook": url, "secret": MASK}}}, old, Document("x", None))
        assert [problem.path for problem in problems] == paths
        assert data["sinks"]["s"]["secret"] == (MASK if paths else "hush")


@given(FILES)
def test_what_is_shown_and_put_back_is_what_was_there(data: dict[str, Any]):
    assert put_back(masked(data), data, Document("x", None)) == (data, [])


@given(FILES)
def test_what_is_masked_has_nothing_more_to_mask(data: dict[str, Any]):
    assert masked(masked(data)) == masked(data)


def test_a_new_secret_stays_and_an_unknown_one_is_a_problem():
    old = header("authorization", "old")
    assert put_back(header("authorization", "new"), old, Document("x", None)) == (header("authorization", "new"), [])
    _, problems = put_back(header("cookie", MASK), old, Document("x", None))
    assert [(problem.path, problem.hint) for problem in problems] == [("predictors.a.headers.cookie", "write the secret itself")]
    assert put_back(header("accept", MASK), old, Document("x", None)) == (header("accept", MASK), [])


@pytest.mark.parametrize("moved", ["http://u:***@evil/d", "http://v:***@h/d", "ftp://u:***@h/d", "http://u:***@h:81/d"])
def test_a_password_is_put_back_for_its_own_host_only(moved: str):
    old = {"server": {"store": "http://u:hush@h/d"}}
    data, problems = put_back({"server": {"store": moved}}, old, Document("x", None))
    assert data == {"server": {"store": moved}}
    assert [problem.path for problem in problems] == ["server.store"]
    assert put_back({"server": {"store": "http://u:***@h/other"}}, old, Document("x", None))[0] == {
        "server": {"store": "http://u:hush@h/other"}
    }


def test_a_secret_in_a_query_is_put_back_for_its_own_host_only():
    old = {"server": {"store": "http://h/d?token=hush"}}
    for text, put in (("http://h/e?token=***", "http://h/e?token=hush"), ("http://evil/d?token=***", None)):
        data, problems = put_back({"server": {"store": text}}, old, Document("x", None))
        assert (data["server"]["store"], len(problems)) == (put or text, 0 if put else 1)
