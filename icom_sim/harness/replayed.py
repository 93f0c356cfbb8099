"""The radio of a capture on real ports, for a test in another thread than its own."""

from pathlib import Path
from typing import Any, Final

from icom_sim.captures.reader import CaptureError
from icom_sim.harness.loop_thread import LoopThread
from icom_sim.harness.record import Record
from icom_sim.harness.recorded import Login
from icom_sim.radio_server import LOOPBACK
from icom_sim.replay.pace import Pace, parse_pace
from icom_sim.replay.recorded import ReplayError, load
from icom_sim.replay.script import Script
from icom_sim.replay.server import ReplayServer, ReplaySetup
from icom_sim.rig.catalogue import MODELS

OPTIONS: Final = ("session", "speed", "loop", "fallback")


class ReplayedRadio:
    """`saw` is the record of what its client does."""

    def __init__(self, thread: LoopThread, setup: ReplaySetup) -> None:
        self._thread = thread
        self.host = LOOPBACK
        self.username, self.password = setup.username, setup.password
        self.civ_address = setup.script.record.civ_address
        self.script = setup.script
        self.saw = Record(setup.seed)
        self.port = self.civ_port = self.audio_port = 0  # not yet
        self._server = ReplayServer(
            setup, listener=self.saw.note_happening, witness=self.saw.note_datagram
        )

    @property
    def login(self) -> Login:
        """For a client that takes them by these names: `Client(host, **login)`."""
        return Login(port=self.port, username=self.username, password=self.password)

    @property
    def rx_audio(self) -> bytes:
        """All that it plays, from the first block to the last."""
        return b"".join(each.data for each in self.script.rx)

    def start(self) -> None:
        """Open the ports."""
        server = self._server
        self._thread.run(server.__aenter__())
        self.port, self.civ_port = server.control_port, server.civ_port
        self.audio_port = server.audio_port

    def stop(self) -> None:
        """Say goodbye to every client, free the ports."""
        self._thread.run(self._server.__aexit__(None, None, None))


def replay_setup(file: object, directory: Path, options: dict[str, Any]) -> ReplaySetup:
    """A capture, by a path from the directory of the test.

    Raises ReplayError: one line.
    """
    unknown = options.keys() - set(OPTIONS)
    if unknown:
        raise ReplayError(
            f"icom_replay: unknown {', '.join(sorted(unknown))}: there are "
            f"{', '.join(OPTIONS)}"
        )
    if not isinstance(file, str | Path):
        raise ReplayError(f"icom_replay: {file!r} is no path of a capture")
    fallback = options.get("fallback")
    if fallback is not None and str(fallback).upper() not in MODELS:
        raise ReplayError(
            f"icom_replay: unknown model {fallback!r}: there are {', '.join(MODELS)}"
        )
    try:
        pace = parse_pace(str(options["speed"])) if "speed" in options else Pace()
        recorded = load(str(directory / file))
    except (CaptureError, ValueError) as error:
        raise ReplayError(f"icom_replay: {error}") from error
    return ReplaySetup(
        script=Script(recorded.session(options.get("session"))),
        pace=pace,
        loop=bool(options.get("loop", False)),
        fallback=None if fallback is None else MODELS[str(fallback).upper()],
    )
