"""A serial CI-V port on a pseudo-terminal, as other programs open it."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import termios
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

import pytest

from icom_proto.civ_frames import CivSplitter, build_frame, frame_body
from icom_sim.cli import main
from icom_sim.pty_port import PtyPort, RigAccess
from icom_sim.radio_server import RadioServer
from icom_sim.radio_setup import RadioSetup
from icom_sim.rig.catalogue import IC_705
from icom_sim.rig.rig import Rig
from sim.icom_sim_process import ENVIRONMENT, WAIT_S

T = TypeVar("T")
ADDRESS, CONTROLLER = 0xA4, 0xE0
READ_FREQUENCY = build_frame(ADDRESS, CONTROLLER, b"\x03")
FREQUENCY = "03 00 40 07 14 00"
ICANON_ECHO = termios.ICANON | termios.ECHO


def rig_705() -> tuple[Rig, RigAccess]:
    rig = Rig(IC_705, rng=random.Random(1))

    def access(use: Callable[[Rig], T], /) -> T:
        return use(rig)

    return rig, access


class Program:
    """A program that opened the terminal: writes bytes, reads frames."""

    def __init__(self, path: str) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._splitter = CivSplitter()
        self._frames: asyncio.Queue[bytes] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()

    def __enter__(self) -> Self:
        self.listen()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._loop.remove_reader(self._fd)
        os.close(self._fd)

    def listen(self) -> None:
        self._loop.add_reader(self._fd, self._read)

    def ignore(self) -> None:
        self._loop.remove_reader(self._fd)

    def write(self, data: bytes) -> None:
        assert os.write(self._fd, data) == len(data)

    def ask(self, body: str) -> None:
        self.write(build_frame(ADDRESS, CONTROLLER, bytes.fromhex(body)))

    async def frame(self) -> bytes:
        async with asyncio.timeout(WAIT_S):
            return await self._frames.get()

    async def body(self) -> str:
        return frame_body(await self.frame()).hex(" ").upper()

    @property
    def silent(self) -> bool:
        return self._frames.empty()

    @property
    def modes(self) -> int:
        """Of the terminal: the local ones, which raw mode switches off."""
        flags = termios.tcgetattr(self._fd)[3]
        assert isinstance(flags, int)
        return flags

    def _read(self) -> None:
        data = os.read(self._fd, 4096)
        for frame in self._splitter.feed(data, self._loop.time()):
            self._frames.put_nowait(frame)


async def test_bytes_in_any_pieces_are_answered_frame_by_frame() -> None:
    _, access = rig_705()
    with PtyPort(access) as port, Program(port.path) as program:
        assert program.modes & ICANON_ECHO == 0
        for byte in READ_FREQUENCY:
            program.write(bytes((byte,)))
        assert await program.body() == FREQUENCY
        program.write(b"\xff\x00junk" + 2 * READ_FREQUENCY + READ_FREQUENCY[:4])
        program.write(READ_FREQUENCY[4:])
        assert [await program.body() for _ in range(3)] == [FREQUENCY] * 3


@pytest.mark.parametrize("echo", [False, True])
async def test_the_echo_comes_before_the_answer_or_not_at_all(echo: bool) -> None:
    _, access = rig_705()
    with PtyPort(access, echo=echo) as port, Program(port.path) as program:
        program.write(build_frame(0x94, CONTROLLER, b"\x03"))  # for another radio
        program.write(READ_FREQUENCY)
        told = [await program.frame() for _ in range(1 + echo)]
        assert told[:-1] == [READ_FREQUENCY] * echo
        assert frame_body(told[-1]).hex(" ").upper() == FREQUENCY


async def test_the_dial_and_the_scope_speak_unasked() -> None:
    rig, access = rig_705()
    with PtyPort(access) as port, Program(port.path) as program:
        assert rig.turn_dial(14_100_000)
        assert await program.body() == "00 00 00 10 14 00"
        program.ask("27 11 01")
        assert await program.body() == "FB"
        sweep = [await program.frame() for _ in range(11)]
        assert [each[7] for each in sweep] == [*range(1, 10), 0x10, 0x11]
        assert sum(map(len, sweep[1:])) == 475 + 10 * 10
    assert rig.next_timeout() is None, "and with the port the output is gone"


async def test_what_happened_before_the_port_was_opened_is_not_told() -> None:
    rig, access = rig_705()
    assert rig.turn_dial(14_100_000)
    with PtyPort(access) as port, Program(port.path) as program:
        program.write(READ_FREQUENCY)
        assert await program.body() == "03 00 00 10 14 00"


async def test_who_does_not_read_loses_whole_frames_and_holds_up_nothing() -> None:
    _, access = rig_705()
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    def listener(frame: bytes, _answers: tuple[bytes, ...]) -> None:
        heard.put_nowait(frame)

    with PtyPort(access, listener=listener) as port, Program(port.path) as program:
        program.ignore()
        while not port.dropped:
            program.write(100 * READ_FREQUENCY)
            async with asyncio.timeout(WAIT_S):
                for _ in range(100):
                    await heard.get()
        program.listen()
        last = build_frame(ADDRESS, 0xE8, b"\x03")
        told = {await program.body()}
        while True:
            program.write(last)
            frame = await program.frame()
            if frame[2] == 0xE8:
                break
            told.add(frame_body(frame).hex(" ").upper())
        assert told == {FREQUENCY}, "and no piece of one"


async def test_beside_a_fake_radio_the_port_has_the_same_rig() -> None:
    async with RadioServer(RadioSetup(model=IC_705), listener=lambda *_: None) as radio:
        with PtyPort(radio.touch) as port, Program(port.path) as program:
            program.ask("05 00 00 10 14 00")
            assert await program.body() == "FB"
            hz = radio.touch(lambda rig: rig.state.vfo.frequency_hz)
            assert hz == 14_100_000
            assert radio.touch(lambda rig: rig.turn_dial(14_200_000))
            assert await program.body() == "00 00 00 20 14 00"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_the_command_prints_its_terminal_and_ends_when_told(
    how: signal.Signals,
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "icom_sim", "civ-port"),
        *("--model", "ic-705", "--address", "50", "--echo"),
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(WAIT_S):
        path = (await process.stdout.readline()).decode().strip()
        with Program(path) as program:
            request = build_frame(0x50, CONTROLLER, b"\x19\x00")
            program.write(request)
            assert await program.frame() == request
            assert await program.body() == "19 00 A4"
        process.send_signal(how)
        output, errors = await process.communicate()
    assert (process.returncode, output, errors) == (0, b"", b"")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--model", "IC-9999"), "unknown model 'IC-9999': there are IC-705"),
        (("--address", "E0"), "01 to DF in hexadecimal, not 'E0'"),
        (("--address", "0"), "not '0'"),
        (("--address", "zz"), "not 'zz'"),
        (("--address", "-1"), "not '-1'"),
        (("--duration", "0"), "more than 0 s, not 0"),
        (("--duration", "nan"), "more than 0 s, not nan"),
        (("--events", "xml"), "xml"),
    ],
)
def test_a_mistake_in_the_options_is_one_line(
    words: tuple[str, ...],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["icom-sim", "civ-port", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    output, errors = capsys.readouterr()
    assert (ended.value.code, output) == (2, "")
    assert len(errors.splitlines()) == 1
    assert said in errors
