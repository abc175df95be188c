"""The commands as a user types them."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
from pathlib import Path

import pytest

from plait import __version__
from plait.cli.http import send
from tests.e2e.processes import plait, run, serving

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

IRIS = Path(__file__).parents[2] / "examples" / "iris"
BROKEN = """\
predictors:
  setosa: {url: "http://127.0.0.1:8000", modle: x.onnx}
graphs:
  predict:
    parallel: [setosa, vericolor]
  a: {sequence: [b]}
  b: {sequence: [a]}
"""


@pytest.fixture
def free_ports() -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(4)]
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


@pytest.fixture
def iris_file(tmp_path: Path, free_ports: list[int]) -> Path:
    text = (IRIS / "plait.yaml").read_text()
    for place, name in enumerate(("setosa", "versicolor", "virginica")):
        text = text.replace(f"127.0.0.1:{8000 + place}", f"127.0.0.1:{free_ports[place]}")
        text = text.replace(f"models/{name}.onnx", str(IRIS / "models" / f"{name}.onnx"))
    file = tmp_path / "plait.yaml"
    file.write_text(text)
    return file


def test_a_graph_is_shown_where_not_every_character_can_be_written(tmp_path: Path) -> None:
    file = tmp_path / "plait.yaml"
    file.write_text("graphs: {predict: {sequence: [{value: 1}]}}")
    done = run("explain", str(file), PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "value" in done.stdout


def test_check_reports_every_problem_with_path_and_line(tmp_path: Path) -> None:
    file = tmp_path / "plait.yaml"
    file.write_text(BROKEN)
    done = run("check", str(file))
    assert done.returncode == 1
    assert re.search(r":2:\d+ .*modle.*did you mean model\?", done.stdout)
    assert re.search(r":5:\d+ .*vericolor", done.stdout)
    assert re.search(r":6:\d+ .*a → b → a", done.stdout)
    listed = json.loads(run("check", "--json", str(file)).stdout)["problems"]
    assert [problem["line"] for problem in listed] == [2, 5, 6]


def test_serve_refuses_a_broken_file_with_every_problem(tmp_path: Path) -> None:
    file = tmp_path / "plait.yaml"
    file.write_text(BROKEN)
    done = run("serve", str(file), "--port", "0")
    assert done.returncode == 1
    assert "modle" in done.stderr
    assert "vericolor" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run("serve", str(IRIS / "plait.yaml"), "--port", port)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert f"port {port} on 127.0.0.1 is in use" in done.stderr


def test_a_missing_model_is_one_clear_line(tmp_path: Path) -> None:
    done = run("predictor", str(tmp_path / "none.onnx"), "--port", "0")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "none.onnx" in done.stderr


def test_up_refuses_a_missing_model_before_it_starts_anything(tmp_path: Path) -> None:
    file = tmp_path / "plait.yaml"
    file.write_text("predictors:\n  a: {url: 'http://127.0.0.1:1', model: none.onnx}\ngraphs:\n  predict: {predict: a}\n")
    done = run("up", str(file))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "none.onnx" in done.stderr


def test_the_version_is_told() -> None:
    assert run("--version").stdout == f"plait {__version__}\n"


@pytest.mark.parametrize(("name", "value"), [("PORT", "http"), ("PORT", "0" * 5000), ("HOST", "a..b"), ("HOST", "x" * 300)])
def test_an_address_that_is_none_is_one_clear_line(name: str, value: str) -> None:
    for command in (("serve", str(IRIS / "plait.yaml")), ("predictor", str(IRIS / "models" / "setosa.onnx"))):
        done = run(*command, **{name: value})
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
        assert name.lower() in done.stderr.lower()


def test_a_variable_that_names_no_predictor_is_told() -> None:
    done = run("serve", SERVICE_A="garbage")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "SERVICE_A" in done.stderr


def test_a_predictors_log_in_production_is_json_lines() -> None:
    with plait("predictor", str(IRIS / "models" / "setosa.onnx"), "--port", "0", MODE="production") as process:
        line = process.until(re.compile(r"http://"))
        facts = json.loads(line.string)
        assert facts["level"] == "info"
        assert "setosa.onnx on http://127.0.0.1:" in facts["message"]


def test_up_says_so_and_ends_when_the_proxy_cannot_start(iris_file: Path, free_ports: list[int]) -> None:
    with socket.create_server(("127.0.0.1", free_ports[3])):
        done = run("up", str(iris_file), "--port", str(free_ports[3]))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert f"port {free_ports[3]} on 127.0.0.1 is in use" in done.stderr


def test_wrong_usage_exits_with_2() -> None:
    assert run("serve", "--port", "abc").returncode == 2
    assert run("frobnicate").returncode == 2


def test_serve_exits_with_0_after_a_signal() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        with serving("serve", str(IRIS / "plait.yaml"), "--port", "0") as (url, process):
            assert send(f"{url}/livez").status == 200
            assert process.end(number) == 0


def test_variables_give_host_and_port_and_flags_win(free_ports: list[int]) -> None:
    with serving("serve", str(IRIS / "plait.yaml"), PORT=str(free_ports[0]), HOST="127.0.0.1") as (url, _):
        assert url.endswith(f":{free_ports[0]}")
    with serving("serve", str(IRIS / "plait.yaml"), "--port", str(free_ports[1]), PORT="1") as (url, _):
        assert url.endswith(f":{free_ports[1]}")


def test_up_runs_everything_starts_again_what_crashed_and_ends_it_all(iris_file: Path, free_ports: list[int]) -> None:
    with plait("up", str(iris_file), "--port", str(free_ports[3])) as process:
        ready = {process.until(re.compile(r"^(\w+) +\| .* on http://"))[1] for _ in range(4)}
        assert ready == {"setosa", "versicolor", "virginica", "plait"}
        url = f"http://127.0.0.1:{free_ports[3]}"
        sample = json.dumps({"data": [[1.0, 2.0, 3.0, 4.0]]}).encode()
        assert send(f"{url}/predict", sample).status == 200
        children = Path(f"/proc/{process.process.pid}/task/{process.process.pid}/children").read_text().split()
        assert len(children) == 4
        crashed = next(child for child in children if b"setosa" in Path(f"/proc/{child}/cmdline").read_bytes())
        os.kill(int(crashed), signal.SIGKILL)
        process.until(re.compile(r"^setosa +\| ended with exit code -9; starts again in 0.5 s"))
        process.until(re.compile(r"^setosa +\| .* on http://"))
        assert send(f"{url}/predict", sample).status == 200
        children = Path(f"/proc/{process.process.pid}/task/{process.process.pid}/children").read_text().split()
        assert process.end(signal.SIGINT) == 0
    assert not [child for child in children if Path(f"/proc/{child}").exists()]


def test_up_that_is_killed_takes_its_processes_with_it(iris_file: Path, free_ports: list[int]) -> None:
    with plait("up", str(iris_file), "--port", str(free_ports[3])) as process:
        for _ in range(4):
            process.until(re.compile(r"^(\w+) +\| .* on http://"))
        children = Path(f"/proc/{process.process.pid}/task/{process.process.pid}/children").read_text().split()
        watched = [os.pidfd_open(int(child)) for child in children]
        process.end(signal.SIGKILL)
    import select  # noqa: PLC0415

    for descriptor in watched:
        assert select.select([descriptor], [], [], 30)[0], "a process outlived the one that started it"
        os.close(descriptor)


def test_demo_shows_the_graph_and_both_answers() -> None:
    done = run("demo", "--once", "--port", "0")
    assert done.returncode == 2  # a demo needs a port that can be shown
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = str(sock.getsockname()[1])
    done = run("demo", "--once", "--port", port)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "parallel" in done.stdout
    assert '"setosa":{"prediction":[' in done.stdout
    assert '"label":"virginica"' in done.stdout
    assert done.stdout.count("$ curl -X POST") == 2


def test_an_unknown_example_names_those_that_there_are() -> None:
    done = run("demo", "irsi")
    assert done.returncode == 1
    assert "did you mean iris?" in done.stderr


def test_explain_shows_the_tree_and_json() -> None:
    text = run("explain", str(IRIS / "plait.yaml")).stdout
    assert "label  POST /predict/label" in text
    assert "merge argmax output.prediction[0]" in text
    machine = json.loads(run("explain", str(IRIS / "plait.yaml"), "--format", "json", "--graph", "label").stdout)
    assert machine["label"]["root"]["kind"] == "sequence"


def test_explain_draws_one_graph_or_all_of_them() -> None:
    picture = run("explain", str(IRIS / "plait.yaml"), "--format", "svg").stdout
    assert picture.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert 'data-node="predict/versicolor"' in picture
    assert 'data-node="label/parallel/versicolor"' in picture
    assert 'data-node="predict' not in run("explain", str(IRIS / "plait.yaml"), "--format", "svg", "--graph", "label").stdout
    chart = run("explain", str(IRIS / "plait.yaml"), "--format", "mermaid").stdout
    assert chart.startswith("flowchart LR\n")
    assert chart.count("subgraph") == 2


def test_schema_is_json() -> None:
    assert json.loads(run("schema").stdout)["type"] == "object"


def test_call_prints_the_answer_or_the_problem() -> None:
    with serving("serve", str(IRIS / "plait.yaml"), "--port", "0", SERVICE_SETOSA="127.0.0.1:1") as (url, _):
        done = run("call", "predict", "--url", url)
        assert done.returncode == 1
        assert json.loads(done.stderr)["status"] == 502
        assert run("call", "nosuch", "--url", url).returncode == 1
    assert "no answer from" in run("call", "predict", "--url", "http://127.0.0.1:1").stderr


def test_functions_beside_the_file_are_served(tmp_path: Path) -> None:
    (tmp_path / "rules.py").write_text("async def grade(value, context):\n    return {'grade': value['score'] // 10}\n")
    (tmp_path / "plait.yaml").write_text("graphs: {predict: {python: 'rules:grade'}}")
    with serving("serve", str(tmp_path / "plait.yaml"), "--port", "0") as (url, _):
        answer = send(f"{url}/predict", b'{"score": 95}')
        assert (answer.status, json.loads(answer.body)) == (200, {"grade": 9})


def test_call_takes_what_a_rule_answers_for_an_answer_or_a_refusal_by_its_status(tmp_path: Path) -> None:
    file = tmp_path / "plait.yaml"
    file.write_text(
        "graphs:\n"
        "  predict:\n"
        "    value: 1\n"
        "    rules:\n"
        '      - {on: result, when: "request.x == 1.0", do: {respond: {status: 206, body: partly}}}\n'
        '      - {on: result, when: "request.x == 2.0", do: {respond: {status: 404, body: no}}}\n'
    )
    with serving("serve", str(file), "--port", "0") as (url, _):
        told = [run("call", "predict", "-d", f'{{"x": {x}}}', "--url", url) for x in (0, 1, 2)]
    assert [(done.returncode, done.stdout.strip(), done.stderr.strip()) for done in told] == [
        (0, "1", ""),
        (0, '"partly"', ""),
        (1, "", '"no"'),
    ]
