"""`icom-sim decode --summary`: each session's story and figures, in one pass."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from icom_proto.codes import Role, Stream
from icom_proto.events import Address
from icom_proto.packets import (
    AudioData,
    Ping,
    Ready,
    RetransmitMany,
    RetransmitOne,
    StreamRequest,
)
from icom_proto.seqnum import expand_ranges
from icom_sim.captures.figures import WayFigures
from icom_sim.captures.link_ids import LinkIds
from icom_sim.captures.observed import Observed, observe
from icom_sim.captures.reader import CapturedDatagram
from icom_sim.captures.sequence import Came
from icom_sim.captures.story import Story
from icom_sim.captures.timeline import Timeline, Told

# Sessions that are followed at once; the one that was silent the longest gives way.
_SESSIONS_MAX = 256
# A side that says nothing for so long at the end, while the other goes on, is gone.
SILENCE_S = 2.0
_ASKED_MAX = 512


def summarize(
    captured: Iterable[CapturedDatagram], timeline: Timeline | None = None
) -> Iterator["SessionSummary"]:
    """The sessions of a capture, each when it is over; a timeline is filled in."""
    open_sessions: OrderedDict[int, SessionSummary] = OrderedDict()
    for seen in observe(captured):
        session = open_sessions.get(seen.session)
        if session is None:
            session = open_sessions[seen.session] = SessionSummary(seen)
            if len(open_sessions) > _SESSIONS_MAX:
                yield open_sessions.popitem(last=False)[1].finish(timeline)
        open_sessions.move_to_end(seen.session)
        told = session.handle(seen)
        if timeline is not None:
            timeline.add(seen, told)
    for number in sorted(open_sessions):
        yield open_sessions[number].finish(timeline)


class SessionSummary:
    """What is known of a session when all of it was seen."""

    def __init__(self, first: Observed) -> None:
        self.number = first.session
        self.started_t, self.started_at = first.t, first.at
        self.ends: dict[Role, Address] = {}
        self.story = Story()
        self._links = {stream: LinkIds() for stream in Stream}
        self.ways = {stream: {role: WayFigures() for role in Role} for stream in Stream}

    def handle(self, seen: Observed) -> Told:
        """One datagram of this session, and what it tells for a timeline."""
        ways = self.ways[seen.stream]
        way, back = ways[seen.side], ways[_other(seen.side)]
        self.ends.setdefault(_other(seen.side), seen.destination)
        link = self._links[seen.stream]
        if link.is_new(seen):
            for each in ways.values():
                each.sequence.begin()
        elif isinstance(seen.body, Ready):
            for each in ways.values():
                each.sequence.expect_restart()
        came = way.add(seen, is_foreign=bool(seen.header) and bool(link.fault(seen)))
        self.story.handle(seen, came)
        return Told(
            came=came,
            round_trip_s=self._on_link_packet(seen, way, back),
            off_s=self._on_audio(seen, way, came),
            lost_at=[
                gap.noticed_at
                for gap in way.sequence.decided(seen.at)
                if gap.came is not Came.OVERTAKEN
            ],
        )

    def finish(self, timeline: Timeline | None = None) -> "SessionSummary":
        """Nothing comes any more: what is missing is lost."""
        for stream, ways in self.ways.items():
            for role, way in ways.items():
                for gap in way.sequence.end():
                    if timeline is not None and gap.came is not Came.OVERTAKEN:
                        timeline.lost[stream, role].add(gap.noticed_at)
        return self

    @staticmethod
    def _on_link_packet(
        seen: Observed, way: WayFigures, back: WayFigures
    ) -> float | None:
        """Pings and requests; returned is the time that a ping took."""
        body = seen.body
        match body:
            case Ping():
                if body.reply:
                    return back.answered(body, seen.at)
                way.ask(body, seen.at)
            case RetransmitOne() if seen.header is not None:
                back.sequence.ask([seen.header.seq], seen.at)
            case RetransmitMany():
                pairs = [(each.first, each.last) for each in body.ranges]
                back.sequence.ask(expand_ranges(pairs, _ASKED_MAX), seen.at)
            case _:
                pass
        return None

    def _on_audio(self, seen: Observed, way: WayFigures, came: Came) -> float | None:
        """Audio, and how it was asked for; returned is how far off its time it was."""
        body = seen.body
        if isinstance(body, AudioData) and came.is_first:
            return way.audio.add(body, seen.at)
        if isinstance(body, StreamRequest):
            audio = self.ways[Stream.AUDIO]
            audio[Role.RADIO].audio.expect(body.rx_codec, body.rx_rate_hz)
            audio[Role.CLIENT].audio.expect(body.tx_codec, body.tx_rate_hz)
        return None

    # ---- what came of it -------------------------------------------------------------

    def to_dict(self) -> dict[str, object]:
        """Ready for JSON."""
        return {
            "session": self.number,
            "started": self._started(),
            "t": round(self.started_at, 6),
            "seconds": round(self._last_at() - self.started_at, 6),
            "client": _shown(self.ends.get(Role.CLIENT)),
            "radio": _shown(self.ends.get(Role.RADIO)),
            "renewals": self.story.renewals,
            "ended_by": None
            if self.story.ended_by is None
            else self.story.ended_by.value,
            "story": [{"t": round(at, 6), "text": text} for at, text in self._story()],
            "story_left_out": self.story.left_out,
            "streams": {
                stream.name.lower(): {
                    role.value: way.to_dict()
                    for role, way in ways.items()
                    if way.datagrams
                }
                for stream, ways in self.ways.items()
            },
        }

    def lines(self) -> Iterator[str]:
        """For people: the story, and below it the figures."""
        seconds = self._last_at() - self.started_at
        yield (
            f"session {self.number}: {_shown(self.ends.get(Role.CLIENT))} with radio "
            f"{_shown(self.ends.get(Role.RADIO))}, {self._started()}, {seconds:.1f} s"
        )
        for at, text in self._story():
            yield f"  {at:9.3f}  {text}"
        if self.story.left_out:
            yield f"             and {self.story.left_out} lines more"
        for stream, ways in self.ways.items():
            for role, way in ways.items():
                if way.datagrams:
                    yield from _way_lines(stream, role, way)

    def _story(self) -> list[tuple[float, str]]:
        """With what only the end shows."""
        lines = [*self.story.in_order(), *self._endings()]
        return sorted(lines, key=lambda line: line[0])

    def _endings(self) -> Iterator[tuple[float, str]]:
        for role, way in self.ways[Stream.AUDIO].items():
            if way.audio.datagrams:
                yield way.audio.last_at, f"last audio from the {role.value}"
        if self.story.renewals:
            refused = self.story.renewals_refused
            told = f", {refused} of them refused" if refused else ""
            yield (
                self._last_at(),
                f"the token was renewed {self.story.renewals} times{told}",
            )
        last = {role: self._last_at(role) for role in Role}
        if self.story.goodbye_at is not None or None in last.values():
            return
        for role in Role:
            silent = last[_other(role)] - last[role]
            if silent > SILENCE_S:
                yield (
                    last[role],
                    f"the {role.value} falls SILENT without a goodbye; the "
                    f"{_other(role).value} goes on for {silent:.1f} s",
                )

    def _last_at(self, role: Role | None = None) -> float:
        return max(
            way.last_at
            for ways in self.ways.values()
            for each, way in ways.items()
            if role is None or each is role
        )

    def _started(self) -> str:
        try:
            started = datetime.fromtimestamp(self.started_t, UTC)
        except (OverflowError, ValueError, OSError):
            return f"at {self.started_t:.3f} s of the recorder's clock"
        return started.strftime("%Y-%m-%dT%H:%M:%SZ")


def _way_lines(stream: Stream, role: Role, way: WayFigures) -> Iterator[str]:
    counts = way.sequence.counts
    rates = ""
    if way.seconds >= 1:
        rates = (
            f", {way.datagrams / way.seconds:.1f}/s,"
            f" {way.size * 8e-3 / way.seconds:.1f} kbit/s"
        )
    yield (
        f"  {stream.name.lower()} from the {role.value}: {way.datagrams} datagrams"
        f"{rates}"
    )
    if counts.lost:
        yield (
            f"    lost {counts.lost} of {counts.numbered + counts.never_came} "
            f"({counts.loss:.1%}), {counts.lost_behind} of them behind the recorder: "
            f"{counts.healed} healed, {counts.filled} replaced by idles, "
            f"{counts.never_came} never came"
        )
    if counts.asked:
        again = counts.repeated + counts.healed
        yield f"    asked for {counts.asked} times, sent again {again}"
    odd = {
        "overtaken": counts.overtaken,
        "twice": counts.duplicates,
        "numbers used again": counts.conflicts,
        "beginnings anew": counts.restarts,
        "not understood": way.unknown,
    }
    if any(odd.values()):
        told = ", ".join(f"{count} {what}" for what, count in odd.items() if count)
        yield f"    {told}"
    if way.round_trip.count:
        yield f"    pings answered in {_spread(way.round_trip.to_dict())}"
    audio = way.audio
    if audio.datagrams:
        gaps = "no gaps"
        if audio.gaps:
            longest = audio.longest_gap_s * 1000
            gaps = f"{audio.gaps} gaps, the longest {longest:.0f} ms"
        yield f"    audio: {gaps}; jitter {_spread(audio.jitter.to_dict())}"


def _spread(figures: dict[str, float] | None) -> str:
    if figures is None:
        return "unknown"
    return (
        f"{figures['min_ms']:.1f} / {figures['median_ms']:.1f} / "
        f"{figures['p95_ms']:.1f} / {figures['max_ms']:.1f} ms (min/median/p95/max)"
    )


def _shown(end: Address | None) -> str:
    return "nobody" if end is None else f"{end.host}:{end.port}"


def _other(role: Role) -> Role:
    return Role.RADIO if role is Role.CLIENT else Role.CLIENT
