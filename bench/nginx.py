"""nginx in its two parts: the three predictors that all peers ask, and, with njs, a peer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from client import Client, get
from payload import ANSWER, NAMES, PATH
from processes import HOST, Program
from trouble import Trouble

# Without root nginx may not use the folders that it was built with, so it gets this one for all that it could write.
COMMON = """
worker_processes 1;
daemon off;
pid {folder}/{name}.pid;
error_log stderr warn;
events {{ worker_connections 8192; }}
"""
HTTP = """
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    client_body_in_single_buffer on;
    client_body_temp_path {folder}/{name}-body;
    proxy_temp_path {folder}/{name}-proxy;
    fastcgi_temp_path {folder}/{name}-fastcgi;
    uwsgi_temp_path {folder}/{name}-uwsgi;
    scgi_temp_path {folder}/{name}-scgi;
"""
PREDICTORS = (
    COMMON
    + """
http {{"""
    + HTTP
    + """
    server {{
        {listens}
        location / {{ default_type application/json; return 200 '{answer}'; }}
        location = /counted {{ stub_status; }}
    }}
}}
"""
)
FANOUT = (
    """
load_module {module};"""
    + COMMON
    + """
http {{"""
    + HTTP
    + """
    js_path {folder};
    js_import fanout.js;
    subrequest_output_buffer_size 64k;
    {upstreams}
    server {{
        listen {host}:{port};
        location = {path} {{ js_content fanout.predict; }}
        {locations}
    }}
}}
"""
)
UPSTREAM = "upstream {name} {{ server {host}:{port}; keepalive 256; keepalive_requests 1000000000; }}"
LOCATION = (
    'location = /ask/{name} {{ internal; proxy_pass http://{name}{path}; proxy_http_version 1.1; proxy_set_header Connection ""; }}'
)
SCRIPT = """
const NAMES = %s;

async function ask(request, name) {
    const reply = await request.subrequest('/ask/' + name, {method: 'POST', body: request.requestText});
    if (reply.status !== 200) {
        throw new Error(name + ' answered ' + reply.status);
    }
    return JSON.parse(reply.responseText);
}

async function predict(request) {
    const answers = await Promise.all(NAMES.map(name => ask(request, name)));
    const byName = {};
    NAMES.forEach((name, index) => { byName[name] = answers[index]; });
    request.headersOut['Content-Type'] = 'application/json';
    request.return(200, JSON.stringify(byName));
}

export default {predict};
"""


def predictors(nginx: str, folder: Path, ports: Sequence[int], answer: bytes = ANSWER) -> Program:
    """One nginx that is all three predictors."""
    listens = " ".join(f"listen {HOST}:{port};" for port in ports)
    config = PREDICTORS.format(folder=folder, name="predictors", listens=listens, answer=answer.decode())
    return _program(nginx, folder, "predictors", config, ports[0])


def fanout(nginx: str, module: str, folder: Path, ports: Sequence[int], port: int) -> Program:
    """nginx that asks the three from JavaScript."""
    (folder / "fanout.js").write_text(SCRIPT % list(NAMES))
    upstreams = "\n    ".join(UPSTREAM.format(name=name, host=HOST, port=one) for name, one in zip(NAMES, ports, strict=True))
    locations = "\n        ".join(LOCATION.format(name=name, path=PATH) for name in NAMES)
    config = FANOUT.format(
        folder=folder, name="njs", module=module, upstreams=upstreams, locations=locations, host=HOST, port=port, path=PATH
    )
    return _program(nginx, folder, "njs", config, port)


def counted(port: int) -> int:
    """How many requests the predictors have had by now, this one not included (stub_status of nginx)."""
    with Client(port, get("/counted")) as client:
        lines = client.ask().decode().splitlines()
    try:
        return int(lines[2].split()[2]) - 1
    except (IndexError, ValueError):
        raise Trouble(f"nginx tells its count of requests in a form of its own: {lines}") from None


def _program(nginx: str, folder: Path, name: str, config: str, port: int) -> Program:
    file = folder / f"{name}.conf"
    file.write_text(config)
    return Program(name, (nginx, "-e", "stderr", "-p", str(folder), "-c", str(file)), port, {})
