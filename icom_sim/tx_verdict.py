"""What the air would have heard of a client: TX audio judged as the modulator plays it.

Keying and audio are told apart, as in the radio: audio runs through the buffer whether
anybody has keyed or not, and what is played before is gone.
"""

import math
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from math import inf
from operator import mul

from icom_proto.audio_formats import samples_of
from icom_proto.errors import DecodeError
from icom_sim.afsk.demodulator import Demodulator
from icom_sim.afsk.frames import Ax25Frame
from icom_sim.audio_quality import SILENCE_DBFS
from icom_sim.sample_clock import SampleClock
from icom_sim.tx_playout import TxPlayout

# What is lower is silence: 60 dB below full scale, where no voice and no modem is.
_AUDIBLE = 33
_FULL_SCALE = 32768
# Silence of this length ends a burst of audio: what is sent then belongs to no over.
_PAUSE_MS = 200
# A jump in the positions is no longer than that, whoever makes it.
_GAP_S_MAX = 1
_PACKETS_MAX = 100
_ON_AIR_MAX = 500  # pieces that nobody has fetched: 10 s
_UNUSED_RATE_HZ = 8000  # until a client is granted another


@dataclass(frozen=True, slots=True, kw_only=True)
class TxVerdict:
    """All overs together; of times to a sample, the worst over.

    `before_ptt_ms` and `cut_end_ms` are what was lost before the key and after it;
    `first_sample_ms` is from the key to the first sound, `last_sample_ms` from the last
    sound to the end. An underrun is a buffer that ran dry in an over and was filled
    again; a gap is what got lost on the way; an overrun came too early for the buffer.
    """

    overs: int = 0
    keyed_s: float = 0.0
    heard_s: float = 0.0
    silent_s: float = 0.0
    before_ptt_ms: float = 0.0
    cut_end_ms: float = 0.0
    first_sample_ms: float | None = None
    last_sample_ms: float | None = None
    underruns: int = 0
    underrun_ms: float = 0.0
    late: int = 0
    gaps: int = 0
    gap_ms: float = 0.0
    lost: int = 0
    overruns: int = 0
    overrun_ms: float = 0.0
    peak_dbfs: float = SILENCE_DBFS
    rms_dbfs: float = SILENCE_DBFS
    clipped: int = 0
    muted: bool = False
    why_muted: str = ""
    ax25_frames: int = 0
    packets: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Ready for JSON."""
        return asdict(self) | {"packets": list(self.packets)}

    def lines(self) -> Iterator[str]:
        """For people."""
        if not self.overs:
            yield "nothing was transmitted"
            return
        yield (
            f"keyed {self.overs} times, {self.keyed_s:.2f} s;"
            f" audio for {self.heard_s:.2f} s"
        )
        if self.muted:
            yield f"without modulation: {self.why_muted}"
        if self.heard_s:
            yield f"peak {self.peak_dbfs:.1f} dBFS, rms {self.rms_dbfs:.1f} dBFS"
        for faulty, text in self._faults():
            if faulty:
                yield text
        if self.ax25_frames:
            yield f"{self.ax25_frames} AX.25 frames"
            yield from (f"  {packet}" for packet in self.packets)

    def _faults(self) -> Iterator[tuple[float, str]]:
        yield self.before_ptt_ms, f"{self.before_ptt_ms:.0f} ms came before the key"
        yield self.cut_end_ms, f"the last {self.cut_end_ms:.0f} ms were cut off"
        yield (
            self.underruns,
            f"{self.underruns} underruns, {self.underrun_ms:.0f} ms of silence",
        )
        yield self.gaps, f"{self.gaps} gaps, {self.gap_ms:.0f} ms lost on the way"
        yield (
            self.overruns,
            f"{self.overruns} overruns: {self.overrun_ms:.0f} ms came too early",
        )
        yield self.clipped, f"{self.clipped} samples at full scale"


@dataclass(slots=True)
class _Over:
    """Between key and unkey. Places are samples since the grant."""

    start: int
    why_muted: str
    first: int | None = None  # of what is audible
    last: int | None = None
    has_begun: bool = False
    dry_at: int | None = None


@dataclass(slots=True)
class _Unheard:
    """What is played while nobody is keyed, in samples."""

    lead: int = 0  # audible, since the last pause
    silence: int = 0
    tail: int = 0  # still to come of what was cut off


@dataclass(slots=True)
class _Level:
    peak: int = 0
    energy: float = 0.0
    samples: int = 0

    def add(self, samples: Sequence[int], peak: int) -> None:
        self.peak = max(self.peak, peak)
        self.energy += sum(map(mul, samples, samples))
        self.samples += len(samples)

    @property
    def rms(self) -> float:
        return math.sqrt(self.energy / self.samples) if self.samples else 0.0


class TxJudge:
    """One radio's transmitter, for as many sessions as come.

    What is on the air is to be fetched with `poll_on_air` after each call.
    """

    def __init__(self, clock: SampleClock | None = None) -> None:
        self._clock = clock or SampleClock()
        self._counts: Counter[str] = Counter()
        self._ms: defaultdict[str, float] = defaultdict(float)
        self._edges: dict[str, float] = {}  # first and last samples, ms
        self._level = _Level()
        self._packets: deque[str] = deque(maxlen=_PACKETS_MAX)
        self._why_muted = ""
        self._on_air: deque[bytes] = deque(maxlen=_ON_AIR_MAX)
        self.grant(_UNUSED_RATE_HZ, 0)

    # inputs

    def grant(self, rate_hz: int, buffer_ms: int) -> None:
        """A session begins, with the buffer that its client asked for."""
        self._playout = TxPlayout(rate_hz, buffer_ms, self._clock)
        self._demodulator = Demodulator(rate_hz)
        self._was_audible = False
        self._expected = 0  # the position of what is to come
        self._over: _Over | None = None
        self._unheard = _Unheard()

    def key(self, now: float, why_muted: str = "") -> None:
        """The radio transmits; without modulation, if there is a reason."""
        self.advance(now)
        if self._over is None:
            self._counts["overs"] += 1
            self._add_ms("before_ptt_ms", self._unheard.lead)
            self._unheard = _Unheard()
            self._over = _Over(self._playout.frame, why_muted)
            self._why_muted = why_muted or self._why_muted

    def unkey(self, now: float) -> None:
        """It transmits no more."""
        self.advance(now)
        over, self._over = self._over, None
        if over is None:
            return
        rest = samples_of(self._playout.rest())
        _, last = _audible_part(rest)
        if last is not None and not over.why_muted:
            self._add_ms("cut_end_ms", last + 1)
        self._unheard = _Unheard(tail=len(rest))
        if over.first is not None and over.last is not None:
            self._note_edge("first_sample_ms", over.first - over.start)
            self._note_edge("last_sample_ms", self._playout.frame - over.last - 1)

    def hear(self, position: int, pcm: bytes, now: float) -> None:
        """Audio arrives; `position` is in samples since the grant, lost ones too."""
        self.advance(now)
        rate_hz = self._playout.rate_hz
        gap = min(max(0, position - self._expected), _GAP_S_MAX * rate_hz)
        self._expected = position + len(pcm) // 2
        if self._over is not None:
            if gap:
                self._counts["gaps"] += 1
                self._add_ms("gap_ms", gap)
            if self._over.dry_at is not None and not self._playout.held:
                self._counts["late"] += 1
        overrun = self._playout.add(bytes(2 * gap) + pcm, now)
        if overrun:
            self._counts["overruns"] += 1
            self._add_ms("overrun_ms", overrun)

    def skip(self, count: int) -> None:
        """So many datagrams are lost."""
        self._counts["lost"] += count

    def advance(self, now: float) -> None:
        """Play what is due."""
        playout = self._playout
        for count, pcm in playout.play(now):
            self._play(playout.frame - count, count, pcm)
            if self._over is None and not playout.held:
                break
        if self._over is None and not playout.held:
            self._pass_silence(playout.skip_to(now))

    # outputs

    @property
    def rate_hz(self) -> int:
        """Of what is on the air."""
        return self._playout.rate_hz

    def poll_on_air(self) -> bytes | None:
        """The next PCM that is on the air, at the rate of the session."""
        return self._on_air.popleft() if self._on_air else None

    def next_timeout(self) -> float:
        """When the next 20 ms have been on the air; infinity while not keyed."""
        return inf if self._over is None else self._playout.next_piece()

    def verdict(self) -> TxVerdict:
        """As of the last input."""
        counts, ms, level = self._counts, self._ms, self._level
        return TxVerdict(
            overs=counts["overs"],
            keyed_s=round(ms["keyed"] / 1000, 4),
            heard_s=round(ms["heard"] / 1000, 4),
            silent_s=round((ms["keyed"] - ms["heard"]) / 1000, 4),
            before_ptt_ms=round(ms["before_ptt_ms"], 1),
            cut_end_ms=round(ms["cut_end_ms"], 1),
            underruns=counts["underruns"],
            underrun_ms=round(ms["underrun_ms"], 1),
            late=counts["late"],
            gaps=counts["gaps"],
            gap_ms=round(ms["gap_ms"], 1),
            lost=counts["lost"],
            overruns=counts["overruns"],
            overrun_ms=round(ms["overrun_ms"], 1),
            clipped=counts["clipped"],
            ax25_frames=counts["ax25_frames"],
            first_sample_ms=self._edges.get("first_sample_ms"),
            last_sample_ms=self._edges.get("last_sample_ms"),
            peak_dbfs=_dbfs(level.peak),
            rms_dbfs=_dbfs(level.rms),
            muted=bool(self._why_muted),
            why_muted=self._why_muted,
            packets=tuple(self._packets),
        )

    # inside

    def _play(self, start: int, count: int, pcm: bytes) -> None:
        samples = samples_of(pcm)
        peak = max(max(samples), -min(samples)) if samples else 0
        over = self._over
        if over is not None:
            self._put_on_air(over, start, count, pcm)
            if not over.why_muted:
                self._judge_sound(over, start, pcm or bytes(2 * count), peak)
        elif self._unheard.tail and samples:
            self._unheard.tail = max(0, self._unheard.tail - count)
        elif peak >= _AUDIBLE:
            self._unheard.lead += count
            self._unheard.silence = 0
        else:
            self._pass_silence(count)

    def _put_on_air(self, over: _Over, start: int, count: int, pcm: bytes) -> None:
        self._add_ms("keyed", count)
        if pcm:
            over.has_begun = True
            if over.dry_at is not None:
                self._counts["underruns"] += 1
                self._add_ms("underrun_ms", start - over.dry_at)
                over.dry_at = None
        elif over.has_begun and over.dry_at is None:
            over.dry_at = start
        heard = b"" if over.why_muted else pcm
        self._on_air.append(heard or bytes(2 * count))

    def _judge_sound(self, over: _Over, start: int, pcm: bytes, peak: int) -> None:
        is_audible = peak >= _AUDIBLE
        if is_audible:
            samples = samples_of(pcm)
            self._add_ms("heard", len(samples))
            self._level.add(samples, peak)
            if peak >= _FULL_SCALE - 1:
                self._counts["clipped"] += sum(
                    abs(s) >= _FULL_SCALE - 1 for s in samples
                )
            first, last = _audible_part(samples)
            if first is not None and last is not None:
                over.first = start + first if over.first is None else over.first
                over.last = start + last
        if is_audible or self._was_audible:  # one piece more, for the filters
            for frame in self._demodulator.feed(pcm):
                self._note_packet(frame)
        self._was_audible = is_audible

    def _note_packet(self, frame: bytes) -> None:
        try:
            packet = str(Ax25Frame.decode(frame))
        except DecodeError:  # whole, but made by something else
            return
        self._counts["ax25_frames"] += 1
        self._packets.append(packet)

    def _pass_silence(self, count: int) -> None:
        unheard = self._unheard
        unheard.silence += count
        if unheard.silence * 1000 > _PAUSE_MS * self._playout.rate_hz:
            unheard.lead = 0

    def _note_edge(self, name: str, samples: int) -> None:
        ms = round(samples * 1000 / self._playout.rate_hz, 1)
        self._edges[name] = max(ms, self._edges.get(name, 0.0))

    def _add_ms(self, name: str, samples: int) -> None:
        self._ms[name] += samples * 1000 / self._playout.rate_hz


def _audible_part(samples: Sequence[int]) -> tuple[int | None, int | None]:
    """Where the first and the last audible sample are."""
    places = range(len(samples))
    first = next((at for at in places if abs(samples[at]) >= _AUDIBLE), None)
    last = next((at for at in reversed(places) if abs(samples[at]) >= _AUDIBLE), None)
    return first, last


def _dbfs(value: float) -> float:
    return round(20 * math.log10(value / _FULL_SCALE), 1) if value else SILENCE_DBFS
