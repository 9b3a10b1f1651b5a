"""More sign-ins than can be hashed: each gets a clear answer, and who only reads notices nothing.

How fast reads are meanwhile is measured by `python -m bench.logins`.
"""

import asyncio

from smovie.passwords import MOST_OF_A_KIND
from tests.conftest import StartServer
from tests.support.api import Answer

STORM = 6 * MOST_OF_A_KIND
COST = 8  # 16 ms a hash: the storm has come before many are done


async def test_past_the_queue_logins_are_told_when_to_come_again_and_reads_go_on(start: StartServer) -> None:
    server = await start(bcrypt_cost=COST)
    member = await server.a_member()

    async def log_in(number: int) -> Answer:
        known = {"email": member.email, "password": member.password}
        return await server.api.post("/auth/login", known if number % 2 else {**known, "email": "nobody@example.com"})

    storm = [asyncio.ensure_future(log_in(number)) for number in range(STORM)]
    registering = asyncio.ensure_future(server.register())
    reads = []
    while not all(one.done() for one in storm):
        reads.append((await server.api.get("/movies")).status)
    answers = await asyncio.gather(*storm)

    served = [answer for answer in answers if answer.status != 503]
    refused = [answer for answer in answers if answer.status == 503]
    assert len(served) >= MOST_OF_A_KIND and refused
    assert {answer.status for answer in served} == {200, 401}
    assert {(answer.json["type"], answer.headers["retry-after"]) for answer in refused} == {("/problems/busy", "2")}
    assert set(reads) == {200} and len(reads) > 5
    assert (await registering)["uid"], "a storm of logins leaves new passwords their places"
    assert (await log_in(1)).status == 200, "afterwards there is room again"
