"""Row 3.5: audio lost for good, ours and the peers', at equal delay, in virtual time.

Every client speaks to the same model radio, which answers each request, over the same
link. Delay is what each client's callback sees, from the first sending of a datagram.
A peer's follows from the depth of its jitter buffer. Ours is given the largest playout
delay, in whole milliseconds, at which its 99th percentile is no higher than that
peer's; beside it stands the strict one, at which nothing at all comes later than that.
Nothing here is timed: the same seeds, the same figures.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from benchmarks.contenders import Figures
from benchmarks.contenders.residual import BASE_DELAY_MS
from benchmarks.environments import ICOM_LAN_11, OURS, RIGPLANE
from benchmarks.processes import Worker
from benchmarks.report import Report, Table
from benchmarks.rounds import Summary
from benchmarks.settings import Settings
from benchmarks.workload import PAYLOAD_SIZES

TARGET = 10.0
LOSS_PERCENT, JITTER_MS = 5.0, 20.0
SEEDS, QUICK_SEEDS = 5, 2
SECONDS = 240.0
PEERS = {ICOM_LAN_11: "icom_lan", RIGPLANE: "rigplane"}
# The stream that the claim is made for, and one of 984 bytes for scale; depths of the
# peers' buffer, whose default is 5.
STREAMS = {"100/s": (PAYLOAD_SIZES, (5, 10, 20)), "50/s": ((960,), (5, 10))}
CLAIMED = "100/s"
# How far our playout delay is raised above the strict one, at most.
RAISE_MS_MAX = 16
# Nothing lost of n says at 95 % that less than 3 of n are lost: the rule of three.
NONE_LOST = 3.0
# Nothing is timed, so two processes of a contender share the machine.
PROCESSES = 2
HEAD = [
    "stream, contender",
    "lost %",
    "p50 ms",
    "p99 ms",
    "max ms",
    "requests/s",
    "extra bytes %",
]


@dataclass(frozen=True)
class Outcome:
    """All sessions of one contender with one setting."""

    sent: float
    lost: float
    delay_ms: dict[str, float]
    requests_per_s: float
    extra_bytes_percent: float

    @classmethod
    def of(cls, sessions: Sequence[Figures]) -> "Outcome":
        """Sums of what was sent and lost; means of the rest; the largest delay."""

        def mean(figure: str) -> float:
            return sum(one[figure] for one in sessions) / len(sessions)

        return cls(
            sent=sum(one["sent"] for one in sessions),
            lost=sum(one["lost"] for one in sessions),
            delay_ms={
                "p50": mean("p50_ms"),
                "p99": mean("p99_ms"),
                "max": max(one["max_ms"] for one in sessions),
            },
            requests_per_s=mean("requests_per_s"),
            extra_bytes_percent=mean("extra_bytes_percent"),
        )

    @property
    def lost_at_most(self) -> float:
        """The share that is lost; where hardly anything was, what it is less than."""
        return max(self.lost, NONE_LOST) / self.sent

    def cells(self, name: str) -> list[str]:
        """A row of the table."""
        delay = self.delay_ms
        return [
            name,
            f"{100 * self.lost / self.sent:.3f}",
            *(f"{delay[which]:.1f}" for which in ("p50", "p99", "max")),
            f"{self.requests_per_s:.1f}",
            f"{self.extra_bytes_percent:.1f}",
        ]


class Crew:
    """Worker processes of one contender, which share the seeds."""

    def __init__(self, contender: str, seeds: Sequence[int]) -> None:
        self._stack = ExitStack()
        self._seeds = seeds
        self._workers = [
            self._stack.enter_context(Worker(contender, core=-1))
            for _ in range(PROCESSES)
        ]

    def sessions(self, function: str, options: dict[str, Any]) -> Outcome:
        """One session for each seed."""
        with ThreadPoolExecutor(PROCESSES) as pool:
            shares = pool.map(
                lambda at: self._share(at, function, options), range(PROCESSES)
            )
            return Outcome.of([one for share in shares for one in share])

    def _share(self, at: int, function: str, options: dict[str, Any]) -> list[Figures]:
        worker, figures = self._workers[at], []
        for seed in self._seeds[at::PROCESSES]:
            conditions = {
                "seed": seed,
                "loss_percent": LOSS_PERCENT,
                "delay_ms": BASE_DELAY_MS,
                "jitter_ms": JITTER_MS,
            }
            whole = options | {"seconds": SECONDS, "conditions": conditions}
            worker.prepare(function, whole)
            figures.append(worker.measure(function, whole))
        return figures

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()


def run(settings: Settings) -> Report:
    """Peers at each depth, and ours beside each of them."""
    report = Report(
        "3.5", "Residual loss at equal p99 delay: 5 % loss, 5 ms + U(0, 20 ms) each way"
    )
    count = QUICK_SEEDS if settings.quick else SEEDS
    seeds = range(settings.seed, settings.seed + count)
    rows: list[list[str]] = []
    with ExitStack() as stack:
        crews = {
            name: stack.enter_context(Crew(name, seeds)) for name in (OURS, *PEERS)
        }
        for stream, (sizes, depths) in STREAMS.items():
            ours = _Ours(crews[OURS], sizes)
            for depth in depths:
                options = {"depth": depth, "sizes": sizes}
                for peer, package in PEERS.items():
                    outcome = crews[peer].sessions(
                        "peer_residual:receive", {"package": package, **options}
                    )
                    rows.append(outcome.cells(f"{stream} {peer} depth {depth}"))
                    _compare(report, (stream, f"{peer}, depth {depth}"), ours, outcome)
            rows += ours.rows(stream)
    report.table = Table(HEAD, rows)
    report.notes += [
        f"{count} seeds x {SECONDS:g} simulated s. All clients speak to the same radio,"
        " which answers every request; datagram n meets the same fate for all.",
        "Delay: first sending to callback. Extra: what was sent again, and the requests"
        " for it. Ours is named by its playout delay.",
    ]
    return report


class _Ours:
    """Our client on one stream, with whatever playout delays were asked for."""

    def __init__(self, crew: Crew, sizes: Sequence[int]) -> None:
        self._crew = crew
        self._sizes = sizes
        self._outcomes: dict[int, Outcome] = {}

    def beside(self, p99_ms: float) -> tuple[int, Outcome, Outcome]:
        """The playout delay chosen, its outcome, and the outcome of the strict one."""
        # Whole milliseconds: peers that behave alike are held against one session.
        chosen_ms = int(p99_ms - BASE_DELAY_MS)
        strict = self._with(chosen_ms)
        too_long_ms = chosen_ms + RAISE_MS_MAX + 1
        if not strict.lost:
            return chosen_ms, strict, strict
        # The longest one first: with a deep buffer beside it, it is not too long.
        tried_ms = too_long_ms - 1
        while chosen_ms < tried_ms:
            if self._with(tried_ms).delay_ms["p99"] <= p99_ms:
                chosen_ms = tried_ms
            else:
                too_long_ms = tried_ms
            tried_ms = (chosen_ms + too_long_ms) // 2
        return chosen_ms, self._with(chosen_ms), strict

    def rows(self, stream: str) -> list[list[str]]:
        """What was tried."""
        return [
            outcome.cells(f"{stream} ours, {delay_ms} ms")
            for delay_ms, outcome in sorted(self._outcomes.items())
        ]

    def _with(self, delay_ms: int) -> Outcome:
        if delay_ms not in self._outcomes:
            options = {"playout_delay_ms": delay_ms, "sizes": self._sizes}
            self._outcomes[delay_ms] = self._crew.sessions(
                "our_residual:receive", options
            )
        return self._outcomes[delay_ms]


def _compare(
    report: Report, where: tuple[str, str], ours: _Ours, peer: Outcome
) -> None:
    """The claim, where there is one, and what the strict comparison gives."""
    stream, name = where
    delay_ms, chosen, strict = ours.beside(peer.delay_ms["p99"])
    ratio = peer.lost_at_most / chosen.lost_at_most
    bound = "" if chosen.lost else ", nothing lost: a bound"
    if stream == CLAIMED:
        report.at_least(
            f"residual loss of {name} to ours at {delay_ms} ms{bound}",
            Summary.of([ratio]),
            TARGET,
        )
    strictly = peer.lost_at_most / strict.lost_at_most
    report.notes.append(
        f"{stream} {name}: p99 {peer.delay_ms['p99']:.1f} ms, ours"
        f" {chosen.delay_ms['p99']:.1f} ms, {ratio:.1f}x{bound}; with nothing of ours"
        f" later than the peer's p99, {strictly:.1f}x."
    )
