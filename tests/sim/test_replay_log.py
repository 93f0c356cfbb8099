"""Recorded on a bad network, scrubbed and replayed, a client's log is as it was live.

In simulated time on 20 seeds. In real time a session takes two seconds, so there are
two, or as many as REPLAY_SEEDS says: `make replay` asks for 20.
"""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from icom_proto.codes import Role, Stream
from icom_proto.events import AudioReceived, LinkUp, RadioBusy
from icom_sim.captures.pcap_writer import PcapWriter
from icom_sim.captures.scrub import ScrubOptions, scrub_file
from icom_sim.replay.events import ReplayLog
from icom_sim.replay.golden import differences
from icom_sim.replay.offline import replay_client
from icom_sim.replay.recorded import Recorded, load
from sim.logged_client import Lived, live, live_virtually, scrubbed

SEEDS = range(20)
REAL_SEEDS = range(int(os.environ.get("REPLAY_SEEDS", "2")))
LOSS = ["loss:2"]
# A machine with other work wakes a timer late; offline none is.
LATE_S = 0.1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_lossy_session_replays_as_it_was(seed: int) -> None:
    lived = live_virtually(seed, LOSS, 1.0)
    assert names(lived) >= {"session_ready", "civ_answered", "audio", "session_closed"}
    check(lived, scrubbed(lived.datagrams), 0.001)


def test_losses_that_are_not_healed_replay_too() -> None:
    lived = live_virtually(3, ["burst-loss:30,8", "delay:15", "jitter:10"], 3.0)
    assert "audio_lost" in names(lived)
    check(lived, scrubbed(lived.datagrams), 0.001, streams=("control", "audio"))


@pytest.mark.parametrize("seed", REAL_SEEDS)
def test_so_does_one_on_real_sockets_through_files(seed: int, tmp_path: Path) -> None:
    lived = asyncio.run(live(seed, LOSS, 1.0))
    before, after = tmp_path / "before.pcap", tmp_path / "after.pcap"
    with PcapWriter(str(before)) as capture:
        for each in lived.datagrams:
            capture.note(each.source, each.destination, each.data, t=each.t)
    scrub_file(str(before), str(after), ScrubOptions(secrets=(b"here",)))
    assert b"here" not in after.read_bytes()
    check(lived, load(str(after)), LATE_S)


def test_a_log_that_differs_tells_where() -> None:
    lived = live_virtually(0, LOSS, 0.5)
    (session,) = scrubbed(lived.datagrams).sessions
    events = replay_client(session)
    missing, *others = events
    assert differences(events, others) == [f"- {missing.text().rstrip()}"]
    assert differences(others, events) == [f"+ {missing.text().rstrip()}"]


def test_audio_is_told_in_runs_that_end_where_one_is_missing() -> None:
    log = ReplayLog(Role.CLIENT)
    log.add(LinkUp(Stream.AUDIO), 0.5)
    for at, number in enumerate((0xFFFE, 0xFFFF, 0, 2)):
        log.add(AudioReceived(0x80, number, bytes([number & 0xFF])), 1.0 + at)
    log.add(RadioBusy("somebody", "192.168.1.7"), 6.0)
    up, first, second, busy = log.end()
    assert (up.t, up.name) == (0.5, "link_up")
    assert (first.t, first.fields["first_seq"], first.fields["count"]) == (1, 0xFFFE, 3)
    assert (second.t, second.fields["first_seq"], second.fields["bytes"]) == (4, 2, 1)
    assert "somebody" not in busy.line()


def check(
    lived: Lived,
    recorded: Recorded,
    tolerance_s: float,
    streams: Sequence[str] = ("control", "civ", "audio"),
) -> None:
    """A capture does not tell since when a CI-V request waited in line: where requests
    expire, that stream is another one."""
    (session,) = recorded.sessions
    live, replayed = (
        [each for each in events if each.stream in streams]
        for events in (lived.events, replay_client(session))
    )
    lines = differences(live, replayed, tolerance_s=tolerance_s)
    assert not lines, "\n".join(lines)


def names(lived: Lived) -> set[str]:
    return {each.name for each in lived.events}
