"""What a check is, and what it finds."""

from dataclasses import dataclass
from enum import StrEnum

from icom_proto.codes import Role, Stream
from icom_sim.captures.observed import Observed
from icom_sim.dialects.knobs import Fidelity

# Findings of one check against one side of one session that are kept; the rest is
# counted. The first few tell what is wrong.
KEPT_MAX = 100

BOTH = (Role.CLIENT, Role.RADIO)
CLIENT, RADIO = (Role.CLIENT,), (Role.RADIO,)


def other_than(side: Role) -> Role:
    """Who is at the other end."""
    return Role.RADIO if side is Role.CLIENT else Role.CLIENT


class Severity(StrEnum):
    """How bad it is to break a rule."""

    ERROR = "error"  # others may not work with this side, or the session failed
    WARNING = "warning"  # it may be so on purpose, or it is the network's fault


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """One rule: its number, whom it binds, where it stands, how well it is known."""

    id: str
    title: str
    sides: tuple[Role, ...]
    severity: Severity
    source: str  # sections of PROTOCOL.md
    fidelity: Fidelity


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach. `number` is that of the datagram which shows it, 0 if none does."""

    check: Check
    side: Role
    session: int
    stream: Stream | None
    at: float
    number: int
    text: str

    def to_dict(self) -> dict[str, object]:
        """Ready for JSON."""
        return {
            "check": self.check.id,
            "severity": self.check.severity.value,
            "title": self.check.title,
            "source": self.check.source,
            "side": self.side.value,
            "session": self.session,
            "stream": None if self.stream is None else self.stream.name.lower(),
            "t": round(self.at, 6),
            "number": self.number,
            "text": self.text,
        }

    def line(self) -> str:
        """For people: when, which datagram, which side of which session, and what."""
        stream = "" if self.stream is None else f" {self.stream.name.lower()}"
        number = f" #{self.number}" if self.number else ""
        return (
            f"{self.at:9.3f}{number} session {self.session}{stream}"
            f" {self.side.value}: {self.text}"
        )


class Book:
    """What was judged in one session, and what was found."""

    def __init__(self, session: int) -> None:
        self.session = session
        # Asked for each datagram and check: an enum as a key would cost more.
        self._of_client: dict[Check, None] = {}
        self._of_radio: dict[Check, None] = {}
        self.findings: list[Finding] = []
        self.counts: dict[tuple[Check, Role], int] = {}

    def judge(self, check: Check, side: Role) -> None:
        """There is something here that the check is about."""
        (self._of_client if side is Role.CLIENT else self._of_radio)[check] = None

    @property
    def judged(self) -> dict[tuple[Check, Role], None]:
        """All that there was something to judge of."""
        client = dict.fromkeys((check, Role.CLIENT) for check in self._of_client)
        return client | dict.fromkeys((check, Role.RADIO) for check in self._of_radio)

    def report(self, check: Check, seen: Observed, text: str) -> None:
        """Found in this datagram, against its sender."""
        self.find(check, seen.side, seen.stream, seen.at, seen.number, text)

    def find(
        self,
        check: Check,
        side: Role,
        stream: Stream | None,
        at: float,
        number: int,
        text: str,
    ) -> None:
        """Found by whatever means."""
        assert side in check.sides, f"{check.id} does not bind the {side.value}"
        self.judge(check, side)
        count = self.counts.get((check, side), 0)
        self.counts[check, side] = count + 1
        if count < KEPT_MAX:
            self.findings.append(
                Finding(check, side, self.session, stream, at, number, text)
            )
