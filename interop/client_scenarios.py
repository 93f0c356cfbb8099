"""Our client against radios that other people wrote."""

import wave
from dataclasses import dataclass

from interop.lab import Lab, LabError, Process
from interop.namespace import dropped_datagrams, lost_datagrams
from interop.ours import run_cli, run_session
from interop.peers.mock_radio import start_mock_radio
from interop.peers.python_client import RIGPLANE
from interop.peers.wfserver import WfServer, start_wfserver
from interop.pulse import SINK
from interop.report import Row
from interop.session import (
    LOOK_IN,
    NEW_FREQUENCY_HZ,
    WRONG_PASSWORD,
    ClientReport,
    Endpoint,
    Visit,
)
from interop.tone import read_wav, tone_seconds

CLIENT_COLUMNS = (
    *("connect", "frequency", "audio in", "audio out", "`audio rx`"),
    *("release", "wrong password", "busy"),
)
VISIT = Visit(tunes=True, rx_s=5.0, tx_s=3.0)
WITHOUT_AUDIO = Visit(tunes=True)
LOSS_PERCENT = 5.0
# At least this part of the audio, without loss and with 5 % of it.
AUDIO_MIN = {0.0: 0.95, LOSS_PERCENT: 0.90}
WFSERVER_TRIES_MAX = 4
CLI_RECORD_S = 3


@dataclass(frozen=True, slots=True)
class Refusal:
    """How our client has to call what happened: in Python, and for people."""

    errors: tuple[str, ...]
    words: str


WRONG_LOGIN = Refusal(("AuthenticationError",), "user name or password refused")
# A radio may refuse the streams without a word on why (PROTOCOL.md 2.16), as the mock
# radio does. Then "busy" is a guess, but one that a person must be told.
BUSY = Refusal(("RadioBusyError", "ConnectionError"), "client")


def run_wfserver(loss_percent: float, lab: Lab, row: Row) -> None:
    """Our library and our command line against wfserver; again if it crashes.

    wfserver 1.60 now and then dies of SIGSEGV while it deletes a client: once in 60
    clean goodbyes without loss, more often with it. Captures show nothing from us after
    the token removal and the disconnects. Each crash is a note in the report.
    """
    for attempt in range(1, WFSERVER_TRIES_MAX + 1):
        with Lab(lab.directory / f"try-{attempt}") as inner:
            server = start_wfserver(inner)
            try:
                with lost_datagrams(loss_percent):
                    _use_wfserver(inner, row, server, AUDIO_MIN[loss_percent])
                    if loss_percent:
                        row.notes.append(f"datagrams dropped: {dropped_datagrams()}")
                return
            except LabError:
                if attempt == WFSERVER_TRIES_MAX or server.process.popen.poll() is None:
                    raise
        row.notes.append("wfserver crashed; tried once more with a new one")


def _use_wfserver(lab: Lab, row: Row, server: WfServer, share_min: float) -> None:
    speaker = server.pulse.start_recording(f"{SINK}.monitor")
    report = run_session(lab, server.endpoint, VISIT)
    played_s = tone_seconds(speaker.stop())
    judge_session(row, report, run_cli(lab, server.endpoint, "freq"))
    judge_received(row, report, share_min)
    sent = f"{played_s:.2f} of {report.tx_s:.2f} s"
    row.judge("audio out", played_s >= share_min * report.tx_s > 0, sent)
    judge_cli_recording(lab, row, server.endpoint, share_min)
    judge_wrong_password(lab, row, server.endpoint)
    server.wait_until_forgotten()
    row.judge("release", report.exit_status == 0, "its log: no client left")
    row.leave_open("busy", "wfserver lets a second client in and never says busy")


def run_mock_radio(lab: Lab, row: Row) -> None:
    """Our library and our command line against rigplane's mock radio."""
    radio = start_mock_radio(lab)
    report = run_session(lab, radio, WITHOUT_AUDIO)
    # It has one owner at a time and would hold a session that was not released.
    again = run_cli(lab, radio, "freq")
    judge_session(row, report, again)
    row.judge("release", again.popen.returncode == 0, "the next session was let in")
    for column in ("audio in", "audio out", "`audio rx`"):
        row.leave_open(column, "the mock radio has no audio port")
    judge_busy(lab, row, radio)
    judge_wrong_password(lab, row, start_mock_radio(lab, refuses_login=True))


def judge_session(row: Row, report: ClientReport, freq: Process) -> None:
    """The session of the library, and the frequency as the command line shows it."""
    row.judge("connect", report.connected, report.error)
    shown = freq.text().strip()
    digits = "".join(character for character in shown if character.isdigit())
    same = report.frequency_read_hz == NEW_FREQUENCY_HZ
    seen = str(NEW_FREQUENCY_HZ) in digits and freq.popen.returncode == 0
    figure = f"{report.frequency_read_hz} Hz; `icom-lan freq`: {shown}"
    row.judge("frequency", same and seen, figure)


def judge_received(row: Row, report: ClientReport, share_min: float) -> None:
    """How much of the audio arrived, and that it is the tone that was sent."""
    share = report.rx_share
    figure = f"{report.rx_got:g} of {report.rx_expected:.0f} {report.rx_unit}"
    # The share settles how much came. The tone is the check against noise; a hole
    # costs it the block around it, hence the lower mark.
    sound = report.rx_tone_s >= 0.7 * report.rx_s > 0
    fault = report.faults.get("audio in", f"{share:.1%}")
    row.judge("audio in", share >= share_min and sound, f"{figure} ({fault})")


def judge_wrong_password(lab: Lab, row: Row, radio: Endpoint) -> None:
    """Library and command line refuse, each its own way, and show no password."""
    session = run_session(lab, radio, LOOK_IN, WRONG_PASSWORD)
    cli = run_cli(lab, radio, "status", password=WRONG_PASSWORD)
    judge_refusal(row, "wrong password", WRONG_LOGIN, session, cli)


def judge_busy(lab: Lab, row: Row, radio: Endpoint) -> None:
    """A foreign client owns the radio while ours tries."""
    owner = RIGPLANE.hold(lab, radio)
    session = run_session(lab, radio, LOOK_IN)
    cli = run_cli(lab, radio, "status")
    owner.stop()
    judge_refusal(row, "busy", BUSY, session, cli)


def judge_refusal(
    row: Row, column: str, refusal: Refusal, session: ClientReport, cli: Process
) -> None:
    """The library raises this error; the command line says so in one line, status 1."""
    said = cli.text().strip()
    typed = any(f".{error}: " in session.error for error in refusal.errors)
    one_line = len(said.splitlines()) == 1 and cli.popen.returncode == 1
    clear = refusal.words in said
    quiet = WRONG_PASSWORD not in said + session.error
    raised = session.error.rpartition("exceptions.")[2].partition(":")[0]
    figure = f"{raised or 'no error'}, exit {cli.popen.returncode}"
    row.judge(column, typed and one_line and clear and quiet, figure)
    row.notes.append(f"{column}, as `icom-lan` says it: {said}")


def judge_cli_recording(lab: Lab, row: Row, radio: Endpoint, share_min: float) -> None:
    """The WAV that the command line records is the tone."""
    recording = lab.directory / "cli.wav"
    recording.unlink(missing_ok=True)
    options = ("--out", str(recording), "--seconds", str(CLI_RECORD_S))
    cli = run_cli(lab, radio, "audio", "rx", *options)
    try:
        tone_s = tone_seconds(*read_wav(recording))
    except (OSError, EOFError, wave.Error) as error:
        raise LabError(f"`icom-lan audio rx`: {error}; {cli.last_line()}") from None
    good = tone_s >= share_min * CLI_RECORD_S and cli.popen.returncode == 0
    row.judge("`audio rx`", good, f"{tone_s:.2f} of {CLI_RECORD_S} s")
