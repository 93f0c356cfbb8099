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
from icom_sim.scenarios.reference_client import (
    GOOD,
    KEYING,
    WITH_RX,
    WITH_STEREO,
    Habits,
    ReferenceClient,
    habits_for,
)
from icom_sim.scenarios.simulated import SimulatedRun

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


def hasty(patience_s: float) -> Habits:
    """Gives up for good if it is not connected by then."""
    return replace(GIVES_UP, patience_s=patience_s)


def nervous(silence_s: float, habits: Habits = GOOD) -> Habits:
    """Ends a session that is silent for so long."""
    return replace(habits, config=replace(habits.config, silence_s=silence_s))


# For each scenario a client that must fail.
BAD_CLIENTS: dict[str, Habits] = {
    "blackout-3s": nervous(1.5),
    "busy": GIVES_UP,
    "calls-ignored": hasty(3),
    "capabilities-lost": replace(hasty(0.5), tamper=ask_for_nothing),
    "choppy-wifi": replace(GOOD, ignores=is_request_for_repetition),
    "civ-stall": replace(GOOD, dead_after_s=3),
    "congested": nervous(0.12, WITH_RX),
    "damaged-datagrams": replace(GOOD, fragile=True),
    "dead-ports-after-crash": GIVES_UP,
    "duplicate-everything": replace(GOOD, grants_max=1),
    "first-call-unanswered": hasty(0.3),
    "forced-disconnect": replace(GOOD, reopens=False),
    "garbage-retransmits": replace(GOOD, fragile=True),
    "grant-twice": replace(GOOD, grants_max=1),
    "immediate-reconnect": hasty(0.5),
    "innerseq-past-255": replace(GOOD, tamper=misplace_inner_seq),
    "killed-while-keyed": replace(KEYING, waits_s=()),
    "lease-lost": (
        nervous(999.0, replace(GOOD, ignores=is_refused_renewal, dead_after_s=inf))
    ),
    "login-lost": hasty(0.3),
    "long-blackout": GIVES_UP,
    "lost-unkey": replace(KEYING, unkeys=False),
    "nat-rebind": GIVES_UP,
    "no-conn-info": hasty(0.5),
    "old-numbers": GIVES_UP,
    "pong-before-login": replace(GOOD, tamper=answer_no_pings),
    "reboot": GIVES_UP,
    "renewal-rejected": replace(GOOD, ignores=is_refused_renewal),
    "reordered": replace(GOOD, tamper=storm),
    "sequence-wrap": replace(GOOD, tamper=storm),
    "standby": replace(GOOD, wakes=False),
    "status-repeated": replace(GOOD, grants_max=1),
    "stereo-refused": replace(WITH_STEREO, tamper=insist_on_stereo),
    "stuck-ptt": replace(KEYING, unkeys=False),
    "token-reissue": replace(GOOD, ignores=is_refused_renewal),
    "two-clients": GIVES_UP,
    "txbuffer-too-large": (
        replace(KEYING, config=replace(KEYING.config, tx_buffer_ms=800))
    ),
    "unclean-exit": GIVES_UP,
    "vpn-mtu": replace(WITH_RX, tamper=storm),
    "wedged-data-ports": GIVES_UP,
    "wfserver": replace(GOOD, ignores=is_odd_login_response),
    "wrong-password": (replace(GOOD, retries_password=True, waits_s=(1.0,))),
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
        return replace(scenario, duration=102.0)
    return scenario


@pytest.mark.parametrize("name", names())
def test_a_good_client_passes(name: str) -> None:
    verdict = judged(name, habits_for(scenario_of(name).task))
    assert verdict.passed, "\n".join(verdict.lines())


@pytest.mark.parametrize("name", names())
def test_a_bad_client_fails(name: str) -> None:
    verdict = judged(name, BAD_CLIENTS[name], until_failed=True)
    assert not verdict.passed, "\n".join(verdict.lines())


def test_the_gallery_has_the_complaints_of_users_and_much_more() -> None:
    assert set(COMPLAINTS) <= set(names()) == set(BAD_CLIENTS)
    assert len(names()) >= 25


@pytest.mark.parametrize("name", names())
def test_a_scenario_says_what_happens_and_where_it_was_seen(name: str) -> None:
    scenario = scenario_of(name)
    assert len(f"{scenario.name:<24} {scenario.title}") <= 110
    assert scenario.description
    assert scenario.source
    assert scenario.expect


def test_the_same_seed_gives_the_same_verdict() -> None:
    habits = BAD_CLIENTS["damaged-datagrams"]
    first = judged("damaged-datagrams", habits, until_failed=True)
    assert first == judged("damaged-datagrams", habits, until_failed=True)
