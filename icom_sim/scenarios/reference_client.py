"""A client that behaves well, in simulated time, and habits that make it a bad one.

`icom-sim run --simulated` runs scenarios against it, and scenarios are tested with it:
the core's client role, and around it what a good program adds. It connects, tunes, keys
and sends audio if it is to, asks for the frequency every second, wakes a sleeping
radio, comes back after every loss with more patience each time, and leaves when it is
told to. `Habits` changes one of these.
"""

import random
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf

from icom_proto.civ_commands import (
    read_frequency,
    set_frequency,
    set_mode,
    set_ptt,
)
from icom_proto.civ_frames import build_frame
from icom_proto.civ_values import Mode
from icom_proto.client_connection import ClientConnection, Phase
from icom_proto.client_requests import ClientConfig
from icom_proto.codec import Body
from icom_proto.codes import Codec, Stream
from icom_proto.datagrams import decode_datagram, encode_datagram
from icom_proto.errors import DecodeError
from icom_proto.events import (
    Address,
    CivAnswered,
    CivExpired,
    CloseReason,
    Output,
    SessionClosed,
    SessionReady,
    StreamsClosed,
    Transmit,
)
from icom_proto.packets import ConnInfo, Status

CONTROLLER = 0xE0
FREQUENCY_HZ = 14_074_000
WAKE = b"\x18\x01"
PTT_ON, PTT_OFF = set_ptt(True), set_ptt(False)
# PROTOCOL.md 7.2: the back-off after an unclean end, and how long a refusal is left be.
WAITS_S = (3.5, 6.0, 12.0, 24.0, 45.0)
REFUSED_WAIT_S = 10.0
POLL_EVERY_S = 1.0
# Unanswered for so long, the radio is woken; for so long, the session is given up.
WAKE_AFTER_S, DEAD_AFTER_S = 3.0, 20.0
_REFUSALS = (CloseReason.BUSY, CloseReason.STREAMS_REFUSED, CloseReason.LOGIN_REFUSED)


QUIET = ClientConfig(username="icom", password="icom", audio=False, silence_s=8.0)

# What becomes of a packet that it would send: none, another one, several.
Tamper = Callable[[Body], Sequence[Body]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What this client wants, and what it does where it has a choice."""

    config: ClientConfig = QUIET
    keys: bool = False
    unkeys: bool = True
    tunes: bool = True
    polls_every_s: float = POLL_EVERY_S
    wakes: bool = True
    waits_s: tuple[float, ...] = WAITS_S  # none: it gives up
    refused_wait_s: float = REFUSED_WAIT_S
    retries_password: bool = False
    reopens: bool = True  # asks again for streams that were taken away
    patience_s: float = inf  # gives a session up that is not ready by then
    leaves: bool = True  # says goodbye when told to end
    grants_max: float = inf  # starts anew when the radio grants more often
    dead_after_s: float = DEAD_AFTER_S  # ends a session whose CI-V says nothing
    fragile: bool = False  # dies of a datagram that is none
    tamper: Tamper | None = None
    ignores: Callable[[Body], bool] | None = None


GOOD = Habits()
WITH_RX = replace(GOOD, config=replace(QUIET, audio=True))
WITH_STEREO = replace(GOOD, config=replace(WITH_RX.config, rx_codec=Codec.PCM16_STEREO))
KEYING = replace(
    GOOD, keys=True, config=replace(WITH_RX.config, rx_rate_hz=8000, tx_rate_hz=8000)
)
# By a word in the task of a scenario; the first that is there.
_BY_TASK = {"key ": KEYING, "stereo": WITH_STEREO, "audio": WITH_RX}


def habits_for(task: str) -> Habits:
    """A good client that does what this task asks for."""
    return next((habits for word, habits in _BY_TASK.items() if word in task), GOOD)


class ReferenceClient:
    """A `Program` of `icom_sim.scenarios.simulated`."""

    def __init__(self, number: int, habits: Habits = GOOD) -> None:
        self.is_done = False
        self._habits = habits
        self._host = f"192.168.1.{10 + number}"
        self._tries = 0
        self._failures = 0
        self._grants: Counter[type] = Counter()
        self._stopping = False
        self._said = False  # has it had its say on the air?
        self._heard_at = 0.0
        self._due: dict[str, float] = {}
        self._asked: dict[int, bytes] = {}
        self._out: deque[Transmit] = deque()
        self._core: ClientConnection | None = None

    # inputs

    def start(self, now: float) -> None:
        self._connect(now)

    def stop(self, now: float) -> None:
        """SIGTERM."""
        self._stopping = True
        self._due.clear()
        if self._core is None or not self._habits.leaves:
            self.is_done = True
        else:
            self._core.close(now)
            self._collect(now)

    def handle_datagram(self, sent: Transmit, now: float) -> None:
        stream, data, address = sent
        if self._core is None or address != self._address(stream):
            return
        body = _body(stream, data)
        if body is None:
            self.is_done |= self._habits.fragile
        elif self._habits.ignores is not None and self._habits.ignores(body):
            return
        self._core.handle_datagram(stream, data, now)
        self._grants[type(body)] += _grants(body)
        if max(self._grants.values()) > self._habits.grants_max:
            self._core.close(now)
        self._collect(now)

    def handle_timeout(self, now: float) -> None:
        if self._core is not None:
            self._core.handle_timeout(now)
            self._collect(now)
        for what, at in list(self._due.items()):
            if at <= now and self._due.get(what) == at:
                del self._due[what]
                _WHEN_DUE[what](self, now)
        if self._core is not None:
            self._collect(now)

    # outputs

    def next_timeout(self) -> float | None:
        core = None if self._core is None else self._core.next_timeout()
        own = min(self._due.values(), default=None)
        return min((at for at in (core, own) if at is not None), default=None)

    def poll_output(self) -> Transmit | None:
        return self._out.popleft() if self._out else None

    # inside: a session

    def _connect(self, now: float) -> None:
        """A new session from new ports, as section 7.2 asks."""
        self._tries += 1
        self._grants.clear()
        self._asked.clear()
        self._heard_at = now
        self._core = ClientConnection(
            self._habits.config,
            rng=random.Random(f"{self._host}/{self._tries}"),
            local_ports=(self._port(0), self._port(1), self._port(2)),
            local_host=self._host,
        )
        self._core.open(now)
        if self._habits.patience_s < inf:
            self._due["impatient"] = now + self._habits.patience_s
        self._collect(now)

    def _port(self, stream: int) -> int:
        return 40_000 + 3 * self._tries + stream

    def _address(self, stream: int) -> Address:
        return Address(self._host, self._port(stream))

    def _collect(self, now: float) -> None:
        """What the core wants sent, and what happened to it."""
        while self._core is not None:
            output = self._core.poll_output()
            if output is None:
                return
            if isinstance(output, Transmit):
                self._post(output)
            else:
                self._on_event(output, now)

    def _post(self, sent: Transmit) -> None:
        stream, data, _ = sent
        copies: Sequence[bytes] = (data,)
        if self._habits.tamper is not None:
            header, body = decode_datagram(stream, data)
            bodies = self._habits.tamper(body)
            copies = [encode_datagram(header, each) for each in bodies]
        for copy in copies:
            self._out.append(Transmit(stream, copy, self._address(stream)))

    def _on_event(self, event: Output, now: float) -> None:
        match event:
            case SessionReady():
                self._on_ready(now)
            case StreamsClosed() if self._habits.reopens:
                assert self._core is not None
                self._core.request_streams(now)
            case SessionClosed(reason):
                self._on_closed(reason, now)
            case CivAnswered(request_id):
                self._heard_at = now
                if self._asked.pop(request_id, b"") == PTT_ON:
                    self._speak(now)
            case CivExpired(request_id):
                self._on_expired(self._asked.pop(request_id, b""), now)
            case _:
                pass

    def _on_ready(self, now: float) -> None:
        self._failures = 0
        self._heard_at = now
        self._due.pop("impatient", None)
        if self._habits.tunes:
            self._ask(set_frequency(FREQUENCY_HZ), now)
            self._ask(set_mode(Mode.USB), now)
        self._due["poll"] = now + self._habits.polls_every_s
        if self._habits.keys and not self._said:
            self._due["key"] = now + 1.0

    def _on_closed(self, reason: CloseReason, now: float) -> None:
        habits = self._habits
        self._core = None
        self._due.clear()
        hopeless = reason is CloseReason.BAD_CREDENTIALS and not habits.retries_password
        if self._stopping or hopeless or not habits.waits_s:
            self.is_done = True
            return
        wait = habits.waits_s[min(self._failures, len(habits.waits_s) - 1)]
        if reason in _REFUSALS:
            wait = habits.refused_wait_s
        self._failures += 1
        self._due["connect"] = now + wait

    # inside: what it says

    def _ask(self, body: bytes, now: float, *, urgent: bool = False) -> None:
        core = self._core
        if core is not None and core.phase is Phase.READY:
            frame = build_frame(core.civ_address, CONTROLLER, body)
            self._asked[core.send_civ(frame, now, urgent=urgent)] = body

    def _on_expired(self, body: bytes, now: float) -> None:
        """A setting is made again, and "stop" is said until it is heard."""
        silent_s = now - self._heard_at
        if body == PTT_OFF:
            self._ask(body, now, urgent=True)
        elif body and body not in (WAKE, PTT_ON, read_frequency()):
            self._ask(body, now)
        elif silent_s > self._habits.dead_after_s and self._core is not None:
            self._core.close(now)
        elif silent_s > WAKE_AFTER_S and body != WAKE and self._habits.wakes:
            self._ask(WAKE, now, urgent=True)

    def _speak(self, now: float) -> None:
        """Most of a second of sound, which the core sends when it is due."""
        core, config = self._core, self._habits.config
        self._said = True
        self._due["unkey"] = now + 1.0
        if core is None or core.phase is not Phase.READY or not config.audio:
            return
        block = b"\x00\x20" * (config.tx_rate_hz // 50)
        for _ in range(45):
            core.send_audio(block, now)

    def _on_poll_due(self, now: float) -> None:
        self._ask(read_frequency(), now)
        self._due["poll"] = now + self._habits.polls_every_s

    def _on_key_due(self, now: float) -> None:
        self._ask(PTT_ON, now)

    def _on_unkey_due(self, now: float) -> None:
        if self._habits.unkeys:
            self._ask(PTT_OFF, now, urgent=True)

    def _on_impatient(self, now: float) -> None:
        if self._core is not None:
            self._core.close(now)


_WHEN_DUE: dict[str, Callable[[ReferenceClient, float], None]] = {
    "connect": ReferenceClient._connect,
    "poll": ReferenceClient._on_poll_due,
    "key": ReferenceClient._on_key_due,
    "unkey": ReferenceClient._on_unkey_due,
    "impatient": ReferenceClient._on_impatient,
}


def _grants(body: Body | None) -> bool:
    """Two packets tell of a grant (PROTOCOL.md 10, row 19)."""
    return isinstance(body, Status) or (isinstance(body, ConnInfo) and body.busy == 1)


def _body(stream: Stream, data: bytes) -> Body | None:
    try:
        return decode_datagram(stream, data)[1]
    except DecodeError:
        return None
