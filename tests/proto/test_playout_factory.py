"""One door to both profiles: what it refuses, decoders that are handed in, the page."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icom_proto.audio_formats import pcm_of, samples_of
from icom_proto.codes import Codec
from icom_proto.errors import LocalProtocolError
from icom_proto.playout import Profile, make_playout
from icom_proto.playout_frames import FrameKind, SizedDecoder
from sources import ROOT

TICK = 0.02
PACKET, PACKET_FRAMES = bytes([1, 2, 3]), 160


class CountingDecoder:
    """Packets of 20 ms at 8 kHz: sound 100, its own concealment 7, FEC 50."""

    def __init__(self, *, fec: bool) -> None:
        self._fec = fec

    def frames(self, payload: bytes) -> int:
        return PACKET_FRAMES if payload else 0

    def decode(self, payload: bytes) -> bytes:
        return pcm_of([100] * self.frames(payload))

    def conceal(self, frames: int) -> bytes:
        return pcm_of([7] * frames)

    def recover(self, next_payload: bytes) -> bytes | None:
        return pcm_of([50] * self.frames(next_payload)) if self._fec else None


def heard(*, fec: bool, lost: set[int], profile: str = "voice") -> list[int]:
    playout = make_playout(
        profile,
        Codec.OPUS_MONO,
        8000,
        floor_ms=60,
        delay_ms=60,
        decoder=CountingDecoder(fec=fec),
    )
    samples: list[int] = []
    for at in range(60):
        if at not in lost:
            playout.put(at, PACKET, at * TICK)
        samples += samples_of(playout.pull(at * TICK).pcm)
    return samples


def test_the_example_of_the_page_runs_as_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = (ROOT / "docs" / "playout.md").read_text("utf-8")
    example = page.split("```python\n")[1].split("```")[0]
    exec(compile(example, "docs/playout.md", "exec"), {})
    assert capsys.readouterr().out == "PLAYED 0.0\n"


def test_a_decoder_with_redundancy_recovers_a_single_loss() -> None:
    samples = heard(fec=True, lost={30})
    assert samples.count(50) == 160
    assert 7 not in samples


def test_a_decoder_conceals_by_itself_where_it_can() -> None:
    samples = heard(fec=False, lost={30, 31})
    assert samples.count(7) == 320
    assert samples.count(50) == 0


def test_data_has_silence_where_voice_makes_something_up() -> None:
    samples = heard(fec=True, lost={30, 40}, profile="data")
    begin = samples.index(100)
    silent = [at for at, value in enumerate(samples[begin:]) if not value]
    assert silent == [*range(30 * 160, 31 * 160), *range(40 * 160, 41 * 160)]


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize(
    "codec", [Codec.ULAW_MONO, Codec.PCM8_STEREO, Codec.PCM16_STEREO]
)
def test_both_profiles_play_every_sized_codec(profile: Profile, codec: Codec) -> None:
    playout = make_playout(profile, codec, 8000, delay_ms=20, floor_ms=20)
    size = 160 * {1: 1, 2: 2, 4: 4}[160 // SizedDecoder(codec).frames(bytes(160))]
    kinds = []
    for at in range(50):
        playout.put(at, bytes(size), at * TICK)
        frame = playout.pull(at * TICK)
        assert len(frame.pcm) == playout.frame_bytes
        kinds.append(frame.kind)
    assert set(kinds[5:]) == {FrameKind.PLAYED}
    assert playout.position is not None


def test_what_is_not_possible_is_refused() -> None:
    for wrong in (
        {"profile": "music"},
        {"codec": Codec.OPUS_MONO},
        {"codec": Codec.NONE},
        {"rate_hz": 100},
        {"frame_ms": 0},
        {"delay_ms": -1.0, "profile": "data"},
        {"floor_ms": 50.0, "ceiling_ms": 20.0},
    ):
        chosen = {"profile": "voice", "codec": Codec.PCM16_MONO, "rate_hz": 8000}
        with pytest.raises(LocalProtocolError):
            make_playout(**{**chosen, **wrong})  # type: ignore[arg-type]


def test_payloads_that_are_no_audio_are_refused_and_counted() -> None:
    playout = make_playout("voice", Codec.PCM16_MONO, 8000)
    for payload in (b"", b"\x01", bytes(60_000)):
        playout.put(0, payload, 0.0)
    assert playout.statistics().refused == 3


@pytest.mark.parametrize("profile", Profile)
@settings(max_examples=50, deadline=None)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["put", "put", "pull"]),
            st.one_of(st.integers(0, 0xFFFF), st.integers(0, 30)),
            st.binary(max_size=700),
            st.floats(0, 0.5),
        ),
        max_size=150,
    )
)
def test_any_arrivals_give_one_whole_frame_a_tick(
    steps: list[tuple[str, int, bytes, float]], profile: Profile
) -> None:
    playout, now = make_playout(profile, Codec.PCM16_MONO, 8000), 0.0
    for what, seq, payload, passed in steps:
        now += passed
        if what == "put":
            playout.put(seq, payload, now)
        else:
            assert len(playout.pull(now).pcm) == playout.frame_bytes
    figures = playout.statistics()
    assert figures.frames == sum(step[0] == "pull" for step in steps)
    assert min(figures.lost, figures.late, figures.concealed_ms) >= 0
