"""The blocking IcomRadio: the same methods, and a session that lives between calls."""

import asyncio
import gc
import inspect
import queue
import signal
import socket
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import icom_lan
from icom_lan import radio as with_loop
from icom_lan.loop_thread import LoopThread
from icom_lan.sync import IcomRadio, RadioOptions
from lan.radio_server import LOOPBACK, PASSWORD, USERNAME
from lan.server_thread import ServerThread, server_thread
from sim.icom_sim_process import ENVIRONMENT

KEY, UNKEY, READ_MODE = b"\x1c\x00\x01", b"\x1c\x00\x00", b"\x04"
WAIT_S = 20
FRAME = bytes(1920)


@pytest.fixture
def server() -> Iterator[ServerThread]:
    with server_thread() as running:
        yield running


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    left = [each for each in threading.enumerate() if "IcomRadio" in each.name]
    for each in left:
        each.join(WAIT_S)
    assert not any(each.is_alive() for each in left)


def radio_at(server: ServerThread, **options: Any) -> IcomRadio:  # noqa: ANN401
    chosen: dict[str, Any] = {"port": server.port, "timeout": 10.0}
    chosen |= {"username": USERNAME, "password": PASSWORD}
    return IcomRadio(LOOPBACK, **chosen | options)


def own_threads() -> int:
    return sum("IcomRadio" in each.name for each in threading.enumerate())


def interrupt_main_thread() -> None:
    """What Ctrl-C does."""
    ident = threading.main_thread().ident
    assert ident is not None
    signal.pthread_kill(ident, signal.SIGINT)


def interrupt_when(server: ServerThread, body: bytes) -> None:
    server.server.on_body = lambda seen: (
        interrupt_main_thread() if seen == body else None
    )


# ---- the same methods ----------------------------------------------------------------


def public_members(kind: type) -> dict[str, Any]:
    return {
        name: value for name, value in vars(kind).items() if not name.startswith("_")
    }


def test_it_has_every_method_and_property_of_the_other_one() -> None:
    ours, theirs = public_members(IcomRadio), public_members(with_loop.IcomRadio)
    assert ours.keys() == theirs.keys()
    for name, value in theirs.items():
        assert type(ours[name]) is type(value), name
        assert ours[name].__doc__, name
        if isinstance(value, property | staticmethod):
            continue
        assert inspect.signature(ours[name]) == inspect.signature(value), name
        assert not inspect.iscoroutinefunction(ours[name])


def test_it_takes_the_arguments_of_the_other_one() -> None:
    others = inspect.signature(with_loop.IcomRadio).parameters
    options = inspect.get_annotations(RadioOptions)
    assert ["host", *options] == list(others)
    for name, annotation in options.items():
        assert annotation == others[name].annotation, name


def test_arguments_are_checked_at_once() -> None:
    with pytest.raises(ValueError, match="port"):
        IcomRadio(LOOPBACK, port=0)


def test_commands_block_until_the_answer_is_there(server: ServerThread) -> None:
    server.server.answers[b"\x04"] = b"\x04\x03\x02"
    server.server.answers[b"\x15\x02"] = b"\x15\x02\x01\x20"
    with radio_at(server) as radio:
        assert radio.connected
        assert (radio.name, repr(radio)) == (
            "IC-7610",
            f"<IcomRadio {LOOPBACK}:{server.port} connected>",
        )
        assert radio.get_frequency() == 14_074_000
        radio.set_frequency(7_100_500)
        assert radio.get_mode() is icom_lan.Mode.CW
        radio.set_mode("USB", 2)
        radio.set_ptt(True)
        radio.set_ptt(False)
        assert radio.get_s_meter() == 120
        assert radio.send_civ(0x03).command == 0x03
        assert radio.statistics()["here"]["socket_errors"] == 0
    server.run(server.server.released())
    assert not radio.connected
    assert own_threads() == 0


def test_errors_are_those_of_the_other_one(server: ServerThread) -> None:
    server.server.answers[READ_MODE] = None
    with radio_at(server, timeout=0.3) as radio:
        with pytest.raises(icom_lan.TimeoutError, match=r"within 0\.3 s"):
            radio.get_mode()
        with pytest.raises(icom_lan.CommandError):
            radio.send_civ(0x14, 0x01)
        with pytest.raises(TypeError, match="callback must be callable"):
            radio.start_audio_rx_opus(None)  # type: ignore[arg-type]
        with pytest.raises(RuntimeError, match="Already connected"):
            radio.connect()
        assert radio.get_frequency() == 14_074_000


def test_without_a_session_every_call_says_so_and_no_thread_is_started() -> None:
    radio = IcomRadio(LOOPBACK)
    calls: list[Callable[[], object]] = [
        radio.get_frequency,
        radio.wait_closed,
        radio.statistics,
        radio.start_audio_tx_opus,
        lambda: radio.set_ptt(True),
        lambda: radio.start_audio_rx_pcm(print),
        lambda: radio.name,
    ]
    for call in calls:
        with pytest.raises(icom_lan.ConnectionError, match="Not connected to radio"):
            call()
    radio.stop_audio_rx_opus()
    radio.stop_audio_tx_pcm()
    radio.stop_audio_opus()
    radio.disconnect()
    assert radio.get_audio_stats()["active"] is False
    assert own_threads() == 0


def test_a_failed_connect_leaves_no_thread_and_can_be_repeated(
    server: ServerThread,
) -> None:
    wrong = radio_at(server, password="wrong")
    for _ in range(2):
        with pytest.raises(icom_lan.AuthenticationError):
            wrong.connect()
        assert own_threads() == 0
    radio = radio_at(server)
    for _ in range(2):
        radio.connect()
        assert radio.get_frequency() == 14_074_000
        radio.disconnect()
    radio.disconnect()


def test_old_names_warn_at_the_line_of_the_caller(server: ServerThread) -> None:
    with radio_at(server) as radio, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        radio.stop_audio_rx()
        assert [each.filename for each in caught] == [__file__]
        assert "stop_audio_rx_opus" in str(caught[0].message)


# ---- between calls -------------------------------------------------------------------


def test_the_session_lives_and_callbacks_run_between_calls(
    server: ServerThread,
) -> None:
    """While the program does nothing for longer than the silence that is borne."""
    frames: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    threads: set[str] = set()

    def listen(frame: bytes | None) -> None:
        threads.add(threading.current_thread().name)
        frames.put(frame)

    with radio_at(server, watchdog_timeout=2.0) as radio:
        radio.start_audio_rx_pcm(listen)
        server.call(server.server.play, FRAME)
        got = [frames.get(timeout=WAIT_S) for _ in range(125)]  # 2.5 s
        assert FRAME in got
        assert radio.get_frequency() == 14_074_000
        assert server.server.logins == 1
        radio.stop_audio_rx_pcm()
    assert threading.current_thread().name not in threads
    assert len(threads) == 1


def test_audio_goes_out_at_its_own_pace(server: ServerThread) -> None:
    with radio_at(server) as radio:
        radio.start_audio_tx_pcm()
        for _ in range(5):
            radio.push_audio_tx_pcm(FRAME)
        radio.push_audio_tx_pcm_chunk(FRAME * 2)
        radio.stop_audio_tx_pcm()
        radio.start_audio_opus(print, tx_enabled=True)
        radio.push_audio_tx_opus(FRAME)
        radio.stop_audio_opus()
        assert radio.get_audio_stats()["active"] is False


def test_a_blocking_call_in_a_callback_is_refused_and_not_a_deadlock(
    server: ServerThread,
) -> None:
    told: queue.SimpleQueue[object] = queue.SimpleQueue()
    with radio_at(server) as radio:

        def listen(_: bytes | None) -> None:
            for call in (radio.get_frequency, radio.disconnect, radio.connect):
                try:
                    call()
                except RuntimeError as error:
                    told.put(error)
            told.put(radio.get_audio_stats()["active"])

        radio.start_audio_rx_pcm(listen)
        server.call(server.server.play, FRAME)
        errors = [told.get(timeout=WAIT_S) for _ in range(3)]
        assert all("callback" in str(error) for error in errors)
        assert told.get(timeout=WAIT_S) is True
        radio.stop_audio_rx_pcm()
        assert radio.get_frequency() == 14_074_000


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_a_callback_that_wants_to_end_the_program_does_not_end_the_session(
    server: ServerThread, caplog: pytest.LogCaptureFixture, error: type[BaseException]
) -> None:
    """The thread ended, and nobody could unkey or release the radio any more."""
    raised: queue.SimpleQueue[None] = queue.SimpleQueue()

    def listen(_: bytes | None) -> None:
        raised.put(None)
        raise error

    with radio_at(server) as radio:
        radio.set_ptt(True)
        radio.start_audio_rx_pcm(listen)
        server.call(server.server.play, FRAME)
        for _ in range(5):
            raised.get(timeout=WAIT_S)
        radio.set_ptt(False)
        assert server.server.bodies[-1] == UNKEY
    assert not radio.connected
    server.run(server.server.released())
    assert "cannot end the program" in caplog.text
    assert "(3 attempts" not in caplog.text  # no flood


def test_many_threads_may_use_one_radio(server: ServerThread) -> None:
    with radio_at(server) as radio, ThreadPoolExecutor(8) as pool:
        reads = [pool.submit(radio.get_frequency) for _ in range(100)]
        assert {each.result(WAIT_S) for each in reads} == {14_074_000}


def test_disconnect_in_another_thread_ends_whatever_blocks(
    server: ServerThread,
) -> None:
    server.server.answers[READ_MODE] = None
    with radio_at(server) as radio, ThreadPoolExecutor(3) as pool:
        reading = pool.submit(radio.get_mode)
        waiting = pool.submit(radio.wait_closed)
        asked = server.server.once(lambda: READ_MODE in server.server.bodies or None)
        server.run(asked)
        pool.submit(radio.disconnect).result(WAIT_S)
        assert isinstance(reading.exception(WAIT_S), icom_lan.ConnectionError)
        assert not isinstance(waiting.exception(WAIT_S), RuntimeError)
        server.run(server.server.released())


def test_threads_that_disconnect_at_once_do_not_disturb_each_other(
    server: ServerThread,
) -> None:
    radio = radio_at(server)
    radio.connect()
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(radio.disconnect) for _ in range(4)]:
            assert done.result(WAIT_S) is None
            assert own_threads() == 0
    server.run(server.server.released())


# ---- interrupted ---------------------------------------------------------------------


def test_ctrl_c_cancels_the_call_and_the_radio_goes_on(server: ServerThread) -> None:
    server.server.answers[READ_MODE] = None
    interrupt_when(server, READ_MODE)
    with radio_at(server) as radio:
        with pytest.raises(KeyboardInterrupt):
            radio.get_mode()
        server.call(server.server.answer, b"\x04\x01\x01")  # late
        assert radio.get_frequency() == 14_074_000
    server.run(server.server.released())


def test_ctrl_c_while_keyed_releases_the_radio(server: ServerThread) -> None:
    server.server.answers[READ_MODE] = None
    interrupt_when(server, READ_MODE)

    def transmit() -> None:
        with radio_at(server) as radio:
            radio.set_ptt(True)
            radio.get_mode()

    with pytest.raises(KeyboardInterrupt):
        transmit()
    server.run(server.server.released())
    assert server.server.bodies[-1] == UNKEY


def test_ctrl_c_while_connecting_leaves_nothing() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind((LOOPBACK, 0))

        def interrupt() -> None:
            deaf.recv(100)
            interrupt_main_thread()

        calls = threading.Thread(target=interrupt)
        calls.start()
        radio = IcomRadio(LOOPBACK, port=deaf.getsockname()[1], timeout=WAIT_S)
        with pytest.raises(KeyboardInterrupt):
            radio.connect()
        calls.join(WAIT_S)
    assert own_threads() == 0


# ---- forgotten -----------------------------------------------------------------------

FORGETFUL = f"""
import sys
from icom_lan.sync import IcomRadio

radio = IcomRadio({LOOPBACK!r}, port=int(sys.argv[1]), username={USERNAME!r},
                  password={PASSWORD!r}, timeout=10)
radio.connect()
radio.set_ptt(True)
"""
SELF_HOLDING = """
radio.start_audio_rx_opus(lambda packet: radio)
"""


@pytest.mark.parametrize(
    ("end", "status"),
    [("", 0), (SELF_HOLDING, 0), ("sys.exit(3)", 3), ("1 / 0", 1)],
)
def test_a_program_that_ends_without_disconnect_releases_the_radio(
    server: ServerThread, end: str, status: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORGETFUL + end, str(server.port)],
        env=ENVIRONMENT,
        timeout=WAIT_S,
        capture_output=True,
        check=False,
    )
    assert done.returncode == status, done.stderr
    assert (b"Traceback" in done.stderr) is (status == 1), done.stderr
    server.run(server.server.released())
    assert server.server.bodies == [KEY, UNKEY]


def test_a_radio_that_nobody_can_use_any_more_is_released(
    server: ServerThread,
) -> None:
    radio = radio_at(server)
    radio.connect()
    del radio
    gc.collect()
    server.run(server.server.released())


# ---- the thread ----------------------------------------------------------------------


async def forever() -> None:
    await asyncio.get_running_loop().create_future()


def test_a_thread_that_has_ended_takes_no_call_and_lets_none_wait() -> None:
    thread = LoopThread("IcomRadio in a test")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(thread.call, forever())
        assert thread.call(one()) == 1  # so the other one runs
        thread.close()
        assert isinstance(waiting.exception(WAIT_S), icom_lan.ConnectionError)
    with pytest.raises(icom_lan.ConnectionError):
        thread.call(one())
    thread.close(nothing())
    thread.close()


def test_a_call_that_takes_too_long_is_cancelled() -> None:
    thread = LoopThread("IcomRadio in a test")
    ended: queue.SimpleQueue[str] = queue.SimpleQueue()

    async def slow() -> None:
        try:
            await forever()
        finally:
            ended.put("cancelled")

    with pytest.raises(TimeoutError):
        thread.call(slow(), wait_s=0.05)
    assert ended.get(timeout=WAIT_S) == "cancelled"
    thread.close()


def test_a_thread_can_be_closed_from_inside() -> None:
    thread = LoopThread("IcomRadio in a test")
    ended: queue.SimpleQueue[str] = queue.SimpleQueue()

    async def last() -> None:
        ended.put("last")

    async def close() -> None:
        thread.close(last())

    thread.call(close())
    assert ended.get(timeout=WAIT_S) == "last"


async def one() -> int:
    return 1


async def nothing() -> None:
    pass
