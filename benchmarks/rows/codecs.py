"""Row 3.9: Opus beside opuslib's own wrapper, µ-law beside a numpy table."""

from benchmarks.environments import CODECS
from benchmarks.processes import Worker, client_core
from benchmarks.report import Measured, Report, Table, quantity, spread
from benchmarks.rounds import Contender, Rounds, run_rounds
from benchmarks.settings import Settings

OPUS_TARGET, ULAW_TARGET = 1.8, 1.3
# What is claimed, and for scale what is less wide, where libopus itself takes longer
# than what surrounds it.
CLAIMED = ((48000, 1), (48000, 2))
NARROWER = ((16000, 1), (16000, 2), (8000, 1), (8000, 2))
RATES = ((44100, 48000), (48000, 16000), (8000, 48000))
TABLE, TAKE = "numpy, table[bytes]", "numpy, table.take(bytes)"
ULAW = "ours, µ-law decode"
_UNIT = "blocks of 20 ms/s"


def run(settings: Settings) -> Report:
    """One environment and one process for both sides: only the calls differ."""
    report = Report("3.9", "Codecs: 20 ms of Opus, of µ-law, at another rate")
    with Worker(CODECS, core=client_core()) as worker:
        _opus(worker, settings, report)
        _ulaw(worker, settings, report)
        _scale(worker, settings, report)
    report.notes.append(
        "CPU time. Both sides use the libopus that opuslib loads; narrower Opus is in"
        " the table, where libopus itself takes most of the time. µ-law: 960 bytes to"
        " PCM as bytes."
    )
    return report


def _opus(worker: Worker, settings: Settings, report: Report) -> None:
    contenders = []
    for rate_hz, channels in (*CLAIMED, *NARROWER):
        options = {"rate_hz": rate_hz, "channels": channels}
        for side in ("our", "peer"):
            name = _opus_name(side, rate_hz, channels)
            contenders.append(
                Contender(name, worker, f"{side}_codecs:opus_decode", options)
            )
    rounds = run_rounds(contenders, rounds=settings.rounds, seed=settings.seed)
    for rate_hz, channels in CLAIMED:
        ours, theirs = (_opus_name(side, rate_hz, channels) for side in ("our", "peer"))
        for name in (ours, theirs):
            report.measured.append(Measured(name, _UNIT, rounds.summary(name, "per_s")))
        ratio = rounds.ratio(ours, theirs, "per_s")
        what = f"Opus decode, {_format(rate_hz, channels)}, ours to opuslib's wrapper"
        report.at_least(what, ratio, OPUS_TARGET)
    rows = [_narrow_row(rounds, rate_hz, channels) for rate_hz, channels in NARROWER]
    report.table = Table(["Opus", "ours, us", "opuslib, us", "ratio"], rows)


def _narrow_row(rounds: Rounds, rate_hz: int, channels: int) -> list[str]:
    ours, theirs = (_opus_name(side, rate_hz, channels) for side in ("our", "peer"))
    times = (1e6 / rounds.summary(name, "per_s").median for name in (ours, theirs))
    ratio = rounds.ratio(ours, theirs, "per_s").median
    return [
        _format(rate_hz, channels),
        *(f"{time:.1f}" for time in times),
        quantity(ratio, "x"),
    ]


def _opus_name(side: str, rate_hz: int, channels: int) -> str:
    who = {"our": "ours", "peer": "opuslib"}[side]
    return f"{who}, Opus {_format(rate_hz, channels)}"


def _format(rate_hz: int, channels: int) -> str:
    return f"{rate_hz // 1000} kHz {'mono' if channels == 1 else 'stereo'}"


def _ulaw(worker: Worker, settings: Settings, report: Report) -> None:
    count = 10
    contenders = [
        Contender(ULAW, worker, "our_codecs:ulaw_decode", {"count": count}),
        *(
            Contender(
                name, worker, "peer_codecs:ulaw_decode", {"count": count, "take": take}
            )
            for name, take in ((TABLE, False), (TAKE, True))
        ),
    ]
    rounds = run_rounds(contenders, rounds=settings.rounds, seed=settings.seed)
    for name in (ULAW, TABLE, TAKE):
        report.measured.append(Measured(name, _UNIT, rounds.summary(name, "per_s")))
    # Of speeds, so it is the time of ours by theirs.
    took, took_take = (rounds.ratio(name, ULAW, "per_s") for name in (TABLE, TAKE))
    report.at_most("µ-law decode, time of ours by numpy's table", took, ULAW_TARGET)
    report.notes.append(
        f"µ-law, time of ours by numpy's quickest way, table.take:"
        f" {spread(took_take, 'x')}. No target."
    )


def _scale(worker: Worker, settings: Settings, report: Report) -> None:
    contenders = [
        Contender("ours, Opus encode 48 kHz mono", worker, "our_codecs:opus_encode"),
        Contender("opuslib, the same", worker, "peer_codecs:opus_encode"),
        Contender("ours, µ-law encode", worker, "our_codecs:ulaw_encode"),
        Contender("ours, stereo to mono", worker, "our_codecs:mix_down"),
    ]
    for from_hz, to_hz in RATES:
        options = {"from_hz": from_hz, "to_hz": to_hz}
        for side, who in (("our", "ours"), ("peer", "soxr's stream")):
            name = f"{who}, {from_hz} to {to_hz} Hz"
            contenders.append(
                Contender(name, worker, f"{side}_codecs:resample", options)
            )
    rounds = run_rounds(contenders, rounds=settings.rounds, seed=settings.seed)
    for one in contenders:
        summary = rounds.summary(one.name, "per_s")
        report.measured.append(Measured(one.name, _UNIT, summary))
