"""The terminal view without a terminal: what keys do to a radio, and what is drawn."""

import asyncio
from collections.abc import Mapping
from typing import cast

import pytest

from icom_proto.client_requests import ClientConfig
from icom_sim.actions import perform
from icom_sim.radio_setup import RadioSetup
from icom_sim.rig.catalogue import IC_905, IC_7610, IC_R8600, MODELS
from icom_sim.rig.models import RigModel
from icom_sim.status import Status
from icom_sim.tui.app import PanelApp
from icom_sim.tui.cockpit import QUIT_KEYS, Cockpit
from icom_sim.tui.glyphs import ASCII, UNICODE, Glyphs
from icom_sim.tui.journal import Journal
from icom_sim.tui.keys import HELP
from icom_sim.tui.screen import Title
from icom_sim.tui.text import Look, line_width, plain
from sim.joined import CONFIG, SETUP, Joined
from sim.watch import WAIT_S

SIZES = [(80, 24), (120, 40), (60, 20), (20, 5), (1, 1)]


class JoinedRadio:
    """A radio and a client in simulated time, as the view sees it."""

    title = Title(host="127.0.0.1", ports=(50001, 50002, 50003), seed=7)

    def __init__(self, pair: Joined) -> None:
        self.pair = pair
        self.performed: list[str] = []

    def status(self) -> Status:
        return cast(Status, perform(self.pair.radio, "status", {}, self.pair.now))

    def perform(self, action: str, arguments: Mapping[str, object]) -> object:
        result = perform(self.pair.radio, action, arguments, self.pair.now)
        self.performed.append(action)
        self.pair.drain()
        return result


class Desk:
    """A person at a radio that a client uses."""

    def __init__(
        self,
        setup: RadioSetup = SETUP,
        config: ClientConfig = CONFIG,
        glyphs: Glyphs = UNICODE,
    ) -> None:
        self.pair = Joined(setup, config)
        self.pair.open()
        self.radio = JoinedRadio(self.pair)
        self.journal = Journal()
        self.cockpit = Cockpit(self.radio, self.journal, glyphs, self.pair.now)

    def press(self, *keys: str) -> str:
        """The screen after these keys."""
        for key in keys:
            self.cockpit.press(key, self.pair.now)
        return self.screen()

    def screen(self, width: int = 80, height: int = 24) -> str:
        lines = self.cockpit.lines(width, height, self.pair.now)
        return "\n".join(map(plain, lines))

    def looks_of(self, text: str) -> set[Look]:
        lines = self.cockpit.lines(80, 24, self.pair.now)
        return {span.look for line in lines for span in line if text in span.text}


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["utf-8", "ascii"])
@pytest.mark.parametrize("model", [IC_7610, IC_905, IC_R8600], ids=lambda m: m.name)
def test_the_view_is_as_big_as_the_terminal(model: RigModel, glyphs: Glyphs) -> None:
    desk = Desk(RadioSetup(model=model), glyphs=glyphs)
    for keys in ((), ("space",), ("?",), ("n",), ("s", "s")):
        desk.press(*keys)
        for width, height in SIZES:
            lines = desk.cockpit.lines(width, height, desk.pair.now)
            assert [line_width(line) for line in lines] == [width] * height
    assert glyphs is UNICODE or desk.screen().isascii()


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_nothing_is_cut_at_80_by_24(model: RigModel) -> None:
    desk = Desk(RadioSetup(model=model))
    assert "~" not in desk.screen()
    assert "~" not in desk.press("?")


def test_the_front_panel_shows_the_radio(desk: Desk) -> None:
    screen = desk.screen()
    for text in ("IC-7610", "50001 50002 50003", "seed 7", "USB", "FIL1", "S9 "):
        assert text in screen
    assert "● 192.168.1.10:41001  icom-lan  streaming owner" in screen
    assert [desk.looks_of(text) for text in (" RX ", " TX ")] == [{Look.GOOD}, set()]


def test_the_digits_are_the_frequency() -> None:
    desk = Desk(glyphs=ASCII)
    rows = desk.screen().splitlines()[2:5]
    assert [row[2:28].rstrip() for row in rows] == [
        "        _  _      _  _  _",
        "  ||_| | |  ||_| | || || |",
        "  |  |.|_|  |  |.|_||_||_|",
    ]


def test_the_dial_turns_by_its_step(desk: Desk) -> None:
    desk.press("up", "up", "left", "down", "right", "right", "up")
    hz = 14_074_000 + 2 * 1000 - 5000 + 100
    assert frequency_hz(desk) == hz
    desk.press(*["right"] * 20, "up")
    assert frequency_hz(desk) == hz + 1
    assert "step 1 Hz" in desk.screen()
    assert "step 1 MHz" in desk.press(*["left"] * 20)


def frequency_hz(desk: Desk) -> int:
    return desk.radio.status()["rig"]["receivers"][0]["frequency_hz"]


def test_all_modes_and_filters_come_around(desk: Desk) -> None:
    count = len(MODELS["IC-7610"].modes)
    seen = [mode_of(desk)]
    for _ in range(count):
        desk.press("m")
        seen.append(mode_of(desk))
    assert len(set(seen)) == count
    assert seen[0] == seen[-1]
    desk.press("M")
    assert mode_of(desk) == seen[-2]
    filters = []
    for _ in range(3):
        desk.press("f")
        filters.append(desk.radio.status()["rig"]["receivers"][0]["filter"])
    assert filters == [2, 3, 1]


def mode_of(desk: Desk) -> str:
    return desk.radio.status()["rig"]["receivers"][0]["mode"]


def test_ptt_is_held_until_pressed_again_or_the_view_ends(desk: Desk) -> None:
    desk.press("m", "m", "m")  # to one that makes power without audio
    desk.press("space")
    assert desk.looks_of(" TX ") == {Look.LAMP}
    assert "100 W" in desk.screen() or "25 W" in desk.screen()
    desk.press("space")
    assert not desk.radio.status()["rig"]["transmitting"]
    desk.press("space")
    desk.cockpit.release_ptt()
    assert not desk.radio.status()["rig"]["transmitting"]
    before = list(desk.radio.performed)
    desk.cockpit.release_ptt()
    assert desk.radio.performed == before


def test_a_ptt_that_somebody_else_holds_is_not_released(desk: Desk) -> None:
    desk.pair.ask(b"\x1c\x00\x01")
    desk.pair.run_for(0.5)
    assert desk.looks_of(" TX ") == {Look.LAMP}
    desk.cockpit.release_ptt()
    assert desk.radio.status()["rig"]["transmitting"]


def test_the_signal_goes_by_s_units(desk: Desk) -> None:
    assert "S8 " in desk.press("-")
    assert "S9 " in desk.press("+")
    assert "S9+12 dB" in desk.press("+", "+")
    screen = desk.press(*["-"] * 20)  # down to the noise
    assert "S2 " in screen or "S1 " in screen


def test_standby_is_a_dark_display_and_the_same_key_wakes(desk: Desk) -> None:
    screen = desk.press("s")
    assert "STANDBY" in screen
    assert "FIL1" not in screen
    assert "WAKING" in desk.press("s")
    desk.pair.run_for(6.0)
    assert "FIL1" in desk.screen()


def test_loss_delay_and_jitter_go_in_steps_whoever_set_them(desk: Desk) -> None:
    desk.radio.perform("net-add", {"rule": "loss:3"})
    desk.radio.perform("net-add", {"rule": "loss:100@to-radio/audio"})
    desk.press("l", "d", "d", "j")
    rules = [rule["rule"] for rule in desk.radio.status()["rules"]]
    assert rules == ["loss:100@to-radio/audio", "loss:5", "delay:10", "jitter:2"]
    assert "loss 5 %  delay 10 ms  jitter 2 ms" in desk.screen()
    desk.press(*["L"] * 9, *["D"] * 9, "J")
    assert [rule["rule"] for rule in desk.radio.status()["rules"]] == rules[:1]
    assert "no rules" in desk.press("c")
    desk.press(*["l"] * 20)
    assert "loss 100 %" in desk.screen()


def test_a_blackout_and_lost_audio_are_seen_in_the_tables(desk: Desk) -> None:
    assert "blackout for 3 s" in desk.press("b")
    desk.screen()
    desk.pair.run_for(1.0)
    screen = desk.press("x")
    row = next(line for line in screen.splitlines() if line.startswith(" audio"))
    _, per_s, lost, *_ = row.split()
    assert float(per_s) > 50
    assert int(lost) > 50
    assert "drop-next:3@to-client/audio" in screen


def test_networks_sounds_and_dialects_are_chosen_from_lists(desk: Desk) -> None:
    assert "wifi-lossy" in desk.press("n")
    desk.press("3")
    assert "network wifi" in desk.screen()
    assert len(desk.radio.status()["rules"]) == 3
    desk.press("n", "enter")
    assert desk.radio.status()["rules"] == []
    assert "the radio hears tone:700" in desk.press("a", "down", "enter")
    assert "it behaves as" in desk.press("t", "up", "enter")
    before = list(desk.radio.performed)
    desk.press("n", "escape")
    assert desk.radio.performed == before


def test_a_refusal_is_told_in_red_and_goes_after_a_while(desk: Desk) -> None:
    desk.press("s")
    screen = desk.press("up")
    assert "the dial does not turn" in " ".join(screen.split())
    assert desk.looks_of("the dial does not turn") == {Look.ALARM}
    desk.pair.run_for(7.0)
    assert "the dial does not turn" not in desk.screen()


def test_a_receiver_has_no_transmitter() -> None:
    desk = Desk(RadioSetup(model=IC_R8600))
    assert "it has no transmitter" in desk.screen()
    assert "does not transmit" in desk.press("space")


def test_the_owner_can_be_disconnected_and_the_radio_rebooted(desk: Desk) -> None:
    assert "owner" not in desk.press("K").split("Streams")[0]
    assert "nobody has called" in desk.press("R")


def test_a_name_from_the_network_obeys_nothing_and_keeps_its_width(desk: Desk) -> None:
    name = "[red]\x1b[2J\u202e漢字e\u0301[/]"
    desk.journal.note(f"{1.0:10.3f}  {'session opened':<16}  {name}")
    status = desk.radio.status()
    status["clients"][0]["computer"] = name
    desk.radio.status = lambda: status  # type: ignore[method-assign]
    lines = desk.cockpit.lines(80, 24, desk.pair.now)
    screen = "\n".join(map(plain, lines))
    assert screen.count("[red]?[2J?漢字e?[/]") == 2
    assert {line_width(line) for line in lines} == {80}


def test_more_clients_and_rules_than_rows_are_counted(desk: Desk) -> None:
    for percent in range(1, 6):
        desk.radio.perform("net-add", {"rule": f"loss:{percent}@civ"})
    assert "and 4 more" in desk.screen()


def test_events_are_scrolled_and_civ_is_shown_if_wanted(desk: Desk) -> None:
    for at in range(50):
        desk.journal.note(f"{at:10.3f}  {'ptt':<16}  on {at}")
        desk.journal.note(f"{at:10.3f}  {'civ':<16}  FE FE {at}")
    assert "on 49" in desk.screen()
    assert "FE FE" not in desk.screen()
    back = desk.press("pageup")
    assert "on 49" not in back
    assert "lines back" in back
    assert "on 0" in desk.press(*["pageup"] * 60)
    assert "on 49" in desk.press(*["pagedown"] * 80)
    assert "FE FE 49" in desk.press("e")


def test_the_help_tells_every_key_and_no_other(desk: Desk) -> None:
    told = [key for _, rows in HELP for keys, _ in rows for key in keys.split()]
    assert sorted(told) == sorted({*desk.cockpit.keys, *QUIT_KEYS})
    assert "means nothing" in desk.press("Z")


async def test_the_application_hands_keys_on_and_draws(desk: Desk) -> None:
    app = PanelApp(desk.cockpit, clock=lambda: desk.pair.now, colours=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("up", "space", "plus", "M", "question_mark")
        assert desk.radio.performed == ["dial", "ptt", "signal"]
        assert "PTT,&#160;until&#160;pressed&#160;again" in app.export_screenshot()
        await pilot.press("x", "ctrl+c")
        async with asyncio.timeout(WAIT_S):
            while app.is_running:
                await pilot.pause()
    assert app.failure is None
