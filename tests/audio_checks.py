"""What the audio API promises, point by point, and which tests hold each point.

The numbers are those of the list of requirements that the project was given; a test
names those that it holds: `@pytest.mark.check("2.17", "2.26")`. `tools/audio_checks.py`
writes docs/audio-checks.md from this.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from sources import Source, dotted, python_files

MARK = "pytest.mark.check"

CHAPTERS = (
    ("0", "Setting"),
    ("1", "Names"),
    ("2", "AudioStream"),
    ("3", "Statistics"),
    ("4", "AudioPacket"),
    ("5", "AudioState"),
    ("6", "JitterBuffer"),
    ("7", "Packets on the wire"),
    ("8", "Transcoder"),
    ("9", "Usage"),
    ("10", "Codec selection"),
    ("11", "Capabilities"),
    ("12", "Opus"),
    ("13", "Migration"),
)

CHECKS = {
    "0.1": "audio goes both ways over the radio's audio UDP port",
    "0.2": "which is port 50003 unless the radio names another one",
    "0.3": "`icom_lan` and `icom_lan.audio` can be imported",
    "1.1": "`start_audio_rx_opus` is there",
    "1.2": "`stop_audio_rx_opus` is there",
    "1.3": "`start_audio_tx_opus` is there",
    "1.4": "`push_audio_tx_opus` is there",
    "1.5": "`stop_audio_tx_opus` is there",
    "1.6": "`start_audio_opus` is there",
    "1.7": "`stop_audio_opus` is there",
    "1.8": "`start_audio_rx_pcm` is there",
    "1.9": "`stop_audio_rx_pcm` is there",
    "1.10": "`start_audio_tx_pcm` is there",
    "1.11": "`push_audio_tx_pcm` is there",
    "1.12": "`stop_audio_tx_pcm` is there",
    "1.13": "PCM works in both directions",
    "1.14": "the low level is named by `_opus`, and those names do not warn",
    "1.15": "`start_audio_rx` still works",
    "1.16": "`stop_audio_rx` still works",
    "1.17": "`start_audio_tx` still works",
    "1.18": "`push_audio_tx` still works",
    "1.19": "`stop_audio_tx` still works",
    "1.20": "`start_audio` still works",
    "1.21": "`stop_audio` still works",
    "1.22": "the old names stay for two minor releases, and it is written which",
    "1.23": "each old name warns, and names the new one",
    "2.1": "`icom_lan.audio.AudioStream` is there",
    "2.2": "one stream receives and sends",
    "2.3": "it sends and receives through an `IcomTransport`",
    "2.4": "the transport finds the radio",
    "2.5": "the transport pings and answers pings",
    "2.6": "the transport repeats what was lost, both ways",
    "2.7": "the audio header is the stream's work, not the transport's",
    "2.8": "the constructor needs `transport`",
    "2.9": "the transport is handed over connected",
    "2.10": "the constructor takes a jitter depth",
    "2.11": "make a stream, start reception, stop it: that is all it takes",
    "2.12": "`state` is a property",
    "2.13": "`transport` is a property",
    "2.14": "`get_audio_stats()` is an ordinary method without arguments",
    "2.15": "`push_tx(opus_data)` is a coroutine",
    "2.16": "and its payload reaches the radio",
    "2.17": "RuntimeError for pushing while not transmitting",
    "2.18": "`start_rx(callback, *, jitter_depth=None)` is a coroutine",
    "2.19": "and begins to receive",
    "2.20": "the callback gets each packet",
    "2.21": "as `AudioPacket | None`; what it returns does not matter",
    "2.22": "None is a missing packet",
    "2.23": "`jitter_depth` replaces the depth of the constructor",
    "2.24": "`jitter_depth=0` is no buffer",
    "2.25": "`jitter_depth=None` is the depth of the constructor",
    "2.26": "RuntimeError for a second `start_rx`",
    "2.27": "RuntimeError for `start_rx` while transmitting",
    "2.28": "`start_tx()` is a coroutine, and begins to transmit",
    "2.29": "also while receiving",
    "2.30": "RuntimeError for a second `start_tx`",
    "2.31": "`stop_rx()` is a coroutine, and ends reception",
    "2.32": "what the buffer holds goes to the callback first",
    "2.33": "`stop_tx()` is a coroutine, and ends transmission",
    "2.34": "and a stream that still receives says so",
    "3.1": "`AudioStream` has statistics",
    "3.2": "`IcomRadio` has statistics",
    "3.3": "they survive a round trip through JSON",
    "3.4": "they are a snapshot, looked up by key",
    "3.5": "`active`: true unless idle",
    "3.6": "`state`: idle, receiving or transmitting",
    "3.7": "`rx_packets_received`: parsed packets",
    "3.8": "`rx_packets_delivered`: packets that the callback got",
    "3.9": "`tx_packets_sent`: packets that were sent",
    "3.10": "`packets_lost`: packets that never came",
    "3.11": "`packet_loss_percent`: lost of delivered and lost, 0 to 100",
    "3.12": "`jitter_ms`: smoothed, in milliseconds",
    "3.13": "`jitter_max_ms`: its highest value",
    "3.14": "`underrun_count`: how often the buffer ran dry",
    "3.15": "`overrun_count`: how often the buffer ran over",
    "3.16": "`estimated_latency_ms`: how long the buffer delays",
    "3.17": "`jitter_buffer_depth_packets`: the depth, 0 without a buffer",
    "3.18": "`jitter_buffer_pending_packets`: what it holds now",
    "3.19": "`duplicates_dropped`: packets that came twice",
    "3.20": "`stale_packets_dropped`: packets that came too late",
    "3.21": "`out_of_order_packets`: packets that others had overtaken",
    "3.22": "there are these 17 keys and no other",
    "3.23": "all figures are numbers from the first moment, also when idle",
    "4.1": "`AudioPacket` is a dataclass",
    "4.2": "`ident` is an int",
    "4.3": "0x0080 from clients; from radios anything",
    "4.4": "`send_seq` is the number of the audio, not of the transport",
    "4.5": "`data` is what stands behind the header",
    "5.1": "`AudioState` is a StrEnum",
    "5.2": "its values are idle, receiving and transmitting",
    "5.3": "its members are IDLE, RECEIVING and TRANSMITTING",
    "5.4": "starting and stopping lead from one to the other as documented",
    "6.1": "`JitterBuffer` is there, to put in order and to delay",
    "6.2": "its `depth` is 5 if nothing is said",
    "6.3": "which is 100 ms where a packet is 20 ms",
    "6.4": "packets leave by their numbers",
    "6.5": "nothing leaves before `depth` packets are there",
    "6.6": "packets that overtook each other are put right",
    "6.7": "a packet that came twice leaves once",
    "6.8": "a missing packet leaves as None",
    "6.9": "the list that `push` returns can be looped over as shown",
    "6.10": "`depth` tells the depth",
    "6.11": "`duplicate_count` tells the packets that came twice",
    "6.12": "`gap_count` tells the Nones",
    "6.13": "`overrun_count` tells how often it was too full",
    "6.14": "`pending` tells the packets it holds",
    "6.15": "`stale_count` tells the packets that came too late",
    "6.16": "`underrun_count` tells how often it was empty",
    "6.17": "`flush()` returns a list of packets and Nones",
    "6.18": "in it is all that was held, in order, None for each hole",
    "6.19": "and nothing is held afterwards",
    "6.20": "`push(packet)` takes one packet",
    "6.21": "and returns the list of what is ready",
    "6.22": "in order",
    "6.23": "with None in the place of a missing one",
    "6.24": "which may be empty",
    "6.25": "number 0 follows 65535",
    "7.1": "`parse_audio_packet(data)` is there",
    "7.2": "and makes an `AudioPacket` of a datagram",
    "7.3": "and None of one that is too short",
    "7.4": "24 bytes are too short",
    "7.5": "and None of what is no data: control, resend requests",
    "7.6": "and raises for nothing that may come from a network",
    "7.7": "`build_audio_packet(opus_data, ...)` is there",
    "7.8": "`sender_id` is a keyword, and needed",
    "7.9": "`receiver_id` is a keyword, and needed",
    "7.10": "`send_seq` is a keyword, and needed",
    "7.11": "`ident` is a keyword; TX_IDENT if not given",
    "7.12": "`TX_IDENT` is 0x0080",
    "7.13": "what is built can be sent as it is",
    "7.14": "and parsed gives back what went in",
    "8.1": "`icom_lan._audio_transcoder` is there",
    "8.2": "it makes Opus of PCM, and PCM of Opus",
    "8.3": "it is internal: not among the names of the package",
    "8.4": "it works by opuslib, which may be missing",
    "8.5": "the extra `audio` installs opuslib",
    "8.6": "without opuslib the package imports, and its low level works",
    "8.7": "AudioCodecBackendError when opuslib is missing",
    "8.8": "AudioFormatError for PCM that is no frame",
    "8.9": "AudioFormatError for Opus that is no packet",
    "8.10": "AudioTranscodeError when encoding fails",
    "8.11": "AudioTranscodeError when decoding fails",
    "9.1": "`async with IcomRadio(...)` connects and disconnects",
    "9.2": "`start_audio_rx_opus` needs a callback and nothing else",
    "9.3": "which gets packets with `.data`, and None for a missing one",
    "9.4": "`stop_audio_rx_opus` ends it",
    "9.5": "`start_audio_rx_pcm` takes rate, channels, frame length and depth",
    "9.6": "its callback gets bytes or None",
    "9.7": "None is a frame that is missing",
    "9.8": "bytes are 16-bit little-endian PCM of exactly the frame asked for",
    "9.9": "`stop_audio_rx_pcm` ends it",
    "9.10": "start, push and stop of low-level transmission, in this order",
    "9.11": "`start_audio_tx_pcm` takes rate, channels and frame length",
    "9.12": "`push_audio_tx_pcm` takes a frame: 1920 bytes for 20 ms",
    "9.13": "`stop_audio_tx_pcm` ends it",
    "9.14": "AudioFormatError for a frame of another size",
    "9.15": "`start_audio_opus(rx_callback=..., tx_enabled=True)` starts both",
    "9.16": "then audio is pushed and heard at the same time",
    "9.17": "`stop_audio_opus` ends both",
    "9.18": "`tx_enabled=False` only receives",
    "10.1": "IcomRadio and AudioCodec come from `icom_lan`",
    "10.2": "IcomRadio takes `audio_codec`",
    "10.3": "PCM_1CH_16BIT if nothing is said",
    "10.4": "IcomRadio takes `audio_sample_rate`",
    "10.5": "the radio is asked for this codec and rate",
    "10.6": "making an IcomRadio needs no login, network or event loop",
    "11.1": "`IcomRadio.audio_capabilities()` needs no object",
    "11.2": "it tells `supported_codecs`",
    "11.3": "and `supported_sample_rates_hz`",
    "11.4": "and `supported_channels`",
    "11.5": "and `default_codec`",
    "11.6": "and `default_sample_rate_hz`",
    "11.7": "and `default_channels`",
    "11.8": "and all six can be printed",
    "11.9": "these are the client's options; what was granted stands elsewhere",
    "11.10": "the default codec is the first one in the order of preference",
    "11.11": "the default rate is the highest one",
    "11.12": "the default channels are those of the default codec",
    "11.13": "or the fewest there are",
    "11.14": "and all this never changes",
    "12.1": "OPUS_1CH is 0x40",
    "12.2": "OPUS_2CH is 0x41",
    "12.3": "both need a radio whose connection type is WFVIEW",
    "12.4": "an ordinary radio is asked for LPCM16, which is 0x04",
    "12.5": "PCM_1CH_16BIT is 0x04",
    "13.1": "`start_audio_rx` does what `start_audio_rx_opus` does",
    "13.2": "`stop_audio_rx` does what `stop_audio_rx_opus` does",
    "13.3": "`start_audio_tx` does what `start_audio_tx_opus` does",
    "13.4": "`push_audio_tx` does what `push_audio_tx_opus` does",
    "13.5": "`stop_audio_tx` does what `stop_audio_tx_opus` does",
    "13.6": "`start_audio` does what `start_audio_opus` does",
    "13.7": "`stop_audio` does what `stop_audio_opus` does",
    "13.8": "the new names are there to be used now",
    "13.9": "received payloads can still be decoded by the caller",
    "13.10": "or `start_audio_rx_pcm` gives bytes or None",
    "13.11": "payloads to send can still be encoded by the caller",
    "13.12": "or `push_audio_tx_pcm` takes PCM",
    "13.13": "then the library does the encoding and decoding",
    "13.14": "and frames to send have one size",
}


@dataclass(frozen=True)
class Marker:
    """One number in one `@pytest.mark.check(...)`."""

    number: str
    file: str
    test: str
    where: str  # file:line


def markers() -> list[Marker]:
    """All of them, by file and line."""
    return [found for source in python_files("tests") for found in _in(source)]


def page(found: list[Marker]) -> str:
    """The text of docs/audio-checks.md."""
    parts = [_HEAD]
    for chapter, title in CHAPTERS:
        parts.append(
            f"\n## {chapter}. {title}\n\n| # | what holds | tests |\n|---|---|---|"
        )
        for number, sentence in CHECKS.items():
            if number.split(".")[0] == chapter:
                told = ", ".join(_told(each) for each in found if each.number == number)
                parts.append(f"| {number} | {sentence} | {told} |")
    return "\n".join(parts) + "\n"


_HEAD = """\
# What the audio API promises, and the tests that hold it

Made by `python tools/audio_checks.py` from `tests/audio_checks.py` and the markers
`@pytest.mark.check(...)`; do not edit. `tests/test_audio_checks.py` fails when a number
has no test, or when this page is not what the tests say."""


def _in(source: Source) -> Iterator[Marker]:
    """Those above a test, and those of single cases within its `parametrize`."""
    for node in source.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for decorator in node.decorator_list:
                for call in ast.walk(decorator):
                    if isinstance(call, ast.Call) and dotted(call.func) == MARK:
                        for number in map(ast.literal_eval, call.args):
                            file = source.name.removeprefix("tests/")
                            yield Marker(number, file, node.name, source.at(call))


def _told(marker: Marker) -> str:
    return f"`{marker.file}::{marker.test}`"
