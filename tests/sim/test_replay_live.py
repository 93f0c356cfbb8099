"""A replayed radio with a client, a replayed client with a radio: simulated time."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import cache
from typing import Any, TypeVar

import pytest

from icom_lan import AudioPacket, ConnectionError, IcomLanError, IcomRadio
from icom_proto.codes import Codec, Stream
from icom_proto.events import Address
from icom_proto.packets import AudioData
from icom_sim.happenings import CivPushed, Happening, Trouble
from icom_sim.network import Direction
from icom_sim.radio_server import RadioServer
from icom_sim.radio_setup import RadioSetup
from icom_sim.replay.pace import Pace, Player, parse_pace
from icom_sim.replay.radio import CivBook
from icom_sim.replay.recorded import ReplayError, load
from icom_sim.replay.script import Script, Timed
from icom_sim.replay.server import ReplayServer, ReplaySetup
from icom_sim.replay.visit import Verdict, Visit, VisitError, VisitReport
from icom_sim.rig.catalogue import IC_7610
from icom_sim.rig.models import RigModel
from icom_sim.virtual.loop import VirtualLoop
from sim.logged_client import pass_time
from sources import ROOT

T = TypeVar("T")
FIXTURES = ROOT / "fixtures"
REAL = "captures/wfserver160__icomlan110__session.pcap"
FREQUENCY = bytes.fromhex("03")
REAL_TIME = Pace()


@cache
def script(name: str = REAL) -> Script:
    return Script(load(str(FIXTURES / name)).session())


def run(program: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(program)


class Replayed:
    """A replayed radio, what it told and sent."""

    def __init__(
        self, *, pace: Pace = REAL_TIME, fallback: RigModel | None = None
    ) -> None:
        self.happened: list[Happening] = []
        self.audio: list[bytes] = []
        self.server = ReplayServer(
            ReplaySetup(script=script(), pace=pace, fallback=fallback),
            listener=lambda happening, _: self.happened.append(happening),
            port=50001,
            witness=self._see,
        )

    def _see(self, way: Direction, stream: Stream, data: bytes, _: float) -> None:
        if way is Direction.TO_CLIENT and stream is Stream.AUDIO and len(data) > 24:
            self.audio.append(AudioData.decode(data).data)

    def with_client(
        self, use: Callable[[IcomRadio], Coroutine[Any, Any, T]], rate_hz: int = 16000
    ) -> T:
        async def program() -> T:
            async with self.server:
                radio = IcomRadio(
                    "127.0.0.1",
                    port=self.server.control_port,
                    username="icom",
                    password="icom",
                    audio_sample_rate=rate_hz,
                )
                async with radio:
                    return await use(radio)

        return run(program())


def test_it_answers_as_the_recorded_radio_did_and_plays_what_it_played() -> None:
    replayed = Replayed(pace=Pace(None))
    heard: list[bytes] = []

    def hear(packet: AudioPacket | None) -> None:
        if packet is not None:
            heard.append(packet.data)

    async def use(radio: IcomRadio) -> int:
        await radio.start_audio_rx_opus(hear)
        hz = await radio.get_frequency()
        await pass_time(2.0)
        return hz

    recorded = next(each.answer for each in script().asked if each.body == FREQUENCY)
    assert recorded is not None
    assert replayed.with_client(use) == 14_100_000
    assert recorded.hex() == "030000101400"
    played = b"".join(each.data for each in script().rx)
    assert b"".join(replayed.audio) == played
    assert played.endswith(b"".join(heard))
    assert len(heard) > 400
    assert any(isinstance(each, CivPushed) for each in replayed.happened)


def test_what_was_never_asked_is_refused_or_left_to_a_rig() -> None:
    async def use(radio: IcomRadio) -> int:
        answer = await radio.send_civ(0x15, 0x11)  # power
        return answer.command

    with pytest.raises(IcomLanError):
        Replayed().with_client(use)
    assert Replayed(fallback=IC_7610).with_client(use) == 0x15


def test_another_rate_than_the_recorded_one_is_refused_and_said() -> None:
    replayed = Replayed()

    async def use(_: IcomRadio) -> None:
        raise AssertionError("it was let in")

    with pytest.raises(ConnectionError):
        replayed.with_client(use, rate_hz=48000)
    told = [each.message for each in replayed.happened if isinstance(each, Trouble)]
    assert told == ["the capture has PCM16_MONO at 16000 Hz, and nothing else"]


def test_the_nth_question_has_the_nth_answer_and_then_the_last() -> None:
    book = CivBook(script())
    known = [each.answer for each in script().asked if each.body == FREQUENCY]
    assert len(known) > 1
    answers = [book.answer(FREQUENCY) for _ in range(len(known) + 2)]
    assert answers == [*known, known[-1], known[-1]]
    book.begin_again()
    assert book.answer(FREQUENCY) == known[0]
    assert book.answer(b"\x99") is None


@pytest.mark.parametrize(
    ("pace", "times"),
    [
        (Pace(), [10.0, 10.5, 11.0, 12.5, 13.0]),
        (Pace(2), [10.0, 10.25, 10.5, 11.25]),
        (Pace(None), [10.0, 10.001, 10.002]),
    ],
)
def test_a_player_keeps_its_pace_and_may_begin_again(
    pace: Pace, times: list[float]
) -> None:
    items = [Timed(0.0, b"a"), Timed(0.5, b"b"), Timed(1.0, b"c")]
    player = Player(items, pace, loop=True)
    assert player.take(99.0) == []
    player.start(10.0)
    due = []
    for _ in range(3):
        due.append(player.due)
        player.take(player.due)
    assert due == pytest.approx(times[:3])
    assert player.due > due[-1]
    assert player.take(player.due) == [b"a"]


@pytest.mark.parametrize("text", ["0", "-1", "nan", "fast", "1e9", ""])
def test_a_speed_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"a speed is 0\.1 to 100, or max, not"):
        parse_pace(text)


def test_a_session_without_streams_cannot_be_played() -> None:
    recorded = load(str(FIXTURES / "synthetic" / "scenario-wrong-password.pcap"))
    with pytest.raises(ReplayError, match="was never granted its streams"):
        Script(recorded.session())
    with pytest.raises(ReplayError, match="has no session 9: there are 1"):
        recorded.session(9)


# ---- as the client -------------------------------------------------------------------


def visit(*, password: str = "icom", transmit: bool = False) -> VisitReport:
    """A recorded client with a fake radio."""
    recorded = script("synthetic/dialect-ic7610.pcap")
    setup = RadioSetup()

    async def program() -> VisitReport:
        async with RadioServer(setup, listener=lambda *_: None, port=50001):
            login = (setup.username, password)
            client = Visit(recorded, login, pace=Pace(None), transmit=transmit)
            return await client.run(Address("127.0.0.1", 50001))

    return run(program())


def test_a_recorded_client_asks_again_and_compares() -> None:
    report = visit()
    assert report.count(Verdict.SAME) > 3
    assert report.count(Verdict.OTHER_KIND) == 0
    assert report.count(Verdict.WITHHELD) == 1  # PTT
    assert report.audio_sent == 0


def test_it_transmits_only_if_it_is_told_to() -> None:
    report = visit(transmit=True)
    assert report.count(Verdict.WITHHELD) == 0
    assert report.audio_sent > 20


def test_a_radio_that_does_not_let_it_in_is_told_in_one_line() -> None:
    with pytest.raises(VisitError, match=r"^user name or password refused$"):
        visit(password="wrong")


def test_a_recorded_session_finds_the_same_answers_in_its_own_replay() -> None:
    async def program() -> VisitReport:
        async with Replayed(pace=Pace(None)).server:
            client = Visit(script(), ("icom", "icom"), pace=Pace(None), transmit=True)
            return await client.run(Address("127.0.0.1", 50001))

    report = run(program())
    assert {each.verdict for each in report.compared} == {Verdict.SAME}
    assert report.audio_received > 0
    assert script().request.rx_codec is Codec.PCM16_MONO
