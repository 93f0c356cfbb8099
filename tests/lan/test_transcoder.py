"""PCM to Opus and back, frame by frame, with libopus and with other backends."""

from importlib import metadata
from pathlib import Path

import opuslib
import pytest
from packaging.requirements import Requirement

import icom_lan
from icom_lan import AudioCodecBackendError, AudioFormatError, AudioTranscodeError
from icom_lan._audio_transcoder import (
    PcmAudioFormat,
    PcmOpusTranscoder,
    create_pcm_opus_transcoder,
)
from icom_lan.opus_library import OpusDecoder, OpusEncoder, carries_copy
from icom_proto.playout_frames import PacketDecoder
from icom_sim.audio_quality import level_dbfs, tone_share
from lan.tones import speech_with_copies, tone
from lan.without_opuslib import run_without

RATES_HZ = (8000, 12000, 16000, 24000, 48000)


class FakeBackend:
    """Opus that says what it was asked, and gives what it was told to."""

    def __init__(self, opus: object = b"opus", pcm: object = bytes(1920)) -> None:
        self.opus, self.pcm = opus, pcm
        self.asked: list[tuple[object, ...]] = []

    def create_encoder(self, sample_rate: int, channels: int) -> str:
        self.asked.append(("encoder", sample_rate, channels))
        return "an encoder"

    def create_decoder(self, sample_rate: int, channels: int) -> str:
        self.asked.append(("decoder", sample_rate, channels))
        return "a decoder"

    def encode(self, encoder: str, pcm: bytes, samples: int) -> bytes:
        self.asked.append(("encode", encoder, pcm, samples))
        return self._given(self.opus)

    def decode(self, decoder: str, opus: bytes, samples: int) -> bytes:
        self.asked.append(("decode", decoder, opus, samples))
        return self._given(self.pcm)

    def _given(self, what: object) -> bytes:
        if isinstance(what, Exception):
            raise what
        return what  # type: ignore[return-value]  # some tests want no bytes


class NoEncoder(FakeBackend):
    """A backend that does not start."""

    def create_encoder(self, sample_rate: int, channels: int) -> str:
        raise OSError(f"no room for {sample_rate} Hz, {channels}")


class NoDecoder(FakeBackend):
    """One that does so only half."""

    def create_decoder(self, sample_rate: int, channels: int) -> str:
        raise RuntimeError(f"no room for {sample_rate} Hz, {channels}")


MAKE_ONE = """
from icom_lan import AudioCodecBackendError
from icom_lan._audio_transcoder import create_pcm_opus_transcoder
try:
    create_pcm_opus_transcoder()
except AudioCodecBackendError as problem:
    print(problem)
"""


@pytest.mark.check("8.1", "8.2")
@pytest.mark.parametrize("frame_ms", [10, 20, 40, 60])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_tone_survives_the_way_to_opus_and_back(
    rate_hz: int, channels: int, frame_ms: int
) -> None:
    transcoder = create_pcm_opus_transcoder(
        sample_rate=rate_hz, channels=channels, frame_ms=frame_ms
    )
    fmt = transcoder.fmt
    assert fmt.frame_bytes == rate_hz * frame_ms // 1000 * channels * 2
    pcm = tone(rate_hz, channels, 0.36)
    heard = b""
    for start in range(0, len(pcm), fmt.frame_bytes):
        opus = transcoder.pcm_to_opus(pcm[start : start + fmt.frame_bytes])
        assert 0 < len(opus) < fmt.frame_bytes
        decoded = transcoder.opus_to_pcm(opus)
        assert len(decoded) == fmt.frame_bytes
        heard += decoded
    left = b"".join(heard[at : at + 2] for at in range(0, len(heard), 2 * channels))
    assert tone_share(left[rate_hz // 10 * 2 :], rate_hz, 1000) > 0.97


@pytest.mark.check("8.3")
def test_it_is_internal() -> None:
    assert not {"PcmOpusTranscoder", "PcmAudioFormat"} & set(icom_lan.__all__)
    assert "create_pcm_opus_transcoder" not in icom_lan.__all__


def test_the_default_is_20_ms_of_48_khz_mono() -> None:
    fmt = PcmAudioFormat()
    assert (fmt.sample_rate, fmt.channels, fmt.frame_ms, fmt.sample_width) == (
        48000, 1, 20, 2,
    )  # fmt: skip
    assert (fmt.frame_samples, fmt.frame_bytes) == (960, 1920)
    assert create_pcm_opus_transcoder().fmt == PcmOpusTranscoder().fmt == fmt


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (
            {"sample_rate": 44100},
            "Unsupported sample_rate 44100: allowed is 8000, 12000",
        ),
        ({"sample_rate": 48000.0}, "Unsupported sample_rate 48000.0"),
        ({"channels": 3}, "Unsupported channels 3: allowed is 1, 2"),
        ({"channels": True}, "Unsupported channels True"),
        ({"frame_ms": 30}, "Unsupported frame_ms 30: allowed is 10, 20, 40, 60"),
        ({"frame_ms": "20"}, "Unsupported frame_ms '20'"),
    ],
)
@pytest.mark.check("8.8")
def test_a_format_that_does_not_exist_is_refused_with_those_that_do(
    wrong: dict[str, int], says: str
) -> None:
    with pytest.raises(AudioFormatError, match=says):
        create_pcm_opus_transcoder(**wrong)
    with pytest.raises(AudioFormatError, match=says):
        PcmAudioFormat(**wrong)


def test_samples_of_another_width_than_16_bit_are_refused() -> None:
    with pytest.raises(
        AudioFormatError, match="Unsupported sample_width 3: allowed is 2"
    ):
        PcmAudioFormat(sample_width=3)


@pytest.mark.parametrize("pcm", [b"", bytes(1918), bytes(1922), bytes(3840)])
@pytest.mark.check("8.8")
def test_a_pcm_frame_of_another_size_is_refused_before_the_backend_sees_it(
    pcm: bytes,
) -> None:
    backend = FakeBackend()
    transcoder = PcmOpusTranscoder(backend=backend)
    with pytest.raises(
        AudioFormatError, match=rf"PCM frame size mismatch.*{len(pcm)} "
    ):
        transcoder.pcm_to_opus(pcm)
    assert [asked[0] for asked in backend.asked] == ["encoder", "decoder"]


@pytest.mark.parametrize("value", [None, "text", [1, 2], bytearray(1920)])
@pytest.mark.check("8.8", "8.9")
def test_what_is_no_bytes_is_refused(value: bytes) -> None:
    transcoder = PcmOpusTranscoder(backend=FakeBackend())
    kind = type(value).__name__
    with pytest.raises(AudioFormatError, match=f"PCM frame must be bytes, not {kind}"):
        transcoder.pcm_to_opus(value)
    with pytest.raises(AudioFormatError, match=f"Opus frame must be bytes, not {kind}"):
        transcoder.opus_to_pcm(value)


@pytest.mark.check("8.9")
def test_an_empty_opus_frame_is_refused() -> None:
    transcoder = create_pcm_opus_transcoder()
    with pytest.raises(AudioFormatError, match="must not be empty"):
        transcoder.opus_to_pcm(b"")


def test_another_backend_is_asked_for_each_step() -> None:
    backend = FakeBackend(pcm=bytes(640))
    transcoder = PcmOpusTranscoder(PcmAudioFormat(16000), backend=backend)
    assert transcoder.pcm_to_opus(bytes(640)) == b"opus"
    assert transcoder.opus_to_pcm(b"frame") == bytes(640)
    assert backend.asked == [
        ("encoder", 16000, 1),
        ("decoder", 16000, 1),
        ("encode", "an encoder", bytes(640), 320),
        ("decode", "a decoder", b"frame", 320),
    ]


@pytest.mark.parametrize(
    "problem", [ValueError("no"), RuntimeError("no"), OSError("no")]
)
@pytest.mark.check("8.10", "8.11")
def test_what_a_backend_raises_is_a_transcode_error(problem: Exception) -> None:
    backend = FakeBackend(opus=problem, pcm=problem)
    transcoder = PcmOpusTranscoder(backend=backend)
    says = f"{type(problem).__name__}: no"
    with pytest.raises(
        AudioTranscodeError, match=f"encode PCM frame: {says}"
    ) as raised:
        transcoder.pcm_to_opus(bytes(1920))
    assert raised.value.__cause__ is problem
    with pytest.raises(AudioTranscodeError, match=f"decode Opus frame: {says}"):
        transcoder.opus_to_pcm(b"frame")


@pytest.mark.check("8.10", "8.11")
def test_what_a_backend_makes_is_looked_at() -> None:
    transcoder = PcmOpusTranscoder(backend=FakeBackend(opus=None, pcm=[0]))
    with pytest.raises(AudioTranscodeError, match=r"encode PCM frame.*NoneType"):
        transcoder.pcm_to_opus(bytes(1920))
    with pytest.raises(AudioTranscodeError, match=r"decode Opus frame.*list"):
        transcoder.opus_to_pcm(b"frame")
    short = PcmOpusTranscoder(backend=FakeBackend(pcm=bytes(960)))
    with pytest.raises(AudioTranscodeError, match=r"size mismatch: 960 bytes.*1920"):
        short.opus_to_pcm(b"frame")


@pytest.mark.parametrize("backend", [NoEncoder(), NoDecoder()])
@pytest.mark.check("8.7")
def test_a_backend_that_does_not_start_is_a_backend_error(backend: FakeBackend) -> None:
    with pytest.raises(AudioCodecBackendError, match="no room for 24000 Hz, 2"):
        PcmOpusTranscoder(PcmAudioFormat(24000, 2), backend=backend)


@pytest.mark.check("8.11")
def test_bytes_that_are_no_opus_are_a_transcode_error() -> None:
    transcoder = create_pcm_opus_transcoder()
    with pytest.raises(AudioTranscodeError, match=r"decode Opus frame.*corrupted"):
        transcoder.opus_to_pcm(b"\xff" * 5)
    opus = transcoder.pcm_to_opus(bytes(1920))
    assert len(transcoder.opus_to_pcm(opus)) == 1920


@pytest.mark.check("8.11")
def test_an_opus_frame_of_another_length_is_a_size_mismatch() -> None:
    opus = create_pcm_opus_transcoder(frame_ms=40).pcm_to_opus(bytes(3840))
    with pytest.raises(AudioTranscodeError, match=r"size mismatch: 3840 bytes.*1920"):
        create_pcm_opus_transcoder(frame_ms=20).opus_to_pcm(opus)


def test_no_transcoder_disturbs_another_whatever_the_order_of_formats() -> None:
    """Mistake 15: a cache with one place made each change of format start anew."""
    pcm = {channels: tone(48000, channels, 0.4) for channels in (1, 2)}

    def decoded(order: list[int]) -> dict[int, bytes]:
        transcoders = {
            channels: create_pcm_opus_transcoder(channels=channels)
            for channels in (1, 2)
        }
        heard, at = {1: b"", 2: b""}, {1: 0, 2: 0}
        for channels in order:
            size = transcoders[channels].fmt.frame_bytes
            frame = pcm[channels][at[channels] : at[channels] + size]
            at[channels] += size
            opus = transcoders[channels].pcm_to_opus(frame)
            heard[channels] += transcoders[channels].opus_to_pcm(opus)
        return heard

    assert decoded([1, 2] * 20) == decoded([1] * 20 + [2] * 20)


def test_encoder_and_decoder_of_one_transcoder_share_nothing() -> None:
    pcm = tone(48000, 1, 0.2)
    frames = [pcm[at : at + 1920] for at in range(0, len(pcm), 1920)]
    both, sender, receiver = (create_pcm_opus_transcoder() for _ in range(3))
    packets = [sender.pcm_to_opus(frame) for frame in frames]
    for frame, packet in zip(frames, packets, strict=True):
        assert both.pcm_to_opus(frame) == packet
        assert both.opus_to_pcm(packet) == receiver.opus_to_pcm(packet)


@pytest.mark.check("8.4", "8.5")
def test_the_extra_audio_installs_opuslib_and_nothing_else_does() -> None:
    [needed] = [
        Requirement(each)
        for each in metadata.requires("icom-lan-kit") or []
        if Requirement(each).name == "opuslib"
    ]
    assert needed.marker is not None
    assert needed.marker.evaluate({"extra": "audio"})
    assert not needed.marker.evaluate({"extra": ""})


@pytest.mark.check("8.4", "8.7")
def test_without_opuslib_the_error_says_what_to_install() -> None:
    said = run_without(None, MAKE_ONE)
    assert "opuslib, which is not installed" in said
    assert "pip install 'icom-lan-kit[audio]'" in said
    assert "install icom-lan[audio]" in said


@pytest.mark.check("8.7")
def test_without_libopus_the_error_says_so(tmp_path: Path) -> None:
    """Mistake 14: opuslib is there, and raises a bare Exception when imported."""
    (tmp_path / "opuslib" / "api").mkdir(parents=True)
    (tmp_path / "opuslib" / "__init__.py").touch()
    (tmp_path / "opuslib" / "api" / "__init__.py").write_text(
        "raise Exception('Could not find Opus library. Make sure it is installed.')"
    )
    said = run_without(tmp_path, MAKE_ONE)
    assert "libopus is not or does not load (Could not find Opus library" in said
    assert "libopus0" in said


@pytest.mark.check("8.6")
def test_without_opuslib_a_radio_is_made_and_formats_are_checked() -> None:
    said = run_without(
        None,
        """
from icom_lan import AudioFormatError, IcomRadio
from icom_lan._audio_transcoder import create_pcm_opus_transcoder
IcomRadio("192.0.2.1")
try:
    create_pcm_opus_transcoder(sample_rate=44100)
except AudioFormatError as problem:
    print(problem)
""",
    )
    assert "Unsupported sample_rate" in said


@pytest.mark.parametrize(("rate_hz", "channels"), [(48000, 1), (48000, 2), (16000, 1)])
def test_decoding_gives_what_opuslib_gives(rate_hz: int, channels: int) -> None:
    encoder = OpusEncoder(rate_hz, channels)
    ours, theirs = OpusDecoder(rate_hz, channels), opuslib.Decoder(rate_hz, channels)
    pcm, size = tone(rate_hz, channels, 0.4), rate_hz // 50 * 2 * channels
    for start in range(0, len(pcm), size):
        packet = encoder.encode(pcm[start : start + size])
        assert ours.frames(packet) == rate_hz // 50
        assert ours.decode(packet) == theirs.decode(packet, rate_hz // 50)


def test_encoding_gives_what_opuslib_gives() -> None:
    ours = OpusEncoder(48000, 1)
    theirs = opuslib.Encoder(48000, 1, opuslib.APPLICATION_AUDIO)
    pcm = tone(48000, 1, 0.4)
    for start in range(0, len(pcm), 1920):
        frame = pcm[start : start + 1920]
        assert ours.encode(frame) == theirs.encode(frame, 960)


@pytest.mark.parametrize(("rate_hz", "channels"), [(44100, 1), (48000, 3)])
def test_a_format_that_opus_has_not_is_refused(rate_hz: int, channels: int) -> None:
    for make in (OpusDecoder, OpusEncoder):
        with pytest.raises(
            AudioCodecBackendError, match=r"8000.*48000.*1 or 2 channels"
        ):
            make(rate_hz, channels)


def test_what_opus_cannot_encode_or_decode_is_a_transcode_error() -> None:
    with pytest.raises(AudioTranscodeError, match="encode 961 sample frames"):
        OpusEncoder(48000, 1).encode(bytes(1922))
    decoder = OpusDecoder(48000, 1)
    with pytest.raises(AudioTranscodeError, match="0 bytes: it is empty"):
        decoder.decode(b"")
    with pytest.raises(AudioTranscodeError, match="conceal 7 sample frames"):
        decoder.conceal(7)
    assert decoder.frames(b"") == decoder.frames(b"\xff\xff") == 0


def test_a_lost_packet_is_recovered_from_the_copy_in_the_next() -> None:
    packets = speech_with_copies(1)
    assert carries_copy(packets[21])
    whole, lossy = OpusDecoder(16000, 1), OpusDecoder(16000, 1)
    expected = [whole.decode(packet) for packet in packets[:22]]
    for packet in packets[:20]:
        lossy.decode(packet)
    recovered = lossy.recover(packets[21])
    assert recovered is not None
    assert len(recovered) == 640
    assert tone_share(expected[20] * 5, 16000, 300) > 0.9
    assert tone_share(recovered * 5, 16000, 300) > 0.9
    assert len(lossy.decode(packets[21])) == 640


def test_without_a_copy_nothing_is_recovered() -> None:
    silk = speech_with_copies(0)[21]
    celt = OpusEncoder(48000, 1).encode(tone(48000, 1, 0.02))
    for packet in (silk, celt, b"", b"\x08"):
        assert not carries_copy(packet)
        assert OpusDecoder(16000, 1).recover(packet) is None


def test_concealment_goes_on_with_the_tone_and_then_fades() -> None:
    encoder, decoder = OpusEncoder(48000, 1), OpusDecoder(48000, 1)
    pcm = tone(48000, 1, 0.4)
    for start in range(0, len(pcm), 1920):
        decoder.decode(encoder.encode(pcm[start : start + 1920]))
    concealed = [decoder.conceal(960) for _ in range(50)]
    assert {len(each) for each in concealed} == {1920}
    assert tone_share(b"".join(concealed[:5]), 48000, 1000) > 0.9
    assert level_dbfs(concealed[-1]) < level_dbfs(concealed[0]) - 20


def test_the_opus_decoder_serves_the_playout_buffers() -> None:
    decoder: PacketDecoder = OpusDecoder(48000, 1)
    assert decoder.frames(OpusEncoder(48000, 2).encode(bytes(3840))) == 960
