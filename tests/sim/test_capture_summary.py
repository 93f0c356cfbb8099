"""`icom-sim decode --summary` and `--plot`: stories and figures of whole sessions."""

import json
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner
from matplotlib.image import imread

from icom_proto.codes import Role, Stream
from icom_sim.captures.figures import Spread
from icom_sim.captures.reader import CaptureReader
from icom_sim.captures.summary import SessionSummary, summarize
from icom_sim.captures.timeline import Bins, Timeline
from icom_sim.cli.decode import decode
from sim.captured_session import CapturedSession
from sources import ROOT

CAPTURES = ROOT / "fixtures" / "captures"


@cache
def summaries(name: str) -> tuple[SessionSummary, ...]:
    return tuple(summarize(CaptureReader(CAPTURES / f"{name}.pcap")))


def story(session: SessionSummary) -> str:
    return "\n".join(session.lines())


def test_a_session_is_told_from_call_to_goodbye() -> None:
    (session,) = summaries("wfserver160__wfview160__session-ulaw-8k")
    told = story(session)
    parts = (
        "the client calls on control",
        "the radio answers on control",
        "login as computer 'lab-wfvi-wfview'",
        "logged in, connection 'WFVIEW'",
        "offered: radio 'IC-7300', CI-V address 94, 48, 24, 16, 12, 8 kHz",
        "receive µ-law at 8 kHz, transmit µ-law at 8 kHz, buffer 150 ms",
        "granted: CI-V on port 50002, audio on 50003",
        "CI-V is opened",
        "first audio from the radio",
        "frequency 14.100000 MHz",
        "2.128  PTT on",  # as MANIFEST.md has it
        "3.427  PTT off",
        "last audio from the radio",
        "CI-V is closed",
        "the client gives its token back",
        "the client leaves control",
    )
    places = [told.find(part) for part in parts]
    assert -1 not in places, parts[places.index(-1)]
    assert places == sorted(places)
    assert "tester" not in told
    assert "secret" not in told


@pytest.mark.parametrize(
    ("name", "number", "told"),
    [
        ("wfserver160__wfview160__wrong-password", 1, "REFUSED: fffffffe, wrong user"),
        ("rigplanemock__rigplane+icomlan070__busy-reject", 2, "REFUSED: ffffffff"),
        ("wfserver160__wfview160__kill9-reconnect", 1, "the client falls SILENT"),
        ("wfserver160__wfview160+rigplane__busy-second-client", 2, "no kHz to receive"),
    ],
)
def test_what_went_wrong_is_told(name: str, number: int, told: str) -> None:
    sessions = summaries(name)
    assert [told in story(session) for session in sessions].index(True) == number - 1


def test_a_clean_session_has_neither_loss_nor_gaps() -> None:
    (session,) = summaries("wfserver160__wfview160__session-pcm16-48k")
    for ways in session.ways.values():
        for way in ways.values():
            assert way.sequence.counts.lost == way.unknown == 0
    audio = session.ways[Stream.AUDIO]
    # MANIFEST.md: audio S>C 564 datagrams, C>S 496.
    assert audio[Role.RADIO].audio.datagrams == 564
    assert audio[Role.CLIENT].audio.datagrams == 496
    assert audio[Role.RADIO].audio.jitter.quantile(0.5) < 0.02


def test_loss_is_counted_where_the_relay_made_it() -> None:
    """MANIFEST.md of this file: civ S>C 18 dropped, C>S 10; control S>C 21."""
    (session,) = summaries("wfserver160__rigplane__lossy5-seed12")
    civ = {role: way.sequence.counts for role, way in session.ways[Stream.CIV].items()}
    radio, client = civ[Role.RADIO], civ[Role.CLIENT]
    assert 5 <= radio.lost_before <= 18
    assert radio.healed + radio.filled + radio.never_came == radio.lost_before
    assert client.lost_before == 0, "recorded at the client"
    assert 3 <= client.lost_behind <= 10
    assert radio.overtaken > 0, "the relay had 20 ms of jitter"


def test_our_own_session_is_told_with_its_renewal() -> None:
    session = CapturedSession(audio=False)
    session.run(seconds=35)
    (summary,) = summarize(session.captured)
    told = story(summary)
    assert "the token was renewed 1 times" in told
    assert "lost" not in told
    round_trip = summary.ways[Stream.CONTROL][Role.CLIENT].round_trip
    assert round_trip.count > 50
    assert round_trip.most == 0.0, "nothing takes time in this network"


def test_a_timeline_of_any_length_has_so_many_bins() -> None:
    bins = Bins(lambda one, other: one + other)
    for second in range(0, 100_000, 10):
        bins.add(second)
    at, counts = bins.points()
    assert sum(counts) == 10_000
    assert len(at) <= 1500
    assert max(at) < 100_000 + bins.width_s


def test_a_timeline_has_losses_meter_and_keying() -> None:
    timeline = Timeline()
    for _ in summarize(
        CaptureReader(CAPTURES / "wfserver160__rigplane__lossy5-seed12.pcap"), timeline
    ):
        pass
    lost = sum(timeline.lost[Stream.CIV, Role.RADIO].points()[1])
    (session,) = summaries("wfserver160__rigplane__lossy5-seed12")
    counts = session.ways[Stream.CIV][Role.RADIO].sequence.counts
    assert lost == counts.lost_before
    assert [on for _, on in timeline.keyed] == [True, False]
    assert timeline.keyed[0][0] == pytest.approx(12.835, abs=0.001)


def test_a_spread_tells_quantiles_to_three_per_cent() -> None:
    spread = Spread()
    for each in range(1, 1001):
        spread.add(each / 1000)
    figures = spread.to_dict()
    assert figures is not None
    assert figures["min_ms"] == 1.0
    assert figures["median_ms"] == pytest.approx(500, rel=0.03)
    assert figures["p95_ms"] == pytest.approx(950, rel=0.03)
    assert figures["max_ms"] == 1000.0


def test_the_command_tells_a_session_as_json() -> None:
    name = "wfserver160__wfview160__kill9-reconnect"
    given = ["--summary", "--json", str(CAPTURES / f"{name}.pcap")]
    done = CliRunner().invoke(decode, given)
    assert done.exit_code == 0, done.output
    first, second = map(json.loads, done.stdout.splitlines())
    assert (first["session"], second["session"]) == (1, 2)
    assert second["ended_by"] == "client"
    assert first["ended_by"] is None
    assert first["streams"]["audio"]["radio"]["audio"]["datagrams"] == 1008


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--summary", "--kind", "ping"], "take no filter but --session"),
        (["--plot", "out.png", "--secrets"], "take no filter but --session"),
    ],
)
def test_filters_of_lines_are_refused(given: list[str], told: str) -> None:
    file = str(CAPTURES / "wfserver160__wfview160__wrong-password.pcap")
    done = CliRunner().invoke(decode, [*given, file])
    assert done.exit_code == 2
    assert told in done.output


def test_what_is_no_capture_is_said_in_one_line() -> None:
    done = CliRunner().invoke(decode, ["--summary", str(ROOT / "README.md")])
    assert done.exit_code == 1
    assert "is no capture" in done.output
    assert done.output.count("\n") == 1


def test_a_capture_becomes_a_picture(tmp_path: Path) -> None:
    """What can be seen in it is for eyes; that it is one, and not blank, is for us."""
    picture = tmp_path / "out.png"
    file = str(CAPTURES / "wfserver160__rigplane__lossy5-seed12.pcap")
    done = CliRunner().invoke(decode, ["--plot", str(picture), file])
    assert done.exit_code == 0, done.output
    pixels = imread(picture)
    height, width, _ = pixels.shape
    assert (height, width) > (900, 1200)
    assert len({tuple(each) for each in pixels[::7, ::7].reshape(-1, 4)}) > 20
