"""The radio of a capture, played for a live client.

Our radio role leads the session: ids, token, numbers and ports are its own, and so are
credentials, because those of the capture are scrubbed or none of a client's business.
What the recorded radio answered by CI-V, told and played comes from a `Script`.
"""

import random
from collections import deque
from collections.abc import Callable
from typing import Final

from icom_proto.civ_commands import read_identity
from icom_proto.civ_frames import (
    BROADCAST,
    NG,
    build_frame,
    frame_body,
    frame_source,
    frame_to,
    is_frame,
)
from icom_proto.codes import CONNECTION_WFVIEW, Codec, Stream
from icom_proto.events import (
    Address,
    CivFrameReceived,
    ClientAudioStarted,
    ClientAudioStopped,
    ClientCivClosed,
    ClientCivOpened,
    ClientRefused,
    CloseReason,
    Output,
    Transmit,
)
from icom_proto.packets import RadioRecord
from icom_proto.radio_config import RADIO_CODECS, RadioConfig
from icom_proto.radio_connection import RadioConnection
from icom_proto.session_dialect import SessionDialect
from icom_sim.audio_coder import OPUS_CODECS
from icom_sim.happenings import CivHandled, CivPushed, Happening, Trouble
from icom_sim.network import Direction
from icom_sim.replay.pace import Pace, Player
from icom_sim.replay.script import Script
from icom_sim.rig.rig import Rig
from icom_sim.wire import Tap

_ALL_CODECS: Final[tuple[Codec, ...]] = (*RADIO_CODECS, *OPUS_CODECS)
_CONNECTION: Final = b"FTTH"


class CivBook:
    """Answers by what was asked: the n-th time as it was the n-th time in the capture,
    and then as the last time."""

    def __init__(self, script: Script) -> None:
        self._answers: dict[bytes, list[bytes]] = {}
        for asked in script.asked:
            if asked.answer is not None:
                self._answers.setdefault(asked.body, []).append(asked.answer)
        self._times: dict[bytes, int] = {}

    def answer(self, body: bytes) -> bytes | None:
        """None: this was never asked, or never answered."""
        known = self._answers.get(body)
        if known is None:
            return None
        times = self._times[body] = self._times.get(body, 0) + 1
        return known[min(times, len(known)) - 1]

    def begin_again(self) -> None:
        self._times.clear()


class ReplayRadio:
    """A core for `icom_lan.driver`, as `FakeRadio` is.

    Args:
        script: What is played.
        fallback: Answers what the capture does not know; None: "NG", as a radio that
            has no such command.
    """

    def __init__(
        self,
        script: Script,
        config: RadioConfig,
        *,
        listener: Callable[[Happening, float], None],
        rng: random.Random,
        pace: Pace,
        loop: bool = False,
        fallback: Rig | None = None,
        witness: Tap | None = None,
    ) -> None:
        self.outputs: deque[Output] = deque()
        self._script, self._fallback = script, fallback
        self._radio = RadioConnection(config, rng=rng)
        self._listener, self._witness = listener, witness
        self._book = CivBook(script)
        self._audio = Player(script.rx, pace, loop=loop)
        self._pushes = Player(script.pushes, pace, loop=loop)
        self._controller = script.session.controller

    # inputs

    def handle_datagram(
        self, stream: Stream, data: bytes, address: Address, now: float
    ) -> None:
        if self._witness is not None:
            self._witness(Direction.TO_RADIO, stream, data, now)
        self._radio.handle_datagram(stream, data, address, now)
        self._drain(now)

    def handle_timeout(self, now: float) -> None:
        self._radio.handle_timeout(now)
        for block in self._audio.take(now):
            self._radio.send_audio(block, now)
        for frame in self._pushes.take(now):
            self._push(frame, now)
        if self._fallback is not None:
            self._fallback.handle_timeout(now)
        self._drain(now)

    def close(self, now: float) -> None:
        """Say goodbye to everybody."""
        self._radio.close(now)
        self._drain(now)

    # outputs

    def poll_output(self) -> Output | None:
        return self.outputs.popleft() if self.outputs else None

    def next_timeout(self) -> float | None:
        deadlines = (self._radio.next_timeout(), self._audio.due, self._pushes.due)
        soonest = min(each for each in deadlines if each is not None)
        return None if soonest == float("inf") else soonest

    # inside

    def _drain(self, now: float) -> None:
        while (output := self._radio.poll_output()) is not None:
            if isinstance(output, Transmit):
                if self._witness is not None:
                    self._witness(Direction.TO_CLIENT, output.stream, output.data, now)
                self.outputs.append(output)
            else:
                self._on_event(output, now)

    def _on_event(self, event: Output, now: float) -> None:
        match event:
            case CivFrameReceived(frame):
                self._on_frame(frame, now)
                return
            case ClientCivOpened():
                self._book.begin_again()
                self._pushes.start(now)
            case ClientCivClosed():
                self._pushes.stop()
            case ClientAudioStarted():
                self._audio.start(now)
            case ClientAudioStopped():
                self._audio.stop()
            case ClientRefused(reason=CloseReason.STREAMS_REFUSED):
                wanted = f"the capture has {self._script.rx_format}, and nothing else"
                self._listener(Trouble(wanted), now)
            case _:
                pass
        self._listener(event, now)

    def _on_frame(self, frame: bytes, now: float) -> None:
        address = self._script.record.civ_address
        if not is_frame(frame) or frame_to(frame) not in (address, BROADCAST):
            return
        self._controller = frame_source(frame)
        if self._script.echoes:
            self._radio.send_civ(frame, now)
        answers = tuple(self._answers(frame, now))
        for each in answers:
            self._radio.send_civ(each, now)
        self._listener(CivHandled(frame, answers), now)

    def _answers(self, frame: bytes, now: float) -> list[bytes]:
        address = self._script.record.civ_address
        body = frame_body(frame)
        known = self._book.answer(body)
        if known is None and self._fallback is not None:
            return self._fallback.handle_frame(frame, now)
        if known is None and body == read_identity():
            # Every radio knows who it is; a refusal would be taken for that of another
            # request, since it does not say what it refuses.
            known = body + bytes([address])
        return [build_frame(frame_source(frame), address, known or NG)]

    def _push(self, frame: bytes, now: float) -> None:
        """As it was, but for whoever has the radio now."""
        if frame_to(frame) == self._script.session.controller:
            body = frame_body(frame)
            frame = build_frame(self._controller, frame_source(frame), body)
        self._radio.send_civ(frame, now)
        self._listener(CivPushed(frame), now)


def replay_config(
    script: Script, login: tuple[str, str], civ_port: int, audio_port: int
) -> RadioConfig:
    """The radio of the capture, for whoever has these credentials."""
    connection = script.connection or _CONNECTION
    record: RadioRecord = script.record
    return RadioConfig(
        username=login[0],
        password=login[1],
        record=record,
        civ_port=civ_port,
        audio_port=audio_port,
        rx_codecs=script.rx_codecs or _ALL_CODECS,
        tx_codecs=_ALL_CODECS,
        session=SessionDialect(
            connection=connection, reject_stereo_tx=connection != CONNECTION_WFVIEW
        ),
    )
