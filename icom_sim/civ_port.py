"""A rig alone on a pseudo-terminal: what `icom-sim civ-port` does."""

import asyncio
import random
from dataclasses import dataclass

from icom_sim.event_log import EventLog, Style
from icom_sim.happenings import CivHandled
from icom_sim.pty_port import PtyPort
from icom_sim.rig.models import RigModel
from icom_sim.rig.rig import Rig
from icom_sim.until_told import LineOutput, end_signals, until


@dataclass(frozen=True, slots=True, kw_only=True)
class CivPortOptions:
    """What the command line asks for, checked."""

    model: RigModel
    civ_address: int
    echo: bool
    seed: int
    duration_s: float | None
    style: Style


def run(options: CivPortOptions) -> list[str]:
    """Run to the end; the troubles there were, each a line.

    Raises OSError if there is no pseudo-terminal to be had.
    """
    return asyncio.run(_run(options))


async def _run(options: CivPortOptions) -> list[str]:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    troubles: list[str] = []
    output = LineOutput(ended, troubles)
    log = EventLog(output.write, options.style, loop.time())
    rig = Rig(
        options.model,
        rng=random.Random(f"{options.seed}/rig"),
        civ_address=options.civ_address,
    )

    def listen(frame: bytes, answers: tuple[bytes, ...]) -> None:
        log.listen(CivHandled(frame, answers), loop.time())

    jsonl = options.style is Style.JSONL
    listener = listen if jsonl else None
    with (
        end_signals(ended),
        PtyPort(lambda use: use(rig), echo=options.echo, listener=listener) as port,
    ):
        if jsonl:
            log.tell("listening", _listening(options, port), loop.time())
        else:
            output.write(port.path)  # and nothing else, for scripts that read a line
        await until(ended, options.duration_s)
    return troubles


def _listening(options: CivPortOptions, port: PtyPort) -> dict[str, object]:
    return {
        "path": port.path,
        "model": options.model.name,
        "civ_address": options.civ_address,
        "echo": options.echo,
        "seed": options.seed,
    }
