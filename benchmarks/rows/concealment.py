"""Row 3.7: what lost packets of a voice sound like, in virtual time."""

from benchmarks.contenders import Figures
from benchmarks.environments import OURS
from benchmarks.processes import Worker, client_core
from benchmarks.report import Measured, Report
from benchmarks.rounds import Summary
from benchmarks.settings import Settings

SEEDS, QUICK_SEEDS = 8, 2
_WAYS = {
    "playout": "playout buffer, 60 ms",
    "silence": "silence",
    "repeating": "last frame again",
}


def run(settings: Settings) -> Report:
    """A voice and losses for each seed; every way has the same ones."""
    report = Report("3.7", "Concealment: a voice with 5 % of bursty loss")
    count = QUICK_SEEDS if settings.quick else SEEDS
    seeds = range(settings.seed, settings.seed + count)
    with Worker(OURS, core=client_core()) as worker:
        found = {way: [_ask(worker, way, seed) for seed in seeds] for way in _WAYS}
    for way, name in _WAYS.items():
        for figure, unit in (("snr_db", "dB SNR"), ("distance_db", "dB distance")):
            summary = Summary.of([one[figure] for one in found[way]])
            report.measured.append(Measured(name, unit, summary))
    for way in ("silence", "repeating"):
        for figure, sign, what in (
            ("snr_db", 1, "segmental SNR above"),
            ("distance_db", -1, "log-spectral distance below"),
        ):
            pairs = zip(found["playout"], found[way], strict=True)
            gained = [sign * (ours[figure] - other[figure]) for ours, other in pairs]
            # The least of all seeds: nearer in each of them, not in the mean.
            least = Summary.of([min(gained)])
            report.at_least(f"{what} {_WAYS[way]}, least", least, 0.0, "dB")
    lost = [one["lost_percent"] for one in found["playout"]]
    report.notes.append(
        f"{count} seeds of 30 s at 16 kHz, {min(lost):.1f} to {max(lost):.1f} % lost in"
        " bursts of two packets on average; means over lost segments of 20 ms and the"
        " ones behind them."
    )
    return report


def _ask(worker: Worker, way: str, seed: int) -> Figures:
    options = {"way": way, "seed": seed}
    worker.prepare("our_concealment:concealed", options)
    return worker.measure("our_concealment:concealed", options)
