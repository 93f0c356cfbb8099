"""What some radios do with CI-V and audio, each quirk by itself."""

import random

import pytest

from dialect_bench import shows
from icom_proto.audio_formats import decode_to_pcm16, encode_from_pcm16
from icom_proto.codes import Codec
from icom_sim.dialects.civ_quirks import CivQuirks
from icom_sim.dialects.dialect import Dialect
from icom_sim.dialects.radio_dialect import (
    Ack,
    CivRevival,
    ModSource,
    RadioDialect,
    Ulaw,
)
from icom_sim.dialects.rig_knobs import set_up_rig
from icom_sim.dialects.tx_quirks import TxQuirks
from icom_sim.dialects.ulaw import WFVIEW_ULAW
from icom_sim.rig.catalogue import MODELS
from icom_sim.rig.power import PowerState
from icom_sim.rig.rig import Rig

READ = bytes.fromhex("fefe98e003fd")
ANSWER = bytes.fromhex("fefee098030050810300fd")
OK, NG = bytes.fromhex("fefee098fbfd"), bytes.fromhex("fefee098fafd")
SET_MODE = [bytes.fromhex("fefe98e00601fd"), bytes.fromhex("fefe98e02600010001fd")]
GET_MODE = bytes.fromhex("fefe98e02600fd")


def quirks(**knobs: object) -> CivQuirks:
    dialect = RadioDialect(**knobs)  # type: ignore[arg-type]
    made = CivQuirks(dialect, random.Random(1))
    made.granted()
    made.opened(0.0)
    return made


def test_without_a_knob_everything_comes_through() -> None:
    civ = quirks()
    assert civ.answers(READ, [ANSWER], 0.0) == (ANSWER,)
    assert civ.answers(SET_MODE[0], [OK], 1e6) == (OK,)
    assert civ.pushed(ANSWER, 1e6) == ANSWER
    assert not civ.is_silent(1e6)


@shows("set_mode_ack")
@pytest.mark.parametrize("frame", SET_MODE)
def test_setting_the_mode_may_be_acknowledged_sometimes_or_never(frame: bytes) -> None:
    never, sometimes = (
        quirks(set_mode_ack=Ack.NEVER),
        quirks(set_mode_ack=Ack.SOMETIMES),
    )
    assert never.answers(frame, [OK], 1.0) == ()
    assert never.answers(frame, [NG], 1.0) == (NG,), "a refusal is always told"
    assert never.answers(READ, [OK], 1.0) == (OK,), "other commands are"
    assert never.answers(GET_MODE, [ANSWER], 1.0) == (ANSWER,)
    assert {sometimes.answers(frame, [OK], 1.0) for _ in range(20)} == {(), (OK,)}


@shows("civ_quiet_after_open_s")
def test_civ_may_be_quiet_for_a_while_after_the_open() -> None:
    civ = quirks(civ_quiet_after_open_s=6.0)
    assert civ.answers(READ, [ANSWER], 5.9) == ()
    assert civ.pushed(ANSWER, 5.9) is None
    assert civ.answers(READ, [ANSWER], 6.0) == (ANSWER,)


@shows("civ_dies_after_s", "civ_revival")
@pytest.mark.parametrize("revival", CivRevival)
def test_civ_may_die_alone_and_be_revived(revival: CivRevival) -> None:
    civ = quirks(civ_dies_after_s=60.0, civ_revival=revival)
    civ.opened(30.0)  # again, while it lives: that changes nothing
    assert not civ.is_silent(59.9)
    assert civ.is_silent(60.0)
    assert civ.answers(READ, [ANSWER], 60.0) == ()
    civ.opened(61.0)
    assert civ.is_silent(62.0) is (revival is CivRevival.SESSION)
    civ.granted()
    civ.opened(63.0)
    assert civ.answers(READ, [ANSWER], 64.0) == (ANSWER,)


def test_civ_dies_and_lives_as_the_knob_is_turned_while_it_is_open() -> None:
    civ = quirks()
    civ.dialect = RadioDialect(civ_dies_after_s=60.0, civ_revival=CivRevival.SESSION)
    assert [civ.is_silent(at) for at in (59.9, 60.0)] == [False, True]
    civ.dialect = RadioDialect()
    assert not civ.is_silent(61.0)


def test_civ_can_be_stalled_for_a_time() -> None:
    civ = quirks()
    civ.stall(5.0)
    assert civ.answers(READ, [ANSWER], 4.9) == ()
    assert civ.answers(READ, [ANSWER], 5.0) == (ANSWER,)


@shows("tx_mute_above_ms", "mod_source")
@pytest.mark.parametrize(
    ("knobs", "buffer_ms", "why"),
    [
        ({}, 300, None),
        ({}, 301, "301 ms"),
        ({"tx_mute_above_ms": 500}, 500, None),
        ({"tx_mute_above_ms": 500}, 800, "above 500"),
        ({"tx_mute_above_ms": 0}, 10_000, None),
        ({"mod_source": ModSource.MIC}, 150, "MIC"),
    ],
)
def test_a_keyed_radio_may_not_hear_the_client(
    knobs: dict[str, object], buffer_ms: int, why: str | None
) -> None:
    tx = TxQuirks(RadioDialect(**knobs))  # type: ignore[arg-type]
    tx.granted(buffer_ms)
    assert tx.why_muted is None if why is None else why in (tx.why_muted or "")


@shows("ulaw")
@pytest.mark.parametrize(
    ("sample", "coded", "heard"),
    [(0, "cd", 1052), (100, "cc", None), (1000, "9d", 9340), (16000, "80", 32124)],
)
def test_wfviews_law_is_distorted_as_computed_in_the_sheet(
    sample: int, coded: str, heard: int | None
) -> None:
    """PROTOCOL.md 8.2, interop warnings."""
    assert RadioDialect(ulaw=Ulaw.WFVIEW).ulaw is not RadioDialect().ulaw
    pcm = sample.to_bytes(2, "little", signed=True)
    block = encode_from_pcm16(Codec.ULAW_MONO, pcm).translate(WFVIEW_ULAW)
    assert block.hex() == coded
    value = int.from_bytes(
        decode_to_pcm16(Codec.ULAW_MONO, block), "little", signed=True
    )
    assert heard in (None, value)


# ---- inside the rig ------------------------------------------------------------------


def rig_with(model: str = "IC-7610", /, **knobs: str) -> Rig:
    """A rig whose knobs are turned to these texts."""
    dialect = Dialect()
    for name, text in knobs.items():
        dialect = dialect.with_knob(name, text)
    rig = Rig(MODELS[model], rng=random.Random(1))
    set_up_rig(rig, dialect, 0.0)
    return rig


def swept(rig: Rig) -> list[bytes]:
    """The frames of one sweep of its scope."""
    for body in ("2710 01", "2711 01"):
        frame = f"fefe{rig.civ_address:02x}e0{body}fd"
        rig.handle_frame(bytes.fromhex(frame), 0.0)
    at = rig.next_timeout()
    assert at is not None
    rig.handle_timeout(at)
    return list(iter(rig.poll_unsolicited, None))


@shows("standby")
def test_in_standby_civ_is_silent_until_18_01() -> None:
    rig = rig_with(standby="on")
    assert (rig.handle_frame(READ, 1.0), rig.echoes(READ)) == ([], False)
    rig.handle_frame(bytes.fromhex("fefe98e01801fd"), 2.0)
    awake_at = rig.next_timeout()
    assert awake_at is not None
    assert rig.handle_frame(READ, awake_at) != []
    assert rig_with(standby="off").handle_frame(READ, 1.0) != []


@shows("scope_split")
@pytest.mark.parametrize(
    ("split", "sizes"), [("off", [711]), ("on", [22, *[60] * 13, 49])]
)
def test_a_sweep_comes_in_one_frame_or_in_divisions(
    split: str, sizes: list[int]
) -> None:
    assert [len(frame) for frame in swept(rig_with(scope_split=split))] == sizes


@shows("scope_pixels")
@pytest.mark.parametrize(
    ("model", "pixels", "split", "sizes"),
    [
        ("IC-7610", "475", "off", [22 + 475]),
        ("IC-7610", "475", "on", [22, *[60] * 9, 35]),
        ("IC-705", "689", "off", [22 + 689]),
        ("IC-705", "model", "off", [22 + 475]),
    ],
)
def test_a_sweep_has_as_many_pixels_as_the_dialect(
    model: str, pixels: str, split: str, sizes: list[int]
) -> None:
    rig = rig_with(model, scope_pixels=pixels, scope_split=split)
    assert [len(frame) for frame in swept(rig)] == sizes


def test_standby_follows_its_knob_and_no_other() -> None:
    off = Dialect()
    on = off.with_knob("standby", "on")
    rig = rig_with(standby="on")
    rig.wake(1.0)
    rig.handle_timeout(60.0)
    set_up_rig(rig, on.with_knob("scope_pixels", "475"), 60.0, on)
    assert rig.is_on, "woken, it stays awake"
    set_up_rig(rig, on, 61.0, off)
    assert rig.power_state is PowerState.STANDBY
    set_up_rig(rig, off, 62.0, on)
    rig.handle_timeout(120.0)
    assert rig.is_on
    rig.switch_off(121.0)
    set_up_rig(rig, on, 122.0, off)
    assert rig.power_state is not PowerState.STANDBY
