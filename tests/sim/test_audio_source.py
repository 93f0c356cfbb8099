"""Audio sources: exact, endless, repeatable; and clear about what they cannot play."""

import random
import threading
import wave
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest

from icom_proto.audio_formats import RATE_BITS, pcm_of, samples_of
from icom_sim.audio_quality import SILENCE_DBFS, level_dbfs, tone_share
from icom_sim.audio_source import (
    TONE_PEAK,
    AudioSource,
    AudioSourceError,
    RingSource,
    SourceMaker,
    check_source,
)
from icom_sim.raw_input import RawInput
from icom_sim.wav_file import WAV_S_MAX

RATES = list(RATE_BITS)


def source(spec: str, rate_hz: int = 48000, seed: int = 1) -> AudioSource:
    return SourceMaker(spec).make(rate_hz, random.Random(seed))


def write_wav(
    path: Path,
    data: bytes,
    *,
    rate_hz: int = 48000,
    channels: int = 1,
    width: int = 2,
) -> str:
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(channels)
        wav.setsampwidth(width)
        wav.setframerate(rate_hz)
        wav.writeframes(data)
    return str(path)


@pytest.mark.parametrize("rate_hz", [8000, 11025, 48000])
@pytest.mark.parametrize("spec", ["tone:1000", "noise", "silence", "sweep"])
def test_blocks_of_any_size_join_to_the_same_stream(spec: str, rate_hz: int) -> None:
    whole = source(spec, rate_hz).block(5 * rate_hz)
    cut, pieces = source(spec, rate_hz), []
    sizes = [rate_hz // 50] * 101 + [1, 0, 7, 2 * rate_hz, 3]
    for size in sizes:
        pieces.append(cut.block(size))
        assert len(pieces[-1]) == 2 * size
    joined = b"".join(pieces)
    assert joined == whole[: len(joined)]
    assert len(joined) > 2 * 4 * rate_hz


@pytest.mark.parametrize("rate_hz", RATES)
def test_a_tone_is_pure_and_stays_so_over_the_end_of_its_ring(rate_hz: int) -> None:
    for tone_hz in (10, 700, 997, 1000, rate_hz // 2 - 1):
        tone = source(f"tone:{tone_hz}", rate_hz)
        pcm = tone.block(rate_hz * 5 // 4)
        assert pcm[2 * rate_hz :] == pcm[: 2 * (rate_hz // 4)]
        over_the_end = pcm[-2 * (rate_hz // 2) :]
        share = tone_share(over_the_end, rate_hz, tone_hz)
        assert share == pytest.approx(1, abs=1e-3), tone_hz


def test_a_tone_is_six_db_below_full_scale_at_its_peak() -> None:
    assert max(samples_of(source("tone:1000").block(960))) == TONE_PEAK == 16384


def test_silence_is_silent() -> None:
    assert level_dbfs(source("silence").block(48000)) == SILENCE_DBFS


def test_noise_comes_from_the_generator_it_was_given() -> None:
    assert source("noise", seed=1).block(960) == source("noise", seed=1).block(960)
    assert source("noise", seed=1).block(960) != source("noise", seed=2).block(960)


def test_noise_is_loud_enough_and_white() -> None:
    pcm = source("noise").block(2 * 48000)
    assert level_dbfs(pcm) == pytest.approx(-16.8, abs=0.2)
    assert max(tone_share(pcm, 48000, hz) for hz in (100, 1000, 10000)) < 0.005


@pytest.mark.parametrize("rate_hz", [8000, 48000])
def test_a_sweep_goes_up_and_down_without_a_click(rate_hz: int) -> None:
    sweep = source("sweep", rate_hz)
    samples = samples_of(sweep.block(9 * rate_hz))
    # A sine of 3000 Hz moves by at most its peak times the angle per sample.
    steepest = TONE_PEAK * 6.2832 * 3000 / rate_hz + 1
    steps = [abs(b - a) for a, b in pairwise(samples)]
    assert max(steps) <= steepest
    if (
        rate_hz == 48000
    ):  # the bends of a sine are bounded too; a flipped phase is sharper
        bends = [abs(b - a) for a, b in pairwise(b - a for a, b in pairwise(samples))]
        assert max(bends) <= TONE_PEAK * (6.2832 * 3000 / rate_hz) ** 2 + 2
    # 100 Hz at the ends, 3000 Hz in the middle: crossings of zero in 0.1 s.
    assert crossings(samples, 0.0, rate_hz) == pytest.approx(34, abs=2)
    assert crossings(samples, 1.95, rate_hz) == pytest.approx(590, abs=4)
    assert crossings(samples, 3.9, rate_hz) == pytest.approx(34, abs=2)
    assert crossings(samples, 5.95, rate_hz) == pytest.approx(590, abs=4)


def crossings(samples: tuple[int, ...], start_s: float, rate_hz: int) -> int:
    start = round(start_s * rate_hz)
    part = samples[start : start + rate_hz // 10]
    return sum((a < 0) != (b < 0) for a, b in pairwise(part))


def test_a_ring_shorter_than_a_block_goes_round_more_than_once() -> None:
    ring = RingSource(pcm_of([1, 2, 3]))
    assert samples_of(ring.block(8)) == (1, 2, 3, 1, 2, 3, 1, 2)
    assert samples_of(ring.block(2)) == (3, 1)


@pytest.mark.parametrize(
    ("width", "channels", "data"),
    [
        (1, 1, bytes([0x80, 0xC0, 0x40, 0x00])),
        (1, 2, bytes([0x70, 0x90, 0xC0, 0xC0, 0x00, 0x80, 0x00, 0x00])),
        (2, 1, pcm_of([0, 0x4000, -0x4000, -0x8000])),
        (2, 2, pcm_of([5, -5, 0x4000, 0x4000, -0x8000, 0, -0x8000, -0x8000])),
        (3, 1, bytes.fromhex("ff0000 ff0040 ff00c0 ff0080")),
        (4, 1, bytes.fromhex("ffff0000 ffff0040 ffff00c0 ffff0080")),
    ],
)
def test_a_wav_file_of_any_width_is_played_round_and_round(
    tmp_path: Path, width: int, channels: int, data: bytes
) -> None:
    path = write_wav(tmp_path / "a.WAV", data, width=width, channels=channels)
    assert samples_of(source(path).block(9)) == (
        *(0, 0x4000, -0x4000, -0x8000) * 2,
        0,
    )


def test_a_stereo_file_longer_than_a_second_stays_in_step(tmp_path: Path) -> None:
    frames = [value for at in range(20_000) for value in (at, -at)]
    path = write_wav(tmp_path / "a.wav", pcm_of(frames), channels=2, rate_hz=8000)
    assert source(path, 8000).block(20_000) == bytes(40_000)


@pytest.mark.parametrize("rate_hz", [8000, 12000, 16000, 24000])
def test_a_file_of_a_higher_rate_is_filtered_before_samples_are_left_out(
    tmp_path: Path, rate_hz: int
) -> None:
    # What would fold back into the band must be gone; what is below 0.4 of the rate
    # stays as it is. The first samples are the filter filling up.
    levels = {}
    for share in (0.1, 0.38, 0.52, 0.9):
        tone = source(f"tone:{round(rate_hz * share)}").block(48000)
        path = write_wav(tmp_path / f"{share}.wav", tone)
        played = source(path, rate_hz).block(rate_hz // 8)[200:]
        levels[share] = level_dbfs(played)
    assert levels[0.1] == pytest.approx(-9.03, abs=0.1)
    assert levels[0.38] == pytest.approx(-9.03, abs=0.1)
    assert levels[0.52] < -9 - 45
    assert levels[0.9] < -9 - 45


def test_a_filtered_file_goes_on_over_blocks_and_over_its_end(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", source("tone:1000").block(4800))
    cut = source(path, 8000)
    joined = b"".join(cut.block(160) for _ in range(15))
    assert joined == source(path, 8000).block(2400)
    assert tone_share(joined[1000:], 8000, 1000) > 0.999


def test_filtered_full_scale_is_clipped_and_does_not_wrap(tmp_path: Path) -> None:
    square = pcm_of(([32767] * 60 + [-32768] * 60) * 100)
    path = write_wav(tmp_path / "a.wav", square)
    samples = samples_of(source(path, 8000).block(2000))
    assert max(samples) == 32767
    assert min(samples) == -32768
    assert max(abs(b - a) for a, b in pairwise(samples[100:])) < 60_000


@pytest.mark.parametrize(
    ("file_hz", "rate_hz"), [(44100, 48000), (11025, 8000), (8000, 48000), (7, 8000)]
)
def test_a_file_of_any_rate_is_resampled(
    tmp_path: Path, file_hz: int, rate_hz: int
) -> None:
    tone_hz = 1 if file_hz < 10 else 1000
    tone = source(f"tone:{tone_hz}", file_hz).block(file_hz)
    played = source(write_wav(tmp_path / "a.wav", tone, rate_hz=file_hz), rate_hz)
    blocks = [played.block(rate_hz // 50) for _ in range(25)]
    assert {len(each) for each in blocks} == {2 * (rate_hz // 50)}
    if file_hz > 10:
        pcm = b"".join(blocks[5:])
        assert tone_share(pcm, rate_hz, 1000) > 0.999
        assert level_dbfs(pcm) == pytest.approx(-9.03, abs=0.1)


def test_rates_without_a_common_divisor_are_good_enough(tmp_path: Path) -> None:
    path = write_wav(
        tmp_path / "a.wav", source("tone:1000", 48001).block(48001), rate_hz=48001
    )
    assert tone_share(source(path, 8000).block(4000)[1000:], 8000, 1000) > 0.999


def test_a_rate_that_no_file_has_is_refused(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", bytes(200), rate_hz=768_001)
    says = "has 768001 samples a second: allowed are 1 to 768000$"
    with pytest.raises(AudioSourceError, match=says):
        check_source(path)


def test_a_radio_without_an_antenna_hears_silence() -> None:
    assert source("air").block(960) == bytes(1920)


def test_raw_input_is_heard_in_order_and_its_end_is_told_once() -> None:
    pieces = [b"\1\0\2", b"\0\3\0\4\0\5", b""]
    raw = RawInput(8000, lambda _size: pieces.pop(0)).start()
    assert raw.join(10)
    assert raw.poll_notice() is None
    assert samples_of(raw.block(2)) == (1, 2)
    assert samples_of(raw.block(3)) == (3, 4, 0)  # the last half sample is no sample
    notices = [raw.poll_notice() for _ in range(3)]
    assert notices == ["standard input has ended; the client hears silence", None, None]
    assert raw.block(2) == bytes(4)


def test_raw_input_that_stalls_is_silence_and_blocks_nobody() -> None:
    more = threading.Event()

    def read(_size: int) -> bytes:
        more.wait(10)
        return b""

    raw = RawInput(8000, read).start()
    assert raw.block(160) == bytes(320)
    assert raw.poll_notice() is None
    more.set()
    assert raw.join(10)


def test_raw_input_is_read_half_a_second_ahead_and_no_further() -> None:
    sizes: list[int] = []
    full = threading.Event()

    def read(size: int) -> bytes:
        sizes.append(size)
        if len(sizes) == 26:  # and one that waits for room
            full.set()
        return bytes(size)

    raw = RawInput(8000, read).start()
    assert full.wait(10)
    assert not raw.join(0.05)
    assert sum(sizes) == 26 * 320


def test_raw_input_that_cannot_be_read_has_ended() -> None:
    def read(_size: int) -> bytes:
        raise OSError("gone")

    raw = RawInput(8000, read).start()
    assert raw.join(10)
    assert raw.block(1) == bytes(2)
    assert raw.poll_notice() is not None


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("", "unknown audio source '': give tone:HZ, noise, silence, sweep, air, FILE"),
        ("music", "unknown audio source 'music': give tone:HZ, noise"),
        ("tone", "unknown audio source 'tone'"),
        ("Noise", "unknown audio source 'Noise'"),
        ("tone:", "'tone:': give the tone as 1 to 23999 whole Hz"),
        ("tone:0", "'tone:0': give the tone as 1 to 23999 whole Hz"),
        ("tone:-5", "'tone:-5': give the tone as"),
        ("tone:1e3", "'tone:1e3': give the tone as"),
        ("tone:1000.5", "'tone:1000.5': give the tone as"),
        ("tone:24000", "'tone:24000': give the tone as"),
        ("tone:٣", "give the tone as"),
        ("-:", "'-:': give the rate of standard input as 1000 to 192000 whole"),
        ("-:999", "'-:999': give the rate of standard input"),
        ("-:48k", "'-:48k': give the rate of standard input"),
        ("Air", "unknown audio source 'Air': .* air, FILE.wav, - or -:RATE"),
    ],
)
def test_what_is_no_source_is_refused_with_what_is(spec: str, says: str) -> None:
    with pytest.raises(AudioSourceError, match=says):
        check_source(spec)
    with pytest.raises(AudioSourceError, match=says):
        source(spec)


def test_a_tone_of_half_the_sample_rate_or_more_is_refused() -> None:
    check_source("tone:4000")
    says = "tone of 4000 Hz is too high for 8000 samples a second: give 1 to 3999 Hz"
    with pytest.raises(AudioSourceError, match=says):
        source("tone:4000", 8000)
    assert source("tone:3999", 8000).block(10)


@pytest.mark.parametrize("at", range(44))
def test_a_damaged_header_is_played_or_refused(tmp_path: Path, at: int) -> None:
    path = Path(write_wav(tmp_path / "a.wav", bytes(200)))
    whole = path.read_bytes()
    for value in (0x00, 0x01, 0x7F, 0xFF):
        path.write_bytes(whole[:at] + bytes([value]) + whole[at + 1 :])
        with suppress(AudioSourceError):
            check_source(str(path))


def test_a_file_that_is_not_there_or_no_wav_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        AudioSourceError, match=r"^cannot read audio file '.*no.wav': No such file"
    ):
        check_source(str(tmp_path / "no.wav"))
    for content, says in {b"": "too short", b"RIFFxxxxJUNK" * 9: "not a WAVE"}.items():
        path = tmp_path / "bad.wav"
        path.write_bytes(content)
        with pytest.raises(
            AudioSourceError, match=rf"bad.wav' is not a PCM WAV file: .*{says}"
        ):
            check_source(str(path))


def test_a_file_with_nothing_or_too_much_in_it_is_refused(tmp_path: Path) -> None:
    empty = write_wav(tmp_path / "empty.wav", b"")
    with pytest.raises(AudioSourceError, match="has 0 samples, 48000 a second"):
        check_source(empty)
    surround = write_wav(tmp_path / "surround.wav", bytes(60), channels=6)
    with pytest.raises(AudioSourceError, match="has 6 channels: allowed are 1 and 2"):
        check_source(surround)
    wide = Path(write_wav(tmp_path / "wide.wav", bytes(60), width=4))
    header = bytearray(wide.read_bytes())
    header[34] = 40  # bits a sample
    wide.write_bytes(header)
    with pytest.raises(
        AudioSourceError, match="has 5 bytes a sample: allowed are 1 to 4"
    ):
        check_source(str(wide))
    long = write_wav(tmp_path / "long.wav", bytes(2 * 10 * WAV_S_MAX + 2), rate_hz=10)
    with pytest.raises(AudioSourceError, match="allowed is up to 300 seconds"):
        check_source(long)


def test_a_file_that_was_cut_off_plays_what_is_there(tmp_path: Path) -> None:
    path = Path(write_wav(tmp_path / "a.wav", pcm_of([1, 2, 3, 4, 5, 6]), channels=2))
    path.write_bytes(path.read_bytes()[:-3])
    assert samples_of(source(str(path)).block(3)) == (1, 3, 1)
    path.write_bytes(path.read_bytes()[:44])
    with pytest.raises(AudioSourceError, match="no samples where the header promises"):
        source(str(path))
