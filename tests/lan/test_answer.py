"""The future of a CI-V request: who waits goes on at once, and asyncio's rules hold."""

import asyncio
from collections.abc import Callable

import pytest

from icom_lan.answer import Answer
from icom_lan.exceptions import CommandError


def make(withdrawn: list[int] | None = None) -> Answer[str]:
    noted = [] if withdrawn is None else withdrawn
    return Answer(7, b"\x03", bytes.hex, noted.append)


async def in_a_callback(step: Callable[[], None]) -> None:
    """Run a step where no task runs, as what a driver reads from a socket does."""
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.call_soon(step)
    loop.call_soon(done.set)
    await done.wait()


async def start(answer: Answer[str], log: list[str]) -> asyncio.Task[None]:
    async def wait() -> None:
        log.append(await answer)

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    return task


async def test_who_waits_goes_on_before_set_result_returns() -> None:
    answer, log = make(), list[str]()
    task = await start(answer, log)

    def step() -> None:
        answer.set_result("yes")
        log.append("returned")

    await in_a_callback(step)
    await task
    assert log == ["yes", "returned"]


async def test_tasks_do_not_nest() -> None:
    answer, log = make(), list[str]()
    task = await start(answer, log)
    answer.set_result("yes")  # this test is a task, and it runs
    log.append("returned")
    await task
    assert log == ["returned", "yes"]


async def test_an_answer_before_the_wait_is_there() -> None:
    answer = make()
    answer.set_result("yes")
    assert await answer == "yes"


async def test_what_the_waiter_asks_next_may_be_answered_the_same_way() -> None:
    first, second, log = make(), make(), list[str]()

    async def ask_twice() -> None:
        log.append(await first)
        log.append(await second)

    task = asyncio.create_task(ask_twice())
    await asyncio.sleep(0)
    await in_a_callback(lambda: first.set_result("one"))
    await in_a_callback(lambda: second.set_result("two"))
    await task
    assert log == ["one", "two"]


async def test_a_cancelled_wait_withdraws_the_request_once() -> None:
    withdrawn, log = list[int](), list[str]()
    task = await start(make(withdrawn), log)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert withdrawn == [7]
    assert not log


async def test_a_timeout_around_the_wait_is_a_timeout() -> None:
    withdrawn = list[int]()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await make(withdrawn)
    assert withdrawn == [7]


async def test_an_answer_that_came_is_not_withdrawn() -> None:
    withdrawn = list[int]()
    answer = make(withdrawn)
    answer.set_result("yes")
    assert not answer.cancel()
    assert not withdrawn


async def test_an_error_is_raised_where_it_is_awaited() -> None:
    answer, log = make(), list[str]()
    task = await start(answer, log)
    await in_a_callback(lambda: answer.set_exception(CommandError("refused")))
    with pytest.raises(CommandError, match="refused"):
        await task


async def test_an_error_that_nobody_awaits_is_not_logged_as_lost(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = make()
    answer.set_exception(CommandError("refused"))
    del answer
    assert not caplog.records


async def test_a_second_waiter_gets_the_answer_too() -> None:
    answer, log = make(), list[str]()
    tasks = [await start(answer, log), await start(answer, log)]
    await in_a_callback(lambda: answer.set_result("yes"))
    await asyncio.gather(*tasks)
    assert log == ["yes", "yes"]


async def test_a_removed_callback_is_not_called() -> None:
    answer, log = make(), list[str]()
    task = await start(answer, log)
    seen = list[object]()
    answer.add_done_callback(seen.append)
    assert answer.remove_done_callback(seen.append) == 1
    await in_a_callback(lambda: answer.set_result("yes"))
    await task
    assert log == ["yes"]
    assert not seen


async def test_who_gathers_answers_can_be_cancelled() -> None:
    withdrawn = list[int]()
    answers = [make(withdrawn), make(withdrawn)]

    async def wait_for_both() -> None:
        await asyncio.gather(*answers)

    task = asyncio.create_task(wait_for_both())
    await asyncio.sleep(0)
    task.cancel("enough")
    with pytest.raises(asyncio.CancelledError):
        await task
    assert withdrawn == [7, 7]
    done = await asyncio.gather(answers[0], return_exceptions=True)
    assert isinstance(done[0], asyncio.CancelledError)


async def test_each_who_waits_for_an_error_gets_its_own_traceback() -> None:
    answer = make()
    answer.set_exception(CommandError("no"))
    depths = list[int]()
    for _ in range(3):
        with pytest.raises(CommandError) as raised:
            await answer
        depths.append(len(raised.traceback))
    assert len(set(depths)) == 1
