"""Two instances behind nginx, restarted one after the other while people talk through it."""

import asyncio
import math
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from string import Template

from bench.checking import Check
from bench.faults.deployment import shared_deployment
from bench.faults.rounds import Bench, Outcome, Round
from bench.instances import Instance
from tests.support.wait import until

CLIENTS = 48
TALKERS = 24
PER_SECOND = 200.0
BETWEEN_S = 3.0
_LEAST = "nobody"  # whom nginx runs as where we could give it more rights

# From `upstream` on it is the one of docs/operations.md.
_CONFIG = Template("""\
daemon off;
worker_processes 1;
pid $folder/nginx.pid;
error_log $folder/error.log warn;
events { worker_connections 1024; }
http {
    access_log off;
    client_body_temp_path $folder/body;
    proxy_temp_path $folder/proxy;
    fastcgi_temp_path $folder/fastcgi;
    uwsgi_temp_path $folder/uwsgi;
    scgi_temp_path $folder/scgi;
    upstream smovie {
        least_conn;
$servers
    }
    map $$http_upgrade $$connection_upgrade { default upgrade; '' close; }
    server {
        listen 127.0.0.1:$port;
        location / {
            proxy_pass http://smovie;
            proxy_http_version 1.1;
            proxy_set_header Host $$host;
            proxy_set_header X-Forwarded-For $$proxy_add_x_forwarded_for;
            proxy_set_header Upgrade $$http_upgrade;
            proxy_set_header Connection $$connection_upgrade;
            proxy_connect_timeout 2s;
            proxy_read_timeout 75s;
        }
    }
}
""")


@asynccontextmanager
async def running_nginx(program: str, ports: Sequence[int]) -> AsyncIterator[int]:
    """nginx before the instances at `ports`, with no more rights than it needs; its port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory(prefix="smovie-nginx-") as name:
        folder = Path(name)
        servers = "\n".join(f"        server 127.0.0.1:{each} max_fails=0;" for each in ports)
        (folder / "nginx.conf").write_text(_CONFIG.substitute(folder=name, servers=servers, port=port))
        rights: dict[str, object] = {}
        if os.geteuid() == 0:
            least = pwd.getpwnam(_LEAST)
            os.chown(folder, least.pw_uid, least.pw_gid)
            rights = {"user": least.pw_uid, "group": least.pw_gid, "extra_groups": []}
        words = [program, "-c", str(folder / "nginx.conf"), "-p", name, "-e", str(folder / "error.log")]
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, **rights)  # type: ignore[call-overload]
        try:
            await until(lambda: _listens(port))
            yield port
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
    except OSError:
        return False
    return True


async def _run(bench: Bench) -> Outcome:
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        return Outcome({"skipped": "nginx is not installed"})
    deployment = await shared_deployment(bench)
    servers = (deployment.one, deployment.two)
    async with running_nginx(program, [server.port for server in servers]) as port:
        through = Instance(f"http://127.0.0.1:{port}")
        check = Check([through], [await deployment.a_room()], await deployment.tokens(), CLIENTS)
        async with check.running():
            talking = asyncio.create_task(check.talk(PER_SECOND, math.inf, TALKERS))
            for server in servers:
                await asyncio.sleep(BETWEEN_S)
                await server.stop()
                await server.start()
            await asyncio.sleep(BETWEEN_S)
            talking.cancel()
            await asyncio.gather(talking, return_exceptions=True)
            verdict = (await check.settle())[through.url]
        clients = check.clients
    violations = [f"{kind}: {example}" for kind, found in vars(verdict).items() for example in found]
    if not sum(client.recovered + client.fresh_pages for client in clients) > len(clients):
        violations.append("nobody had to come back: the instances were not restarted under anybody")
    figures = {
        "said": sum(c.sent for c in clients), "repeated": sum(c.retries for c in clients),
        "refused": sum(c.refusals for c in clients), "resumed": sum(c.recovered for c in clients),
        "fresh pages": sum(c.fresh_pages for c in clients),
        **{kind: len(found) for kind, found in vars(verdict).items()},
    }  # fmt: skip
    return Outcome(figures, violations)


ROUNDS = (Round("rolling-restart", "SIGTERM of two instances in turn, behind nginx", _run),)
