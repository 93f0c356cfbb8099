"""Holds a whole capture against all checks, in one pass and bounded memory."""

from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from icom_proto.codes import Role, Stream
from icom_proto.packets import AreYouThere, CivData, Disconnect
from icom_sim.captures.checks.audio import AudioCheck
from icom_sim.captures.checks.catalogue import CHECKS
from icom_sim.captures.checks.civ import CivCheck
from icom_sim.captures.checks.control import ControlCheck
from icom_sim.captures.checks.facts import Facts
from icom_sim.captures.checks.findings import Book, Check, Finding, Severity
from icom_sim.captures.checks.links import LinkCheck
from icom_sim.captures.checks.sessions import SessionCheck
from icom_sim.captures.observed import Observed, observe
from icom_sim.captures.reader import CapturedDatagram
from icom_sim.captures.sequence import Came

# Sessions that are watched at once; the one that was silent the longest gives way.
_SESSIONS_MAX = 256
_FINDINGS_MAX = 20_000


@dataclass(slots=True)
class Report:
    """What came of it. `counts` has also the findings that were not kept."""

    findings: list[Finding] = field(default_factory=list)
    counts: Counter[tuple[Check, Role]] = field(default_factory=Counter)
    judged: dict[tuple[Check, Role], None] = field(default_factory=dict)
    sessions: int = 0
    datagrams: int = 0
    seconds: float = 0.0

    def count(self, check: Check) -> int:
        """Findings of this check, those that were not kept too."""
        return sum(self.counts[check, side] for side in check.sides)

    def is_judged(self, check: Check) -> bool:
        """Was there anything in the capture that the check is about?"""
        return any((check, side) in self.judged for side in check.sides)

    def total(self, severity: Severity) -> int:
        """All findings as bad as that."""
        return sum(
            count
            for (check, _), count in self.counts.items()
            if check.severity is severity
        )

    def add(self, book: Book) -> None:
        """One session is over."""
        self.counts.update(book.counts)
        self.judged.update(book.judged)
        room = _FINDINGS_MAX - len(self.findings)
        self.findings += book.findings[:room]

    def limit(self, checks: Iterable[Check]) -> None:
        """Keep these checks only."""
        kept = set(checks)
        self.findings = [each for each in self.findings if each.check in kept]
        self.counts = Counter(
            {key: count for key, count in self.counts.items() if key[0] in kept}
        )
        self.judged = {key: None for key in self.judged if key[0] in kept}


def check_capture(
    captured: Iterable[CapturedDatagram], checks: Iterable[Check] = CHECKS
) -> Report:
    """Findings in order of time, of all sessions."""
    report = Report()
    watched: OrderedDict[int, _Watched] = OrderedDict()
    for seen in observe(captured):
        report.datagrams += 1
        report.seconds = max(report.seconds, seen.at)
        session = watched.get(seen.session)
        if session is None:
            report.sessions = max(report.sessions, seen.session)
            session = watched[seen.session] = _Watched(seen.session)
            if len(watched) > _SESSIONS_MAX:
                _, silent = watched.popitem(last=False)
                report.add(silent.end())
        watched.move_to_end(seen.session)
        session.handle(seen)
    for session in watched.values():
        report.add(session.end())
    report.limit(checks)
    report.findings.sort(key=lambda each: (each.at, each.number, each.session))
    return report


class _Watched:
    """One session under all checks."""

    def __init__(self, number: int) -> None:
        self._book = Book(number)
        facts = Facts()
        self._links = {each: LinkCheck(each, self._book, facts) for each in Stream}
        self._session = SessionCheck(self._book, facts)
        self._control = ControlCheck(self._book, facts)
        self._civ = CivCheck(self._book, facts)
        self._audio = AudioCheck(self._book, facts)

    def handle(self, seen: Observed) -> None:
        came = self._links[seen.stream].handle(seen)
        if seen.body is None:
            return
        self._session.handle(seen)
        if seen.stream is Stream.AUDIO:
            self._audio.handle_any(seen)
        elif seen.stream is Stream.CIV:
            self._handle_civ_link(seen)
        if not seen.is_numbered or not came.is_first:
            return
        match seen.stream:
            case Stream.CONTROL:
                self._control.handle(seen)
                self._session.handle_control(seen)
            case Stream.CIV:
                self._civ.handle(seen)
                if isinstance(seen.body, CivData) and seen.side is Role.CLIENT:
                    self._control.check_secrets(seen)
            case Stream.AUDIO:
                self._audio.handle(seen, anew=came is Came.RESTART)

    def end(self) -> Book:
        for link in self._links.values():
            link.end()
        self._session.end()
        self._civ.end()
        return self._book

    def _handle_civ_link(self, seen: Observed) -> None:
        if isinstance(seen.body, AreYouThere):
            self._civ.handle_call()
        elif isinstance(seen.body, Disconnect):
            self._civ.handle(seen)
