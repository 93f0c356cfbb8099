"""The pytest plugin, as its users have it: their test files, run by pytest itself.

Runs are in this process, but for the workers of xdist. Several tests share a run: to
begin one costs more than a test.
"""

import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from icom_lan import AuthenticationError, IcomRadio, sync
from icom_proto.codes import Stream
from icom_proto.datagrams import decode_datagram
from icom_proto.packets import AreYouThere
from icom_sim.captures.reader import CaptureReader
from icom_sim.harness import RadioHandle, VirtualRadio
from sim.icom_sim_process import ENVIRONMENT

pytest_plugins = ["pytester"]

# Imported before the runs that use them: pytester forgets what a run imports, but not
# what `icom_lan` has cached of it, and a class that was imported twice is two classes.
USED = (AuthenticationError, IcomRadio, sync.IcomRadio, RadioHandle, VirtualRadio)
ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(py|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INI = """
[pytest]
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
addopts = --strict-markers
filterwarnings = error
"""
# What a user's test file begins with.
HEAD = """
import asyncio
import pytest
from icom_lan import IcomRadio
from icom_lan.exceptions import AuthenticationError

def client(radio):
    return IcomRadio(radio.host, **radio.login)
"""

RADIOS = """
async def test_a_radio(icom_radio, icom_ear):
    async with client(icom_radio) as radio:
        await radio.set_frequency(7_074_000)
        await icom_ear.until_tone(1000, radio.start_audio_rx_pcm)
        await icom_radio.saw.until("audio_started")
        await radio.set_ptt(True)
        await icom_radio.saw.until("ptt", on=True)
    assert icom_radio.frequency_hz == 7_074_000
    assert not icom_radio.transmitting
    assert icom_radio.saw.civ[-1].hex().startswith("fefe98e0")
    assert len(icom_radio.saw.sent("Login")) == 1
    assert icom_radio.saw.sent(stream="civ")
    assert icom_radio.on_air.overs == 1

async def test_the_next_login_fails_and_the_one_after_it_does_not(icom_radio):
    icom_radio.fail_next_login()
    with pytest.raises(AuthenticationError):
        await client(icom_radio).connect()
    async with client(icom_radio):
        pass
    assert [each.name for each in icom_radio.saw.events][0] == "login_refused"

ports = set()

def test_one_radio_for_all(icom_radio_session):
    ports.add(icom_radio_session.port)
    icom_radio_session.act("ptt", on=True)
    assert icom_radio_session.transmitting

def test_the_same_one_and_nothing_sticks_to_its_key(icom_radio_session):
    assert ports == {icom_radio_session.port}
    assert not icom_radio_session.transmitting

@pytest.mark.icom_model("IC-705")
def test_several_radios(icom_radios):
    first, second = icom_radios(), icom_radios(model="IC-9700", network=["wifi"])
    third = icom_radios(dialect={"busy_code": "FF"})
    assert len({first.port, second.port, third.port}) == 3
    assert [r.civ_address for r in (first, second, third)] == [0xA4, 0xA2, 0xA4]
    assert len({first.seed, second.seed, third.seed}) == 3
    assert len(second.act("net-list")) == 3

@pytest.mark.icom_audio("tone:700")
@pytest.mark.icom_network("loss:5@to-client/audio", "delay:20")
def test_seconds_pass(icom_virtual, icom_ear):
    async def session(radio):
        radio.network("jitter:10").turn_dial(14_200_000)
        async with client(radio) as mine:
            await icom_ear.until_tone(700, mine.start_audio_rx_pcm)
            await asyncio.sleep(2)
            assert asyncio.get_running_loop().time() > 2
            await radio.saw.until("audio_started")
        return radio.act("status")

    assert icom_virtual.run(session)
    rules = [rule["rule"] for rule in icom_virtual.summary()["rules"]]
    assert rules == ["loss:5@to-client/audio", "delay:20", "jitter:10"]
    assert icom_virtual.on_air.overs == 0
"""

MARKED = """
@pytest.mark.icom_model("ic-r8600")
@pytest.mark.icom_dialect("wfserver", lease_s=30, raw_password=False)
@pytest.mark.icom_network("lan", "drop-next:3@audio")
@pytest.mark.icom_audio("noise")
@pytest.mark.icom_seed(4711)
def test_all_of_them(icom_radio):
    status = icom_radio.act("status")
    assert status["model"] == "IC-R8600"
    assert status["knobs"]["lease_s"] == "30"
    assert [rule["rule"] for rule in status["rules"]][-1] == "drop-next:3@audio"
    assert icom_radio.seed == 4711

@pytest.mark.icom_scenario("wrong-password")
def test_a_scenario_is_survived(icom_virtual):
    async def session(radio):
        with pytest.raises(AuthenticationError):
            await client(radio).connect()

    icom_virtual.run(session)

@pytest.mark.icom_scenario("choppy-wifi")
def test_a_scenario_may_end_early(icom_virtual):
    async def session(radio):
        async with IcomRadio(radio.host, **radio.login, audio=False) as mine:
            await mine.set_frequency(14_074_000)
            radio.end_scenario()

    icom_virtual.run(session)
"""

FAILING = """
@pytest.mark.icom_scenario("wrong-password")
def test_who_goes_on_fails(icom_virtual):
    async def session(radio):
        for _ in range(3):
            with pytest.raises(AuthenticationError):
                await client(radio).connect()

    icom_virtual.run(session)

@pytest.mark.icom_scenario("busy")
def test_who_never_calls_fails(icom_radio):
    pass

async def test_what_never_happens(icom_radio):
    async with client(icom_radio):
        await icom_radio.saw.until("ptt", on=True, within_s=0.1)

def test_silence(icom_ear):
    icom_ear(bytes(9600))
    icom_ear.wait_for_tone(1000, within_s=0)

def test_shared(icom_radio_session):
    assert icom_radio_session.transmitting

async def test_two_loops(icom_virtual):
    icom_virtual.run(asyncio.sleep)

async def test_a_loop_is_not_blocked(icom_radio):
    icom_radio.saw.wait_for("ptt")

def test_too_early(icom_virtual):
    icom_virtual.frequency_hz
"""

# What is marked, and what the report says of it.
MISTAKES = {
    "icom_model('IC-7000')": "icom_model: unknown model 'IC-7000': there are IC-705, ",
    "icom_model()": "icom_model: missing a required argument: 'name'; it takes (name)",
    "icom_model(705)": "icom_model: 705 is no text",
    "icom_dialect('ic7160')": "icom_dialect: unknown dialect 'ic7160': did you mean",
    "icom_dialect(lease=3)": "icom_dialect: unknown knob 'lease': did you mean lease_s",
    "icom_network('los:5')": "icom_network: unknown rule 'los'",
    "icom_audio('ton:1')": "icom_audio: ",
    "icom_scenario('bussy')": "icom_scenario: unknown scenario 'bussy'",
    "icom_scenario('no.toml')": "icom_scenario: cannot read scenario 'no.toml'",
    "icom_seed(-1)": "icom_seed: a seed is 0 to 4294967295, not -1",
}


def write(pytester: pytest.Pytester, text: str) -> Path:
    pytester.makeini(INI)
    return pytester.makepyfile(HEAD + text)


def test_all_fixtures_work_and_leave_nothing(pytester: pytest.Pytester) -> None:
    write(pytester, RADIOS)
    pytester.runpytest_inprocess().assert_outcomes(passed=6)
    assert not [each for each in threading.enumerate() if "icom_sim" in each.name]
    assert not (pytester.path / ".icom-captures").exists()


def test_markers_say_which_radio(pytester: pytest.Pytester) -> None:
    write(pytester, MARKED)
    pytester.runpytest_inprocess().assert_outcomes(passed=3)


def test_a_failure_tells_how_to_have_it_again(pytester: pytest.Pytester) -> None:
    file = write(pytester, FAILING)
    result = pytester.runpytest_inprocess("--icom-captures", "kept", "--icom-seed", "7")
    result.assert_outcomes(passed=1, failed=7, errors=1)
    result.stdout.fnmatch_lines_random(
        [
            "*scenario wrong-password: The password is refused, *",
            "*FAIL * login_refused at most 2 times: seen 3 times",
            "scenario busy: no client ever called the radio",
            "*NotSeenError: no ptt on=True within 0.1 s; seen: session_opened, *",
            "*NotHeardError: no tone of 1000 Hz within 0 s; heard: *-120 dBFS, 0% *",
            "*RuntimeError: icom_virtual.run() has an event loop of its own, *",
            "*RuntimeError: waiting here would stop this event loop, *`until` instead",
            "*RuntimeError: icom_virtual has no radio before run() is called",
            "radio 0: IC-7610* scenario busy, seed 7, capture kept/*-0.pcap",
            f"repeat: pytest {file.name}::test_who_never_calls_fails --icom-seed 7",
            f"repeat: pytest {file.name}::test_shared --icom-seed 7",
        ]
    )
    (capture,) = (pytester.path / "kept").glob("*what_never_happens-0.pcap")
    datagrams = list(CaptureReader(capture))
    _, first = decode_datagram(Stream.CONTROL, datagrams[0].data)
    assert isinstance(first, AreYouThere)
    assert len({each.destination.port for each in datagrams}) == 4


def test_a_wrong_marker_is_one_line(pytester: pytest.Pytester) -> None:
    tests = (
        f"@pytest.mark.{mark}\ndef test_{at}(icom_virtual):\n    pass\n"
        for at, mark in enumerate(MISTAKES)
    )
    write(pytester, "\n".join(tests))
    result = pytester.runpytest_inprocess("--tb=long")
    result.assert_outcomes(errors=len(MISTAKES))
    for mistake in MISTAKES.values():
        (line,) = {each for each in result.outlines if each.startswith(mistake)}
        assert len(line) < 800
    assert not [each for each in result.outlines if "Traceback" in each]


def test_it_works_beside_others_in_processes_of_their_own(
    pytester: pytest.Pytester,
) -> None:
    write(pytester, RADIOS + FAILING)
    words = ("-p", "no:hypothesispytest", "-k", "radio or never_happens")
    result = pytester.runpytest_inprocess("-n", "2", *words)
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["radio 0: IC-7610*, capture .icom-captures/*"])
    assert len(list((pytester.path / ".icom-captures").iterdir())) == 1


def blocks(page: str, language: str) -> list[str]:
    found = BLOCK.findall((ROOT / page).read_text("utf-8"))
    return [text for each, text in found if each == language]


def test_the_pages_show_what_works(pytester: pytest.Pytester) -> None:
    page, [shown] = blocks("docs/pytest.md", "py"), blocks("docs/pytest.md", "text")
    readme = [each for each in blocks("README.md", "py") if "icom_radio" in each]
    pytester.makeini(INI)
    pytester.makepyfile(
        test_pytest_page="\n".join(page), test_readme="\n".join([HEAD, *readme])
    )
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(passed=7, failed=1)
    result.stdout.fnmatch_lines(shown.splitlines())


def test_whoever_has_no_radio_pays_nothing() -> None:
    code = (
        "import sys, pytest; before = set(sys.modules); import icom_sim.pytest_plugin;"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["icom_sim", "icom_sim.pytest_plugin"]
