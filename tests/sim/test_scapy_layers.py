"""scapy layers: every recorded datagram there and back, and packets made by keyword."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, UDP
from scapy.packet import NoPayload, Packet, Raw

from builders import hostile_datagrams
from icom_proto.codec import HEADER_SIZE
from icom_proto.codes import Codec, Stream
from icom_proto.datagrams import decode_datagram
from icom_proto.packets import Capabilities, CivData, Header, StreamRequest
from icom_sim.captures.declarations import PACKETS
from icom_sim.captures.declarations import Packet as PacketFacts
from icom_sim.captures.roundtrip import outcomes
from icom_sim.captures.scapy_layers import (
    BODIES,
    HEADERS,
    RECORDS,
    IcomAudio,
    IcomCiv,
    IcomControl,
    dissect,
)
from sim.dissector_samples import FILES, recorded, stream_of
from sources import ROOT

CAPTURES = ROOT / "fixtures" / "captures"


def rebuilt(layer: Packet) -> bytes:
    """Its bytes, made anew of its fields: scapy would give back those it has read."""
    layer.clear_cache()
    return bytes(layer)


def test_every_recorded_datagram_is_taken_apart_and_put_together() -> None:
    not_packets = 0
    for sent in recorded():
        layer = dissect(sent.data, stream_of(sent))
        not_packets += isinstance(layer.payload, Raw | NoPayload)
        assert rebuilt(layer) == sent.data
    lines = (CAPTURES / "not_packets.txt").read_text("utf-8").splitlines()
    assert not_packets == sum(not line.startswith("#") for line in lines)


def test_fields_have_the_values_of_our_decoder() -> None:
    path = next(path for path in FILES if "session-ulaw-8k" in path.stem)
    kinds = set()
    for outcome in outcomes(path):
        assert outcome.packet is not None
        header, body = outcome.packet
        if type(body) in kinds or body.encode() == b"":
            continue
        kinds.add(type(body))
        layer = dissect(outcome.datagram.data, outcome.stream)
        for packet, layer_of_it in ((header, layer), (body, layer.payload)):
            for name in layer_of_it.fields:
                value = layer_of_it.getfieldval(name)
                if isinstance(value, bytes):
                    value = value.rstrip(b"\0")
                ours = getattr(packet, name)
                if isinstance(ours, bytes):
                    ours = ours.rstrip(b"\0")
                assert value == ours or name == "radios"
    assert len(kinds) >= 9


@given(st.binary(max_size=60) | hostile_datagrams(), st.sampled_from(Stream))
def test_no_bytes_get_lost_and_nothing_raises(data: bytes, stream: Stream) -> None:
    assert rebuilt(dissect(data, stream)) == data


@pytest.mark.parametrize("facts", PACKETS, ids=lambda facts: facts.kind)
def test_each_kind_is_built_with_its_length_filled_in(facts: PacketFacts) -> None:
    body = BODIES[facts.kind]()
    if facts.kind == "stream-request":  # of the size of another, told by its request
        body.setfieldval("request", "STREAMS")
    for field in facts.fields:
        if field.record is not None:
            body.setfieldval(field.name, [RECORDS[field.record.name]()])
    stream = facts.streams[0]
    raw = bytes(HEADERS[stream](sender_id=1, receiver_id=2) / body)
    header, found = decode_datagram(stream, raw)
    assert (header.length, type(found)) == (len(raw), facts.body)


def test_sizes_and_counts_that_are_left_out_are_filled_in() -> None:
    frame = bytes.fromhex("fefe98e003fd")
    _, civ = decode_datagram(
        Stream.CIV, bytes(IcomCiv() / BODIES["civ-data"](data=frame))
    )
    assert isinstance(civ, CivData)
    assert (civ.data_length, civ.data) == (6, frame)
    radios = [RECORDS["radio-record"](name=name) for name in (b"IC-705", b"IC-9700")]
    raw = bytes(IcomControl() / BODIES["capabilities"](radios=radios))
    _, found = decode_datagram(Stream.CONTROL, raw)
    assert isinstance(found, Capabilities)
    assert [radio.name for radio in found.radios] == [b"IC-705", b"IC-9700"]
    assert (found.radio_count, found.payload_size) == (2, len(raw) - HEADER_SIZE)


def test_what_is_given_is_kept_even_if_it_is_wrong() -> None:
    raw = bytes(IcomControl(length=0x18) / BODIES["retransmit-many"](ranges=[]))
    assert Header.decode(raw).length == 0x18


def test_defaults_are_those_of_the_declaration() -> None:
    raw = bytes(IcomControl() / BODIES["stream-request"](request="STREAMS"))
    _, found = decode_datagram(Stream.CONTROL, raw)
    assert isinstance(found, StreamRequest)
    assert (found.rx_codec, found.rx_rate_hz) == (Codec.PCM16_MONO, 48000)


def test_the_usual_ports_are_enough_to_find_the_layer() -> None:
    ping = BODIES["ping"](time=5)
    for port, layer in ((50001, IcomControl), (50002, IcomCiv), (50003, IcomAudio)):
        for udp in (UDP(dport=port), UDP(sport=port, dport=4000)):
            found = IP(bytes(IP() / udp / bytes(layer() / ping)))
            assert found[layer].payload.getfieldval("time") == 5


def test_names_and_codes_are_shown() -> None:
    path = next(path for path in FILES if "wrong-password" in path.stem)
    login = next(o for o in outcomes(path) if len(o.datagram.data) == 0x80)
    shown = str(dissect(login.datagram.data, Stream.CONTROL).show(dump=True))
    lines = {" ".join(line.split()) for line in shown.splitlines()}
    assert {
        "###[ IcomLogin ]###",
        "type = DATA",
        "request = LOGIN",
        "username = 223f5c31373100000000000000000000",
        "computer = b'lab-wfvi-wfview'",
    } <= lines


def test_less_than_a_header_is_raw() -> None:
    layer = dissect(b"abc", Stream.AUDIO)
    assert isinstance(layer, Raw)
    assert bytes(layer) == b"abc"
