"""Row farm, ours: `RadioFarm`, whole radios with sessions, in one thread."""

import asyncio
from threading import Event, Thread
from time import perf_counter, process_time, sleep

from benchmarks.contenders import Figures, Sample
from icom_sim.farm import RadioFarm, farm_setups
from icom_sim.radio_setup import RadioSetup

STEP_MS = 0.1


def serve(port: int, count: int, seconds: float) -> Sample:
    """Radios from this port on; a sample is what they do in so many seconds."""
    farm = RadioFarm(farm_setups(RadioSetup(), count), listener=_ignore, port=port)
    started, problem = Event(), list[BaseException]()

    async def run() -> None:
        async with farm:
            started.set()
            await asyncio.Event().wait()

    def main() -> None:
        try:
            asyncio.run(run())
        except Exception as error:  # noqa: BLE001 - told by the one who waits
            problem.append(error)
            started.set()

    Thread(target=main, daemon=True).start()
    started.wait()
    if problem:
        raise problem[0]

    def sample() -> Figures:
        late, cpu, start = farm.lateness(), process_time(), perf_counter()
        sleep(seconds)
        cpu, elapsed = process_time() - cpu, perf_counter() - start
        late = [now - then for now, then in zip(farm.lateness(), late, strict=True)]
        return {
            "cpu_s": cpu,
            "seconds": elapsed,
            "cpu_percent": 100 * cpu / elapsed,
            "p50_ms": percentile_ms(late, 0.5),
            "p99_ms": percentile_ms(late, 0.99),
        }

    return sample


def percentile_ms(late: list[int], share: float) -> float:
    """From counts by step: the upper end of the step that it falls into."""
    left = share * sum(late)
    for step, count in enumerate(late):
        left -= count
        if left <= 0:
            return (step + 1) * STEP_MS
    return len(late) * STEP_MS


def _ignore(*_: object) -> None:
    """Nobody is told."""
