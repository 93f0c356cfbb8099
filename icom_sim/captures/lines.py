"""A whole capture as lines: read, followed, decoded, chosen, written."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from icom_sim.captures.decode import Decoded, Decoder, Filters
from icom_sim.captures.follow import Follower, Placed
from icom_sim.captures.json_lines import JsonLines
from icom_sim.captures.json_quick import QuickLines
from icom_sim.captures.reader import CaptureReader
from icom_sim.captures.text_lines import TextLines

_ANYTHING = Filters()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is asked for. `since_start` and `until_start` count from the first datagram
    of a radio in the capture, unlike `since` and `until` of the filters."""

    as_json: bool = False
    secrets: bool = False
    payload: bool = False
    filters: Filters = _ANYTHING
    since_start: float | None = None
    until_start: float | None = None

    def filters_from(self, start: float) -> Filters:
        since, until = self.since_start, self.until_start
        return replace(
            self.filters,
            since=self.filters.since if since is None else start + since,
            until=self.filters.until if until is None else start + until,
        )


class CaptureLines:
    """Iterates the lines, in constant memory. Raises what `CaptureReader` raises."""

    def __init__(self, reader: CaptureReader, shown: Shown) -> None:
        self._reader, self._shown = reader, shown
        self._follower = Follower()
        self._found = 0

    @property
    def notes(self) -> list[str]:
        """What was wrong with the capture; complete after the last line."""
        notes = list(self._reader.notes)
        name, follower = self._reader.name, self._follower
        if not self._found:
            notes.append(f"{name}: no Icom traffic in {follower.others} UDP datagrams")
        elif follower.sessions > 1:
            notes.append(f"{name}: {follower.sessions} sessions; --session 1 shows one")
        return notes

    @property
    def has_traffic(self) -> bool:
        return self._found > 0

    def __iter__(self) -> Iterator[str]:
        placed_ones = self._follower.follow(self._reader)
        first = next(placed_ones, None)
        if first is None:
            return
        start = first.datagram.t
        filters = self._shown.filters_from(start)
        line_of = self._writer(filters, start)
        passes = filters.passes
        self._found = 1
        if (line := line_of(first)) is not None and passes(first):
            yield line
        chosen = placed_ones if filters.passes_all else filter(passes, placed_ones)
        for placed in chosen:
            line = line_of(placed)
            if line is not None:
                yield line

    def _writer(self, filters: Filters, start: float) -> Callable[[Placed], str | None]:
        """The line of a datagram; None for one that is not wanted."""
        decoder = Decoder()
        decode, wants = decoder.decode, filters.wants
        write = self._lines(start)
        if not self._shown.as_json or self._shown.payload or not filters.wants_all:

            def line_of(placed: Placed) -> str | None:
                decoded = decode(placed)
                return write(decoded) if wants(decoded) else None

            return line_of
        quick = QuickLines(decoder)

        def json_line_of(placed: Placed) -> str:
            line = quick.line(placed)
            if line is None:
                decoded = decode(placed)
                line = write(decoded)
                quick.learn(decoded)
            return line

        return json_line_of

    def _lines(self, start: float) -> Callable[[Decoded], str]:
        secrets, payload = self._shown.secrets, self._shown.payload
        if self._shown.as_json:
            return JsonLines(secrets=secrets, payload=payload).line
        return TextLines(start, secrets=secrets, payload=payload).line
