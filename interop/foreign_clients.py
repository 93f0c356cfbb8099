"""Foreign clients against our fake radio: whole sessions, dialects, codecs."""

import signal
import time
from dataclasses import dataclass
from itertools import count
from typing import Protocol

from interop.client_scenarios import judge_received
from interop.fake_radio import HOLD_S, Conditions, FakeRadio, start_fake_radio
from interop.lab import Lab, LabError, Process
from interop.ours import hold_session
from interop.report import Outcome, Row
from interop.session import (
    LOOK_IN,
    NEW_FREQUENCY_HZ,
    NEW_MODE,
    ClientReport,
    Endpoint,
    Model,
    Visit,
)

WHOLE_COLUMNS = (
    *("login", "tune", "mode", "scope", "audio in", "key", "audio out", "close"),
    *("kill -9", "busy", "radio ends"),
)
SHORT_COLUMNS = ("login", "tune", "audio in", "key", "audio out", "close")
SEED = 20_260
# Most clients send the login once, so with loss a try may be over at once.
LOSS_TRIES = 3
# wfview 1.60 now and then dies when its window is closed.
CRASH_TRIES = 2
CRASHES = (-signal.SIGSEGV, -signal.SIGABRT)
# How long a killed client may take to come back; each of its tries takes some seconds.
RETURN_S = 60.0
# Of the time for which the client says it was keyed.
KEYED_SHARE_MIN = 0.8


class ForeignClient(Protocol):
    """What a module in `peers` provides for a client."""

    @property
    def name(self) -> str: ...
    @property
    def model(self) -> Model: ...
    @property
    def no_scope(self) -> str:
        """Why it shows no scope; empty if it does."""

    @property
    def talks_always(self) -> bool:
        """Whether it sends audio from login to goodbye, keyed or not."""

    @property
    def audio_min(self) -> float:
        """How much of the sound has to come out of it on a good network."""

    def install(self) -> str | None: ...

    def run(self, lab: Lab, radio: Endpoint, visit: Visit) -> ClientReport:
        """One whole session, reported as far as it came."""

    def hold(self, lab: Lab, radio: Endpoint) -> Process:
        """A session that stays; LabError if it is not let in."""


@dataclass(frozen=True, slots=True)
class Network:
    """A network of the matrix, and how much of the audio has to come through."""

    name: str
    text: str
    loss_percent: float
    jitter_ms: float
    audio_min: float

    @property
    def tries(self) -> int:
        return LOSS_TRIES if self.loss_percent else 1


CLEAN = Network("clean", "clean", 0.0, 0.0, 0.95)
LOSSY = Network("loss", "5 % loss, 20 ms jitter", 5.0, 20.0, 0.90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One client, what it has to do, the radio and the network for it."""

    client: ForeignClient
    visit: Visit
    network: Network = CLEAN
    dialect: str = ""
    knobs: tuple[str, ...] = ()
    # Why this client cannot live with this radio, if that is known and its own doing.
    limit: str = ""


def run_whole(case: Case, lab: Lab, row: Row) -> None:
    """Everything a client does, then its violent end, and a radio that is taken."""
    radio, report = _visit(case, lab, row)
    judge_visit(row, case, report, radio)
    for column, judge in (("kill -9", judge_kill), ("busy", judge_busy)):
        try:
            judge(row, case, lab, radio)
        except LabError as error:
            row.judge(column, False, str(error))
    ended, fault = radio.ends_well()
    row.judge("radio ends", ended, "" if ended else fault)
    if ended:
        row.notes.append(radio.network_note())


def run_short(case: Case, lab: Lab, row: Row) -> None:
    """What shows whether they understand each other."""
    radio, report = _visit(case, lab, row)
    try:
        judge_visit(row, case, report, radio)
    except LabError as error:
        row.close(Outcome.FAILED, str(error))
    if case.limit:
        row.excuse(case.limit)
    ended, fault = radio.ends_well()
    if not ended:
        row.judge("close", False, f"the radio: {fault}")


def _visit(case: Case, lab: Lab, row: Row) -> tuple[FakeRadio, ClientReport]:
    """One session; where datagrams get lost, another one if it ended at once."""
    for seed in count(SEED):
        conditions = Conditions(
            case.client.model,
            case.network.loss_percent,
            case.network.jitter_ms,
            seed,
            case.dialect,
            case.knobs,
        )
        radio = start_fake_radio(lab, conditions)
        with Lab(lab.directory / "session") as inner:
            report = case.client.run(inner, radio.endpoint, case.visit)
        crashed = report.exit_status in CRASHES
        tries = CRASH_TRIES if crashed else case.network.tries
        if (report.connected and not crashed) or seed + 1 >= SEED + tries:
            row.notes += report.notes
            return radio, report
        fault = f"died, exit {report.exit_status}" if crashed else "no session"
        row.notes.append(f"seed {seed}: {fault}: {report.error}; tried again")
        radio.process.stop()
    raise AssertionError


def judge_visit(row: Row, case: Case, report: ClientReport, radio: FakeRadio) -> None:
    """Hold what the client reports against what the radio reports."""
    opened = report.connected and radio.saw("streams_granted")
    row.judge("login", opened, report.error or _refusals(radio))
    if not opened:
        visited = (*SHORT_COLUMNS, "mode", "scope")
        row.close(Outcome.FAILED, "no session", visited)
        return
    read, dial = report.frequency_read_hz, radio.dial_hz()
    tuned = read == dial == NEW_FREQUENCY_HZ
    _judge(row, report, "tune", tuned, f"{read} Hz" if tuned else f"{read}, {dial} Hz")
    mode = radio.mode()
    changed = mode == NEW_MODE and NEW_MODE in report.mode_read
    _judge(row, report, "mode", changed, f"{mode}, shown as {report.mode_read!r}")
    if case.client.no_scope:
        row.leave_open("scope", case.client.no_scope)
    elif report.scope:
        _judge(row, report, "scope", report.scope.good, report.scope.figure)
    else:
        _judge(row, report, "scope", False, "nothing seen")
    heard_min = min(case.network.audio_min, case.client.audio_min)
    judge_received(row, report, heard_min)
    keyed = radio.keyed_s()
    held = keyed >= KEYED_SHARE_MIN * report.tx_s > 0
    _judge(row, report, "key", held, f"{keyed:.1f} s")
    judge_sent(row, case, report, radio)
    reason = radio.reason_for_leaving(1)
    how = f"{reason}, exit {report.exit_status} {report.error}"
    row.judge("close", reason == "peer_disconnect" and report.exit_status == 0, how)


def _judge(row: Row, report: ClientReport, step: str, good: bool, figure: str) -> None:
    """With what the client had against it, if that went wrong."""
    fault = report.faults.get(step)
    row.judge(step, good and not fault, f"{figure}; {fault}" if fault else figure)


def _refusals(radio: FakeRadio) -> str:
    refused = [event["reason"] for event in radio.events("streams_refused")]
    return f"refused: {', '.join(refused)}" if refused else ""


def judge_sent(row: Row, case: Case, report: ClientReport, radio: FakeRadio) -> None:
    """How much of the tone that the client sent while keyed reached the radio."""
    due = report.tx_s
    heard = radio.tone_heard_s(while_keyed=case.client.talks_always)
    good = heard >= case.network.audio_min * due > 0
    row.judge("audio out", good, f"{heard:.2f} of {due:.2f} s")


def judge_kill(row: Row, case: Case, lab: Lab, radio: FakeRadio) -> None:
    """It vanishes without a word, and comes again until it is let in."""
    killed_at = _start_and_kill(case, lab, radio)
    refused = len(radio.events("streams_refused"))
    while True:
        with Lab(lab.directory / "again") as inner:
            report = case.client.run(inner, radio.endpoint, LOOK_IN)
        if report.connected or time.monotonic() > killed_at + RETURN_S:
            break
    refused = len(radio.events("streams_refused")) - refused
    granted = radio.events("streams_granted")[-1]["t"] + radio.started_at - killed_at
    figure = f"held for {HOLD_S:g} s: {refused} refusals, in after {granted:.1f} s"
    row.judge("kill -9", report.connected, figure if report.connected else report.error)


def _start_and_kill(case: Case, lab: Lab, radio: FakeRadio) -> float:
    """When it was killed; LabError if it did not get in before."""
    for attempt in count(1):
        try:
            with Lab(lab.directory / "killed") as inner:
                case.client.hold(inner, radio.endpoint).popen.kill()
                return time.monotonic()
        except LabError:
            if attempt == case.network.tries:
                raise
    raise AssertionError


def judge_busy(row: Row, case: Case, lab: Lab, radio: FakeRadio) -> None:
    """A client of ours has the radio while it tries."""
    radio.reason_for_leaving(len(radio.events("session_opened")))
    with Lab(lab.directory / "busy") as inner:
        owner = hold_session(inner, radio.endpoint)
        refused = len(radio.events("streams_refused"))
        tries = count(1)
        while True:
            report = case.client.run(inner, radio.endpoint, LOOK_IN)
            # Without one and the other it may just have lost its login.
            told = len(radio.events("streams_refused")) > refused
            told = told or "busy" in report.error.lower()
            if told or next(tries) == case.network.tries:
                break
        refused = len(radio.events("streams_refused")) - refused
        owner.stop()
    # wfview reads that the radio is busy and does not even ask for the streams.
    told = refused > 0 or "busy" in report.error.lower()
    good = told and not report.connected and report.error != ""
    row.judge("busy", good, f"{refused} refusals: {report.error}")
