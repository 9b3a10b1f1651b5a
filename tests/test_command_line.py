"""`run.py` and `docs/chat.py` as somebody calls them who has just got SMovie."""

import signal
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import orjson
import pytest
from tornado.ioloop import IOLoop
from tornado.tcpclient import TCPClient

from tests.support.process import Program, Programs, mongods_on
from tests.support.raw import raw, request_of
from tests.support.redis import RedisServer
from tests.support.wait import until

BAD = "không phải JSON"


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    with Programs(tmp_path) as programs:
        yield programs


@pytest.fixture(scope="module")
def demo(io_loop: IOLoop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """`run.py demo`, shared by the tests that leave it running."""
    with Programs(tmp_path_factory.mktemp("demo")) as programs:
        yield io_loop.run_sync(lambda: programs.serve("demo"))


def a_file(folder: Path, *titles: str, extra: str = "") -> Path:
    """An import file; `extra` goes between its first line and the others."""
    lines = [orjson.dumps({"kind": "movie", "title": title, "year": 2001}).decode() for title in titles]
    file = folder / "titles.jsonl"
    file.write_text("\n".join([lines[0], *filter(None, [extra]), *lines[1:]]) + "\n")
    return file


def only_line(text: str) -> str:
    (line,) = text.splitlines()
    return line


# -- serving -----------------------------------------------------------------------------------------------------------


async def test_a_server_on_an_empty_folder_is_healthy_and_ready(programs: Programs) -> None:
    server = await programs.serve()
    assert (await server.api.call("GET", "/healthz")).json == {"status": "ok"}
    ready = await server.api.call("GET", "/readyz")
    assert (ready.status, ready.json) == (200, {"ready": True, "reasons": [], "titles": 0, "live_sockets": 0})
    assert await server.stop(within_s=10) == 0
    assert mongods_on(server.data_dir) == []


async def test_the_demo_says_where_it_is_who_may_in_and_what_to_try(demo: Program) -> None:
    told = await until(lambda: demo.printed)
    assert demo.address in told
    email, password = next(line for line in told.splitlines() if "Demo admin" in line).split()[-2:]
    answer = await demo.api.post("/auth/login", {"email": email, "password": password})
    assert (answer.status, answer.json["user"]["role"]) == (200, "admin")
    tries = [line.split("'")[1] for line in told.splitlines() if "curl '" in line]
    assert len(tries) == 2 and f"docs/chat.py {demo.address} {email} {password}" in told
    for url in tries:
        assert (await demo.api.call("GET", url.removeprefix(demo.address))).status == 200


async def test_a_port_in_use_is_said_in_one_line(demo: Program, programs: Programs) -> None:
    refused = await programs.run("serve", "--port", str(demo.port))
    assert refused.process.returncode == 1
    line = only_line(refused.complaints)
    assert str(demo.port) in line and "--port" in line
    assert mongods_on(refused.data_dir) == []


async def test_a_stop_with_sockets_and_requests_open_is_over_in_10_s(programs: Programs) -> None:
    server = await programs.serve("demo")
    access, episode = await server.sign_in_demo_admin(), await server.an_episode()
    async with AsyncExitStack() as open_ones:
        rooms = [await open_ones.enter_async_context(server.in_room(episode, access)) for _ in range(3)]
        idle = await open_ones.enter_async_context(raw(server.port))
        cut_off = await TCPClient().connect("127.0.0.1", server.port)
        open_ones.callback(cut_off.close)
        await idle.send(request_of("GET", "/healthz"))
        assert (await idle.answer()).status == 200
        await cut_off.write(b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        deaf = await TCPClient().connect("127.0.0.1", server.port)  # never reads nor answers a close
        open_ones.callback(deaf.close)
        await deaf.write(
            f"GET /ws/comments/{episode}?token={access} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
            .encode()
        )  # fmt: skip
        await until(lambda: live_sockets(server, 4))
        await rooms[0].say(type="comment", message="cuối", cmid="last")
        server.process.send_signal(signal.SIGTERM)
        codes = [await room.closed() for room in rooms]
        assert await server.ended(within_s=10) == 0
        assert await idle.rest() == b"", "hung up, without another word"
    assert codes == [1012, 1012, 1012]
    assert mongods_on(server.data_dir) == []


async def live_sockets(server: Program, count: int) -> bool:
    return bool((await server.api.call("GET", "/readyz")).json["live_sockets"] == count)


# -- importing ---------------------------------------------------------------------------------------------------------


async def test_an_import_beside_a_server_uses_its_mongod_and_shows_within_a_second(
    demo: Program, programs: Programs, tmp_path: Path
) -> None:
    mongod = mongods_on(demo.data_dir)
    done = await programs.run("import", str(a_file(tmp_path, "Bến lạ", "Bến quen")), data_dir=demo.data_dir)
    assert done.process.returncode == 0, done.complaints

    async def both_show() -> bool:
        answers = [await demo.api.get(f"/movies/{slug}") for slug in ("ben-la", "ben-quen")]
        return all(answer.status == 200 for answer in answers)

    await until(both_show, within_s=1.0)  # DESIGN.md 5
    assert mongods_on(demo.data_dir) == mongod


async def test_an_import_alone_lists_bad_rows_and_stops_its_mongod(programs: Programs, tmp_path: Path) -> None:
    bad_row = orjson.dumps({"kind": "movie", "title": "Không năm", "year": "mai"}).decode()
    file, folder = a_file(tmp_path, "Một", "Hai", extra=f"{BAD}\n{bad_row}"), programs.new_data_dir()
    tried = await programs.run("import", str(file), "--dry-run", data_dir=folder)
    done = await programs.run("import", str(file), data_dir=folder)
    for program, what in ((tried, "would be"), (done, "were")):
        assert program.process.returncode == 0
        assert only_line(program.printed) == (
            f"4 rows read; 2 titles {what} created, 0 changed, 0 unchanged, 2 rows skipped as bad"
        )
        bad = [line for line in program.complaints.splitlines() if line.startswith("line ")]
        assert [line.split(":")[0] for line in bad] == ["line 2", "line 3"]
        assert "year" in bad[1]
    assert mongods_on(folder) == []


async def test_an_import_of_no_file_is_said_in_a_line(programs: Programs, tmp_path: Path) -> None:
    refused = await programs.run("import", str(tmp_path / "nothing.jsonl"))
    assert refused.process.returncode != 0
    assert "nothing.jsonl" in refused.complaints.splitlines()[-1]


# -- settings and the other commands -----------------------------------------------------------------------------------


async def test_the_configuration_is_shown_with_secrets_masked(programs: Programs, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("a-very-secret-key\n")
    env = {
        "SMOVIE_SECRET_KEY_FILE": str(tmp_path / "key"),
        "SMOVIE_MONGO_URL": "mongodb://me:hush@db.example/",
        "SMOVIE_MAIL_URL": "smtp://me:hush@mail.example:587",
    }
    shown = await programs.run("--print-config", "--port", "7001", env=env)
    settings = dict(line.split("=", 1) for line in shown.printed.splitlines())
    assert shown.process.returncode == 0
    assert settings["SMOVIE_PORT"] == "7001"
    for secret in ("SMOVIE_SECRET_KEY", "SMOVIE_MONGO_URL", "SMOVIE_MAIL_URL"):
        assert settings[secret] == "********"
    assert "hush" not in shown.printed and "secret-key" not in shown.printed


async def test_an_unknown_setting_is_refused_with_the_nearest_name(programs: Programs) -> None:
    refused = await programs.run("serve", env={"SMOVIE_LIMIT_COMENTS_PER_10S": "3"})
    assert refused.process.returncode != 0
    line = only_line(refused.complaints)
    assert "SMOVIE_LIMIT_COMENTS_PER_10S" in line and "SMOVIE_LIMIT_COMMENTS_PER_10S" in line


async def test_a_check_says_that_the_secret_key_is_short(programs: Programs) -> None:
    checked = await programs.run("check", env={"SMOVIE_SECRET_KEY": "hush-hush"})
    assert checked.process.returncode == 0, checked.complaints
    assert "SMOVIE_SECRET_KEY is shorter than 16 characters" in checked.printed.splitlines()[0]
    assert "hush" not in checked.printed + checked.complaints


async def test_the_openapi_description_is_printed(programs: Programs) -> None:
    printed = orjson.loads((await programs.run("openapi")).printed)
    assert printed["openapi"].startswith("3.1")
    assert "/api/v1/movies" in printed["paths"]


async def test_help_lists_the_commands(programs: Programs) -> None:
    told = (await programs.run("--help")).printed
    for command in ("serve", "demo", "import", "create-admin", "check", "openapi"):
        assert f"\n  {command} " in told


async def test_a_check_says_of_redis_whether_it_answers_and_else_what_to_do(
    programs: Programs, mongod: str, redis_server: RedisServer
) -> None:
    env = {"SMOVIE_MONGO_URL": mongod, "SMOVIE_MONGO_DATABASE": "checked"}
    shared = {**env, "SMOVIE_REDIS_URL": redis_server.url}
    without, good = await programs.run("check", env=env), await programs.run("check", env=shared)
    assert (without.process.returncode, good.process.returncode) == (0, 0), good.complaints
    assert "redis: not set" in without.printed
    assert "redis: ok (" in good.printed
    await redis_server.kill()
    bad = await programs.run("check", env=shared)
    assert bad.process.returncode == 1
    line = only_line(bad.complaints)
    assert "redis does not answer" in line and "SMOVIE_REDIS_URL" in line
    assert "mongodb: ok" in bad.printed


async def test_a_redis_url_with_an_option_that_means_nothing_stops_the_start_with_a_line(
    programs: Programs, mongod: str
) -> None:
    url = "redis://127.0.0.1?nonsense=1"
    refused = await programs.run("serve", env={"SMOVIE_MONGO_URL": mongod, "SMOVIE_REDIS_URL": url})
    assert refused.process.returncode == 1
    assert "SMOVIE_REDIS_URL" in refused.complaints.splitlines()[-1]
    assert "Traceback" not in refused.complaints


async def test_an_admin_is_created_beside_a_server(demo: Program, programs: Programs) -> None:
    email, password = "chu@example.com", "mật khẩu của chủ"
    done = await programs.run("create-admin", "--email", email, "--password", password, data_dir=demo.data_dir)
    assert done.process.returncode == 0, done.complaints
    me = await demo.api.get("/me", access=await demo.sign_in(email, password))
    assert me.json["role"] == "admin"


async def test_an_admin_with_too_short_a_password_is_refused(programs: Programs) -> None:
    refused = await programs.run("create-admin", "--email", "chu@example.com", "--password", "x")
    assert refused.process.returncode != 0
    assert "password" in only_line(refused.complaints)


# -- the small client --------------------------------------------------------------------------------------------------


async def test_what_is_piped_into_the_chat_client_is_said_in_the_room(demo: Program, programs: Programs) -> None:
    episode, password = await demo.an_episode(), (demo.data_dir / "demo_admin_password").read_text()
    chat = programs.start(
        demo.address, "admin@smovie.example", password, episode, script="docs/chat.py", piped=True,
        env={"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert chat.process.stdin
    chat.process.stdin.write("Phim hay quá!\nXem lại lần hai.\n".encode())
    chat.process.stdin.close()

    async def said() -> Any:
        page = await demo.api.get(f"/episodes/{episode}/comments")
        texts = [comment["message"] for comment in page.json.get("results", ())]  # none where the machine is too busy
        return sorted(texts) == ["Phim hay quá!", "Xem lại lần hai."]

    await until(said)
    await until(lambda: "Xem lại lần hai." in chat.printed)
    chat.process.send_signal(signal.SIGINT)
    await chat.ended(within_s=5)
    assert "Traceback" not in chat.complaints


async def test_the_chat_client_says_in_a_line_that_it_was_refused(demo: Program, programs: Programs) -> None:
    chat = programs.start(demo.address, "admin@smovie.example", "sai mật khẩu", script="docs/chat.py")
    assert await chat.ended(within_s=10) == 1
    assert "401" in only_line(chat.complaints)
