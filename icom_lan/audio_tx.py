"""What turns audio of the application into blocks for the radio."""

from icom_lan.audio_plan import PcmShape, TxPlan
from icom_lan.exceptions import AudioFormatError
from icom_proto.events import StreamsGranted


class Transmitter:
    """Payloads are sent as they are."""

    def __init__(self, plan: TxPlan) -> None:
        self.plan = plan

    def flush(self) -> list[bytes]:
        """Blocks of what waits for more, at the end."""
        return []


class PcmTransmitter(Transmitter):
    """PCM in frames of one length, encoded in the codec that the radio granted."""

    def __init__(self, plan: TxPlan, shape: PcmShape, granted: StreamsGranted) -> None:
        # Imported when it is needed: it brings tables that a CI-V program has no use
        # for.
        from icom_lan._audio_transcoder import PcmAudioFormat
        from icom_lan.pcm import PcmEncoder

        super().__init__(plan)
        source = PcmAudioFormat(shape.sample_rate, shape.channels, shape.frame_ms)
        self._encoder = PcmEncoder(granted.tx_codec, granted.tx_rate_hz, source)
        self._shape = shape
        self._frame_bytes = source.frame_bytes
        self._rest = b""  # less than a frame, of the last chunk

    def checked(self, pcm: object) -> bytes:
        """What is exactly one frame long."""
        data = _as_bytes(pcm)
        if len(data) != self._frame_bytes:
            shape = self._shape
            raise AudioFormatError(
                f"PCM frame size mismatch: {len(data)} bytes, but {shape.frame_ms} ms"
                f" at {shape.sample_rate} Hz with {shape.channels} channels of 16 bit"
                f" are {self._frame_bytes} (chunks of any size:"
                " push_audio_tx_pcm_chunk)"
            )
        return data

    def reframe(self, pcm: object) -> list[bytes]:
        """Whole frames of what is left and this; the rest is left for next time."""
        data, size = self._rest + _as_bytes(pcm), self._frame_bytes
        whole = len(data) - len(data) % size
        self._rest = data[whole:]
        return [data[at : at + size] for at in range(0, whole, size)]

    def encode(self, frame: bytes) -> list[bytes]:
        """Blocks that are complete now. Raises AudioTranscodeError."""
        return self._encoder.feed(frame)

    def flush(self) -> list[bytes]:
        """The last blocks, padded with silence."""
        sample_frame = 2 * self._shape.channels
        rest, self._rest = self._rest, b""
        rest += bytes(-len(rest) % sample_frame)
        blocks = self._encoder.feed(rest) if rest else []
        return blocks + self._encoder.flush()


def _as_bytes(pcm: object) -> bytes:
    if not isinstance(pcm, bytes | bytearray | memoryview):
        raise AudioFormatError(
            f"PCM must be bytes, bytearray or memoryview, not {type(pcm).__name__}"
        )
    return bytes(pcm)
