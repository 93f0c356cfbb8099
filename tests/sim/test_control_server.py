"""Orders to a running radio: lines in, lines out, several clients, no harm done."""

import asyncio
import json
import os
import socket
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depth import examples
from icom_sim.actions import ActionError
from icom_sim.control.addresses import (
    ControlAddress,
    ControlError,
    TcpAddress,
    UnixAddress,
)
from icom_sim.control.client import ControlClient, OrderRefusedError
from icom_sim.control.messages import (
    LINE_MAX,
    error_line,
    read_request,
    result_line,
)
from icom_sim.control.server import CLIENTS_MAX, UNREAD_MAX, ControlServer

WAIT_S = 20


def perform(action: str, arguments: Mapping[str, object]) -> object:
    """A radio that knows two words."""
    if action == "add":
        return {"sum": sum(map(int, map(str, arguments.values())))}
    if action == "quit":
        return None
    raise ActionError(f"unknown action {action!r}:\nthere are add, quit")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "radio.sock"


def server(path: Path) -> ControlServer:
    return ControlServer(UnixAddress(str(path)), perform)


class Asker:
    """A client that sends what it likes and reads lines."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def __aenter__(self) -> "Asker":
        self.reader, self.writer = await asyncio.open_unix_connection(
            self._path, limit=4 * UNREAD_MAX
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()

    def send(self, *lines: bytes) -> None:
        self.writer.write(b"".join(line + b"\n" for line in lines))

    async def read(self) -> dict[str, Any]:
        async with asyncio.timeout(WAIT_S):
            line = await self.reader.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"ended": True}
        return answer


async def test_each_order_has_its_answer_in_order(path: Path) -> None:
    async with server(path), Asker(path) as asker:
        asker.send(
            b'{"action": "add", "arguments": {"a": 1, "b": 2}}',
            b"",
            b'{"action": "quit"}',
            b'{"action": "fly", "arguments": {}}',
        )
        assert await asker.read() == {"ok": True, "result": {"sum": 3}}
        assert await asker.read() == {"ok": True, "result": None}
        assert await asker.read() == {
            "ok": False,
            "error": "unknown action 'fly': there are add, quit",
        }


async def test_an_order_may_come_in_pieces(path: Path) -> None:
    async with server(path), Asker(path) as asker, Asker(path) as other:
        asker.writer.write(b'{"action": "add", "argum')
        other.send(b'{"action": "quit"}')
        assert (await other.read())["ok"]
        asker.send(b'ents": {"a": 4}}')
        assert await asker.read() == {"ok": True, "result": {"sum": 4}}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"net-clear", "a request is one line of JSON: Expecting value"),
        (b"\xff\xfe", "a request is one line of JSON"),
        (b"[" * 60_000, "a request is one line of JSON"),
        (b"[]", 'an object such as {"action": "net-clear"}, not an array'),
        (b"{}", '"action" must be a string, not null'),
        (b'{"action": 3}', '"action" must be a string, not a number'),
        (b'{"action": true}', '"action" must be a string, not a boolean'),
        (b'{"action": "add", "arguments": "1"}', "must be an object, not a string"),
        (b'{"action": "add", "args": {}}', "has action and arguments, not 'args'"),
    ],
)
async def test_what_is_no_order_is_told_and_the_next_one_obeyed(
    path: Path, line: bytes, says: str
) -> None:
    async with server(path), Asker(path) as asker:
        asker.send(line, b'{"action": "quit"}')
        refused = await asker.read()
        assert not refused["ok"]
        assert says in refused["error"]
        assert (await asker.read())["ok"]


@examples(50)
@given(st.binary(max_size=40) | st.sampled_from([b"0", b"null", b"1e999", b'"a"']))
def test_any_line_is_an_order_or_told_to_be_none_in_one_line(line: bytes) -> None:
    try:
        answer = result_line(read_request(line))
    except ActionError as error:
        answer = error_line(str(error))
    assert answer.endswith(b"\n")
    assert set(json.loads(answer)) <= {"ok", "result", "error"}


async def test_a_line_without_an_end_is_not_waited_for(path: Path) -> None:
    async with server(path), Asker(path) as asker, Asker(path) as other:
        asker.writer.write(b"x" * (LINE_MAX + 1))
        assert "at most 65536 bytes" in (await asker.read())["error"]
        assert await asker.read() == {"ended": True}
        other.send(b'{"action": "quit"}')
        assert (await other.read())["ok"]


async def test_events_go_to_those_who_asked_for_them(path: Path) -> None:
    async with server(path) as control, Asker(path) as asker, Asker(path) as other:
        other.send(b'{"action": "quit"}')
        await other.read()
        assert not control.is_heard
        asker.send(b'{"action": "events"}')
        assert await asker.read() == {"ok": True, "result": None}
        assert control.is_heard
        control.publish('{"event": "ptt", "on": true}')
        assert await asker.read() == {"event": "ptt", "on": True}
        asker.send(b'{"action": "add"}')
        assert await asker.read() == {"ok": True, "result": {"sum": 0}}
        other.send(b'{"action": "quit"}')
        assert await other.read() == {"ok": True, "result": None}


async def test_who_does_not_read_events_is_told_so_and_dismissed(path: Path) -> None:
    async with server(path) as control, Asker(path) as asker:
        asker.send(b'{"action": "events"}')
        await asker.read()
        event, published = json.dumps({"event": "x" * 10_000}), 0
        while control.is_heard:
            control.publish(event)
            published += 1
        assert published < 500
        last, read = {}, -1
        while (answer := await asker.read()) != {"ended": True}:
            last, read = answer, read + 1
        assert last == {"ok": False, "error": "too slow: 1048576 bytes were not read"}
        assert read == published - 1  # the one that was too much


async def test_more_clients_than_there_is_room_for_are_refused(path: Path) -> None:
    async with server(path):
        askers = [await Asker(path).__aenter__() for _ in range(CLIENTS_MAX)]
        async with Asker(path) as last:
            assert await last.read() == {
                "ok": False,
                "error": "16 clients give orders already",
            }
        await askers[0].__aexit__()
        assert await askers[0].read() == {"ended": True}
        async with Asker(path) as again:
            again.send(b'{"action": "quit"}')
            assert (await again.read())["ok"]
        for asker in askers:
            asker.writer.close()


async def test_only_its_user_may_connect_and_at_the_end_it_is_gone(path: Path) -> None:
    async with server(path), Asker(path) as asker:
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert not os.listdir(path.parent)
    assert await asker.read() == {"ended": True}


async def test_the_socket_of_a_dead_radio_is_replaced(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    async with server(path), Asker(path) as asker:
        asker.send(b'{"action": "quit"}')
        assert (await asker.read())["ok"]


async def test_the_socket_of_a_living_radio_is_left_alone(path: Path) -> None:
    async with server(path):
        with pytest.raises(ControlError, match=f"another radio .* at {path}: end it"):
            await server(path).__aenter__()
        async with Asker(path) as asker:
            asker.send(b'{"action": "quit"}')
            assert (await asker.read())["ok"]


async def test_where_no_socket_can_be_is_told_with_the_reason(path: Path) -> None:
    folder = path.parent
    with pytest.raises(ControlError, match=f"{folder}: there is another file"):
        await server(folder).__aenter__()
    nowhere = path.parent / "no" / "folder.sock"
    with pytest.raises(ControlError, match=f"{nowhere}: No such file or directory"):
        await server(nowhere).__aenter__()
    with pytest.raises(ControlError, match="too long"):
        await server(path.parent / ("x" * 200)).__aenter__()


async def test_a_port_of_loopback_serves_where_there_are_no_paths(
    unused_port: int,
) -> None:
    address = TcpAddress("127.0.0.1", unused_port)
    async with ControlServer(address, perform):
        assert await asyncio.to_thread(ask, address, "add") == {"sum": 0}
        with pytest.raises(ControlError, match=f"{address}: "):
            await ControlServer(address, perform).__aenter__()


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def ask(address: ControlAddress, action: str) -> object:
    with ControlClient(address) as radio:
        return radio.order(action, {})


async def test_a_blocking_client_gets_results_refusals_and_events(path: Path) -> None:
    asked = asyncio.Event()

    def use() -> list[str]:
        with ControlClient(UnixAddress(str(path))) as radio:
            assert radio.order("add", {"a": 2}) == {"sum": 2}
            with pytest.raises(OrderRefusedError, match="unknown action 'fly'"):
                radio.order("fly", {})
            events = radio.events()
            first = next(events)
            loop.call_soon_threadsafe(asked.set)
            return [first, *events]

    loop = asyncio.get_running_loop()
    async with server(path) as control:
        using = asyncio.create_task(asyncio.to_thread(use))
        loop.call_soon(tell_on_when_heard, control, loop)
        async with asyncio.timeout(WAIT_S):
            await asked.wait()
    assert await using == ['{"event": "ptt"}']


def tell_on_when_heard(control: ControlServer, loop: asyncio.AbstractEventLoop) -> None:
    if control.is_heard:
        control.publish('{"event": "ptt"}')
    else:
        loop.call_later(0.001, tell_on_when_heard, control, loop)


def test_where_no_radio_is_a_client_says_how_to_start_one(path: Path) -> None:
    says = (
        f"no radio takes orders at {path} (No such file or directory): start one with"
        f" icom-sim serve --control {path}"
    )
    with pytest.raises(ControlError) as refused, ControlClient(UnixAddress(str(path))):
        pass
    assert str(refused.value) == says


async def test_what_is_no_radio_is_not_believed(path: Path) -> None:
    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.readline()
        writer.write(b"HTTP/1.1 400 Bad Request\n")
        writer.close()

    async with await asyncio.start_unix_server(answer, path):
        with pytest.raises(ControlError, match=f"what answers at {path} is no radio"):
            await asyncio.to_thread(ask, UnixAddress(str(path)), "add")
