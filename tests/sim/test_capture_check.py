"""`icom-sim check`: every capture, and our own client with our own radio."""

from functools import cache
from pathlib import Path

import pytest

from icom_proto.codes import Role
from icom_sim.captures.checks.catalogue import CHECKS
from icom_sim.captures.checks.run import Report, check_capture
from icom_sim.captures.reader import CaptureReader
from sim.captured_session import CapturedSession
from sources import ROOT

CAPTURES = ROOT / "fixtures" / "captures"
CLIENT, RADIO = Role.CLIENT, Role.RADIO

# ---- what programs do in every session, and why the checks are right -----------------

# rigplane's mock radio (MANIFEST: "no pings, no idles, control replies all carry seq
# 0"): no payload sizes or codes, no capabilities, no notice of a grant.
MOCK = {"S1", "S19", "S25", "S26", "L8"}
# What of that takes a session of some seconds to show.
MOCK_LONG = MOCK | {"S6", "L16", "L17"}
# wfserver marks its login response as a request (2.9) and has no inner numbers in
# CI-V, always 0 (4.4).
WFSERVER = {"S26", "C4"}
# It numbers its answer to a call and begins to idle 100 ms after the first datagram,
# before a client that takes its time has logged in (2.3, 2.11).
WFSERVER_IDLES_EARLY = WFSERVER | {"S1"}
# icom-lan and rigplane: token request 0, inner number 0 for login and token (2.10,
# 4.4), and no idles on control. Version 0.7.0 also leaves without removing its token.
ICOM_LAN = {"S2", "S3", "L17"}
ICOM_LAN_070 = ICOM_LAN | {"S22"}
# wfview hands on what its sound card gives, six blocks and more at a time.
WFVIEW_BURSTS = {"A7"}
# The lab's source of sound stood still for a second or two (MANIFEST of each).
SOUND_STOPS = {"A8"}
# An answer to a second call takes a number (2.3: Ws). Asked for it, wfserver sends
# memory that was used for something else by then: not_packets.txt.
CALLED_AGAIN = {"L3", "L6", "L10", "L1"}

# Of each file: what the client does, and what the radio does.
EXPECTED: dict[str, tuple[set[str], set[str]]] = {
    "rigplanemock__icomlan070__control-civ-only": (ICOM_LAN_070 - {"L17"}, MOCK),
    "rigplanemock__icomlan110__control-civ-only": (ICOM_LAN, MOCK_LONG),
    "rigplanemock__rigplane__control-civ-only": (ICOM_LAN, MOCK_LONG),
    # Refused with ffffffff (S11), and icom-lan 0.7.0 comes all the same (S12); the mock
    # mixes the numbers of two clients and answers no request for them (L6, L10).
    "rigplanemock__rigplane+icomlan070__busy-reject": (
        ICOM_LAN_070 | {"S12"},
        MOCK_LONG | {"S11", "L6", "L10"},
    ),
    "wfserver160__icomlan070__session-ulaw-8k": (ICOM_LAN_070, WFSERVER_IDLES_EARLY),
    "wfserver160__icomlan070__session": (ICOM_LAN_070, WFSERVER_IDLES_EARLY),
    "wfserver160__icomlan110__session": (ICOM_LAN, WFSERVER_IDLES_EARLY),
    "wfserver160__rigplane__session": (ICOM_LAN, WFSERVER_IDLES_EARLY),
    # kappanhang never reads the ports that it is told (2.14), and MANIFEST: this
    # server said 51002 and was reached at 50002.
    "wfserver160__kappanhang13__session-via-ayt-dedup": (
        {"S18"},
        WFSERVER | SOUND_STOPS,
    ),
    # The second client is not refused: no rates are offered (S10), and it asks for
    # audio all the same (S15). wfview calls the audio again where none comes.
    "wfserver160__wfview160+rigplane__busy-second-client": (
        ICOM_LAN | WFVIEW_BURSTS | {"S15"},
        WFSERVER_IDLES_EARLY | SOUND_STOPS | CALLED_AGAIN | {"S10"},
    ),
    # The first wfview is killed (L18); the second finds its audio taken (S10, S15).
    "wfserver160__wfview160__kill9-reconnect": (
        {"L18", "S15"},
        WFSERVER | SOUND_STOPS | CALLED_AGAIN | {"S10"},
    ),
    # Loss (L6), jitter and duplicates (L7), which the relay also made on the way to
    # the radio, behind the recorder. wfserver answers requests with rubbish (L1, L5,
    # L8) or not at all (L10).
    "wfserver160__rigplane__lossy5-seed12": (
        ICOM_LAN | {"L6"},
        WFSERVER_IDLES_EARLY | {"L6", "L7", "L1", "L8", "L10"},
    ),
    "wfserver160__wfview160__lossy5-seed12-grace2": (
        WFVIEW_BURSTS | {"L6"},
        WFSERVER | CALLED_AGAIN | {"L7", "L5"},
    ),
    # The login was lost: never answered (S6), and never sent again (S7).
    "wfserver160__wfview160__lossy5-seed11-login-lost": (
        {"L6", "S7"},
        {"L6", "L7", "L10", "S6"},
    ),
    # wfview aborted while it was keyed (C10). MANIFEST: audio in bursts of 2 s (A9).
    "wfserver160__wfview160__session-pcm8-8k-client-abort": (
        {"C10"},
        WFSERVER | {"A9"},
    ),
    "wfserver160__wfview160__session-opus-48k": (set(), WFSERVER),
    "wfserver160__wfview160__session-pcm16-16k": (set(), WFSERVER),
    "wfserver160__wfview160__session-pcm16-48k": (set(), WFSERVER),
    "wfserver160__wfview160__session-pcm16stereo-16k": (WFVIEW_BURSTS, WFSERVER),
    "wfserver160__wfview160__session-pcm8-8k": (WFVIEW_BURSTS, WFSERVER),
    "wfserver160__wfview160__session-ulaw-8k": (set(), WFSERVER),
    # Refused with fffffffe.
    "wfserver160__wfview160__wrong-password": ({"S8"}, {"S26"}),
}

# Datagrams that the relay dropped, from MANIFEST: to the radio, and to the client.
DROPPED = {
    "wfserver160__rigplane__lossy5-seed12": (36, 79),
    "wfserver160__wfview160__lossy5-seed12-grace2": (32, 62),
    "wfserver160__wfview160__lossy5-seed11-login-lost": (12, 11),
}


@cache
def report_of(name: str) -> Report:
    return check_capture(CaptureReader(CAPTURES / f"{name}.pcap"))


@pytest.mark.parametrize("name", EXPECTED)
def test_a_capture_has_the_faults_that_are_known_of_it_and_no_others(name: str) -> None:
    found = report_of(name).counts
    client, radio = EXPECTED[name]
    assert {check.id for check, side in found if side is CLIENT} == client
    assert {check.id for check, side in found if side is RADIO} == radio


def test_every_capture_is_in_the_table() -> None:
    assert {path.stem for path in CAPTURES.glob("*.pcap")} == set(EXPECTED)


@pytest.mark.parametrize("name", DROPPED)
def test_as_much_loss_is_found_as_the_relay_made(name: str) -> None:
    """What is not numbered is lost unseen; what is overtaken may be asked for too."""
    counts = report_of(name).counts
    found = {side: n for (check, side), n in counts.items() if check.id == "L6"}
    for side, dropped in zip((CLIENT, RADIO), DROPPED[name], strict=True):
        assert dropped / 4 <= found[side] <= dropped * 1.25


def test_the_silence_of_a_killed_client_is_timed() -> None:
    report = report_of("wfserver160__wfview160__kill9-reconnect")
    found = [each for each in report.findings if each.check.id == "L18"]
    assert {each.session for each in found} == {1}
    control = next(each for each in found if each.stream == 0)
    assert 3 < control.at < 6, "MANIFEST: killed at about 5 s, by another clock"
    assert "silent for 1" in control.text, "the server went on until 20 s"


def test_our_own_session_has_no_finding() -> None:
    session = CapturedSession()
    session.run(seconds=5)
    report = check_capture(session.captured)
    assert report.findings == []
    judged = {check.id for check, _ in report.judged}
    assert judged >= {"L14", "L18", "S22", "S24", "C1", "C10", "A4", "A7", "A9"}
    assert len(judged) >= 50


def test_our_own_session_renews_its_token() -> None:
    session = CapturedSession(audio=False)
    session.run(seconds=35)
    report = check_capture(session.captured)
    assert report.findings == []
    assert {check.id for check, _ in report.judged} >= {"S20", "S21"}


@pytest.mark.parametrize("seed", range(2))
def test_with_loss_our_own_session_has_lost_something_and_nothing_else(
    seed: int,
) -> None:
    session = CapturedSession("loss:5", seed=seed)
    session.run(seconds=6)
    report = check_capture(session.captured)
    assert {finding.check.id for finding in report.findings} == {"L6"}
    assert {finding.side for finding in report.findings} == {CLIENT, RADIO}


def test_checks_have_numbers_of_their_own_and_a_source() -> None:
    ids = [check.id for check in CHECKS]
    assert len(set(ids)) == len(ids) >= 25
    assert all(check.source and check.title and check.sides for check in CHECKS)


def test_a_capture_that_is_read_twice_is_judged_alike(tmp_path: Path) -> None:
    name = "wfserver160__wfview160__wrong-password"
    copy = tmp_path / "again.pcap"
    copy.write_bytes((CAPTURES / f"{name}.pcap").read_bytes())
    again = check_capture(CaptureReader(copy))
    assert again.findings == report_of(name).findings
