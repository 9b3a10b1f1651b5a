"""The embedded mongod: nothing acknowledged is lost, no process is left, and what is wrong is said in a line."""

import importlib.util
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from smovie.embedded import CannotStart, _why_it_ended, embedded_mongod, find_mongod, own_folder
from smovie.store.mongo import open_database
from tests.support.process import Program, Programs, mongods_on
from tests.support.wait import until

LIBCURL_MISSING = (
    "mongod: error while loading shared libraries: libcurl.so.4: cannot open shared object file: No such file"
)


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    with Programs(tmp_path) as programs:
        yield programs


async def comment(server: Program, access: str, text: str) -> str:
    """Its id, once it is acknowledged."""
    path = f"/episodes/{await server.an_episode()}/comments"
    answer = await server.api.post(path, {"message": text}, access=access)
    assert answer.status == 201, answer.body
    return str(answer.json["comment"]["id"])


async def comments_of(server: Program) -> dict[str, str]:
    page = await server.api.get(f"/episodes/{await server.an_episode()}/comments")
    return {found["id"]: found["message"] for found in page.json["results"]}


def a_mongod_that(folder: Path, does: str) -> str:
    """A PATH on which `mongod` is a script."""
    folder.mkdir()
    script = folder / "mongod"
    script.write_text(f"#!/bin/sh\n{does}\n")
    script.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def a_gated_mongod(folder: Path) -> tuple[str, Path]:
    """A PATH with the real mongod; where the gate (a pipe) exists, it waits there before it starts."""
    gate = folder / "gate"
    return a_mongod_that(folder, f'[ -p {gate} ] && read -r _ < {gate}\nexec {find_mongod()} "$@"'), gate


def open_gate(gate: Path) -> None:
    gate.write_text("go\n")  # returns when somebody reads


# -- killed and started again ------------------------------------------------------------------------------------------


async def test_after_a_kill_of_the_server_the_next_adopts_its_mongod_and_has_everything(programs: Programs) -> None:
    first = await programs.serve("demo")
    access, mongod = await first.sign_in_demo_admin(), first.mongod_pid
    said = {await comment(first, access, text): text for text in ("một", "hai")}
    await first.kill()
    second = await programs.serve(data_dir=first.data_dir)
    assert (second.mongod_pid, mongods_on(first.data_dir)) == (mongod, [mongod])
    assert second.logged("adopting the mongod that a killed SMovie left")
    assert await comments_of(second) == said
    said[await comment(second, access, "ba")] = "ba"
    await second.kill()
    os.kill(mongod, signal.SIGKILL)
    await until(lambda: not mongods_on(first.data_dir))
    third = await programs.serve(data_dir=first.data_dir)
    assert third.mongod_pid != mongod
    assert await comments_of(third) == said


async def test_an_adopted_mongod_stops_with_a_clean_stop(programs: Programs) -> None:
    killed = await programs.serve()
    await killed.kill()
    server = await programs.serve(data_dir=killed.data_dir)
    assert await server.stop() == 0
    assert mongods_on(server.data_dir) == []


async def test_a_folder_has_one_server_at_a_time_and_the_first_goes_on(programs: Programs) -> None:
    first = await programs.serve()
    second = await programs.run("serve", data_dir=first.data_dir)
    assert second.process.returncode == 1
    (line,) = second.complaints.splitlines()
    assert f"process {first.process.pid}" in line
    assert "--data-dir" in line
    assert (await first.api.call("GET", "/readyz")).status == 200
    assert await first.stop() == 0
    assert mongods_on(first.data_dir) == []


# -- mongod killed under a running server ------------------------------------------------------------------------------


async def test_a_killed_mongod_is_started_again_and_reads_go_on_meanwhile(programs: Programs, tmp_path: Path) -> None:
    path, gate = a_gated_mongod(tmp_path / "bin")
    server = await programs.serve("demo", env={"PATH": path})
    access, episode = await server.sign_in_demo_admin(), await server.an_episode()
    before = await comment(server, access, "trước")
    os.mkfifo(gate)
    server.kill_mongod()

    async def not_ready() -> Any:
        answer = await server.api.call("GET", "/readyz")
        return answer.json["reasons"] if answer.status == 503 else None

    assert "mongodb does not answer" in await until(not_ready)
    assert (await server.api.get("/movies?page_size=5")).status == 200
    assert (await server.api.call("GET", "/healthz")).status == 200
    refused = await server.api.post(f"/episodes/{episode}/comments", {"message": "giữa"}, access=access)
    assert refused.status == 503
    assert refused.headers["content-type"].startswith("application/problem+json")
    assert int(refused.headers["retry-after"]) > 0
    open_gate(gate)

    async def ready() -> bool:
        return (await server.api.call("GET", "/readyz")).status == 200

    await until(ready, within_s=20)
    after = await comment(server, access, "sau")
    assert {before, after} <= (await comments_of(server)).keys()
    assert server.mongod_pid in mongods_on(server.data_dir)


@asynccontextmanager
async def a_mongod(folder: Path) -> Any:
    """As the server has it, in this process."""
    with own_folder(folder):
        async with embedded_mongod(folder) as url:
            yield url


def remembered(folder: Path) -> dict[str, int]:
    found: dict[str, int] = orjson.loads((folder / "mongod.json").read_bytes())
    return found


async def test_a_stop_while_mongod_is_being_started_again_leaves_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, gate = a_gated_mongod(tmp_path / "bin")
    monkeypatch.setenv("PATH", path)
    async with a_mongod(tmp_path):
        killed = remembered(tmp_path)["pid"]
        os.mkfifo(gate)
        os.kill(killed, signal.SIGKILL)
        await until(lambda: remembered(tmp_path)["pid"] != killed)
    assert mongods_on(tmp_path) == []


async def test_a_database_that_finds_its_port_taken_moves_to_another(tmp_path: Path) -> None:
    async with a_mongod(tmp_path) as url, open_database(url, "moved") as db:
        await db.comments.insert_one({"_id": "kept"})
    port = remembered(tmp_path)["port"]
    with closing(socket.socket()) as stranger:
        stranger.bind(("127.0.0.1", port))
        async with a_mongod(tmp_path) as url, open_database(url, "moved") as db:
            assert remembered(tmp_path)["port"] != port
            await db.comments.insert_one({"_id": "new"})
            assert await db.comments.count_documents({}) == 2


# -- what is missing is said -------------------------------------------------------------------------------------------


def test_a_mongod_on_path_is_taken_before_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", a_mongod_that(tmp_path / "bin", "exit 1"))
    assert find_mongod() == str(tmp_path / "bin" / "mongod")


def test_without_any_mongod_it_is_said_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(CannotStart, match=r"install MongoDB .* or set SMOVIE_MONGO_URL"):
        find_mongod()


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (LIBCURL_MISSING, "mongod needs libcurl.so.4: apt-get install libcurl4"),
        (LIBCURL_MISSING.replace("libcurl.so.4", "libcrypto.so.3"), "apt-get install libssl3"),
        ("a disk that is full", "a disk that is full"),
    ],
)
def test_a_mongod_that_ended_at_once_is_explained_from_its_log(tmp_path: Path, log: str, said: str) -> None:
    file = tmp_path / "mongod.log"
    file.write_text(log)
    assert said in _why_it_ended(file)


async def test_a_missing_library_ends_the_start_with_one_line(programs: Programs, tmp_path: Path) -> None:
    path = a_mongod_that(tmp_path / "bin", f"echo '{LIBCURL_MISSING}' >&2; exit 127")
    ended = await programs.run("serve", env={"PATH": path})
    assert ended.process.returncode == 1
    assert ended.complaints == "smovie: mongod needs libcurl.so.4: apt-get install libcurl4\n"
