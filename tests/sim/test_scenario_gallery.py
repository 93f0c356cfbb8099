"""Each scenario of the gallery: a good client passes it, and some bad client fails.

A scenario that nobody can fail would prove nothing. All of it is in simulated time.
"""

from dataclasses import replace
from math import inf

import pytest

from icom_proto.codec import Body
from icom_proto.codes import Codec, Reply, Request
from icom_proto.packets import (
    ControlBody,
    LoginResponse,
    Ping,
    RetransmitMany,
    RetransmitOne,
    StreamRequest,
    Token,
)
from icom_sim.scenarios import Scenario, Verdict
from icom_sim.scenarios.gallery import names, scenario_of
from icom_sim.scenarios.simulated import SimulatedRun
from sim.reference_client import GOOD, WITH_AUDIO, Habits, ReferenceClient

# The ten top complaints of users (issue 4), and the scenario of each.
COMPLAINTS = (
    *("unclean-exit", "busy", "wedged-data-ports", "lease-lost", "innerseq-past-255"),
    *("grant-twice", "choppy-wifi", "vpn-mtu", "stuck-ptt", "standby"),
)


# ---- what bad clients do -------------------------------------------------------------


def misplace_inner_seq(body: Body) -> tuple[Body, ...]:
    """The high byte one place too far, as two known clients did (2.9)."""
    if not isinstance(body, ControlBody):
        return (body,)
    low, high = body.inner_seq & 0xFF, body.inner_seq >> 8
    return (replace(body, inner_seq=low, reserved_18=bytes((high, 0))),)


def storm(body: Body) -> tuple[Body, ...]:
    """Ask two hundred times for what is missing."""
    asks = isinstance(body, RetransmitOne | RetransmitMany)
    return (body,) * (200 if asks else 1)


def ask_for_nothing(body: Body) -> tuple[Body, ...]:
    """What is lost is lost."""
    return () if isinstance(body, RetransmitOne | RetransmitMany) else (body,)


def insist_on_stereo(body: Body) -> tuple[Body, ...]:
    if isinstance(body, StreamRequest):
        body = replace(body, rx_codec=Codec.PCM16_STEREO)
    return (body,)


def answer_no_pings(body: Body) -> tuple[Body, ...]:
    return () if isinstance(body, Ping) and body.reply else (body,)


def is_refused_renewal(body: Body) -> bool:
    return isinstance(body, Token) and body.request == Request.RENEW_TOKEN


def is_request_for_repetition(body: Body) -> bool:
    return isinstance(body, RetransmitOne | RetransmitMany)


def is_odd_login_response(body: Body) -> bool:
    """Byte 0x14 of wfview's server is not that of radios (10, row 11)."""
    return isinstance(body, LoginResponse) and body.reply != Reply.ANSWER


GIVES_UP = replace(GOOD, waits_s=())
WITH_RX = replace(GOOD, config=replace(GOOD.config, audio=True))
WITH_STEREO = replace(GOOD, config=replace(WITH_RX.config, rx_codec=Codec.PCM16_STEREO))


def hasty(patience_s: float) -> Habits:
    """Gives up for good if it is not connected by then."""
    return replace(GIVES_UP, patience_s=patience_s)


def nervous(silence_s: float, habits: Habits = GOOD) -> Habits:
    """Ends a session that is silent for so long."""
    return replace(habits, config=replace(habits.config, silence_s=silence_s))


# For each scenario, the client that must pass if it is no ordinary one, and one that
# must fail.
CLIENTS: dict[str, tuple[Habits, Habits]] = {
    "blackout-3s": (GOOD, nervous(1.5)),
    "busy": (GOOD, GIVES_UP),
    "calls-ignored": (GOOD, hasty(3)),
    "capabilities-lost": (GOOD, replace(hasty(0.5), tamper=ask_for_nothing)),
    "choppy-wifi": (GOOD, replace(GOOD, ignores=is_request_for_repetition)),
    "civ-stall": (GOOD, replace(GOOD, dead_after_s=3)),
    "congested": (WITH_RX, nervous(0.12, WITH_RX)),
    "damaged-datagrams": (GOOD, replace(GOOD, fragile=True)),
    "dead-ports-after-crash": (GOOD, GIVES_UP),
    "duplicate-everything": (GOOD, replace(GOOD, grants_max=1)),
    "first-call-unanswered": (GOOD, hasty(0.3)),
    "forced-disconnect": (GOOD, replace(GOOD, reopens=False)),
    "garbage-retransmits": (GOOD, replace(GOOD, fragile=True)),
    "grant-twice": (GOOD, replace(GOOD, grants_max=1)),
    "immediate-reconnect": (GOOD, hasty(0.5)),
    "innerseq-past-255": (GOOD, replace(GOOD, tamper=misplace_inner_seq)),
    "killed-while-keyed": (WITH_AUDIO, replace(WITH_AUDIO, waits_s=())),
    "lease-lost": (
        GOOD,
        nervous(999.0, replace(GOOD, ignores=is_refused_renewal, dead_after_s=inf)),
    ),
    "login-lost": (GOOD, hasty(0.3)),
    "long-blackout": (GOOD, GIVES_UP),
    "lost-unkey": (WITH_AUDIO, replace(WITH_AUDIO, unkeys=False)),
    "nat-rebind": (GOOD, GIVES_UP),
    "no-conn-info": (GOOD, hasty(0.5)),
    "old-numbers": (GOOD, GIVES_UP),
    "pong-before-login": (GOOD, replace(GOOD, tamper=answer_no_pings)),
    "reboot": (GOOD, GIVES_UP),
    "renewal-rejected": (GOOD, replace(GOOD, ignores=is_refused_renewal)),
    "reordered": (GOOD, replace(GOOD, tamper=storm)),
    "sequence-wrap": (GOOD, replace(GOOD, tamper=storm)),
    "standby": (GOOD, replace(GOOD, wakes=False)),
    "status-repeated": (GOOD, replace(GOOD, grants_max=1)),
    "stereo-refused": (WITH_STEREO, replace(WITH_STEREO, tamper=insist_on_stereo)),
    "stuck-ptt": (WITH_AUDIO, replace(WITH_AUDIO, unkeys=False)),
    "token-reissue": (GOOD, replace(GOOD, ignores=is_refused_renewal)),
    "two-clients": (GOOD, GIVES_UP),
    "txbuffer-too-large": (
        WITH_AUDIO,
        replace(WITH_AUDIO, config=replace(WITH_AUDIO.config, tx_buffer_ms=800)),
    ),
    "unclean-exit": (GOOD, GIVES_UP),
    "vpn-mtu": (WITH_RX, replace(WITH_RX, tamper=storm)),
    "wedged-data-ports": (GOOD, GIVES_UP),
    "wfserver": (GOOD, replace(GOOD, ignores=is_odd_login_response)),
    "wrong-password": (
        GOOD,
        replace(GOOD, retries_password=True, waits_s=(1.0,)),
    ),
}


def judged(name: str, habits: Habits, *, until_failed: bool = False) -> Verdict:
    def program(number: int) -> ReferenceClient:
        return ReferenceClient(number, habits)

    return SimulatedRun(shortened(scenario_of(name)), program).run(
        until_failed=until_failed
    )


def shortened(scenario: Scenario) -> Scenario:
    """Clients in simulated time ask for their streams at once, others after seconds."""
    if scenario.name == "innerseq-past-255":
        return replace(scenario, duration=130.0)
    return scenario


@pytest.mark.parametrize("name", names())
def test_a_good_client_passes(name: str) -> None:
    verdict = judged(name, CLIENTS[name][0])
    assert verdict.passed, "\n".join(verdict.lines())


@pytest.mark.parametrize("name", names())
def test_a_bad_client_fails(name: str) -> None:
    verdict = judged(name, CLIENTS[name][1], until_failed=True)
    assert not verdict.passed, "\n".join(verdict.lines())


def test_the_gallery_has_the_complaints_of_users_and_much_more() -> None:
    assert set(COMPLAINTS) <= set(names()) == set(CLIENTS)
    assert len(names()) >= 25


@pytest.mark.parametrize("name", names())
def test_a_scenario_says_what_happens_and_where_it_was_seen(name: str) -> None:
    scenario = scenario_of(name)
    assert len(f"{scenario.name:<24} {scenario.title}") <= 110
    assert scenario.description
    assert scenario.source
    assert scenario.expect


def test_the_same_seed_gives_the_same_verdict() -> None:
    habits = CLIENTS["choppy-wifi"][1]
    assert judged("choppy-wifi", habits) == judged("choppy-wifi", habits)
