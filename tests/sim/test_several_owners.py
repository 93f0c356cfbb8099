"""A fake radio with several owners at once, as wfview's server has them (#50)."""

import pytest

from foreign_client import AUDIO, CIV, ForeignClient, RadioBench
from icom_proto.civ_commands import set_ptt
from icom_proto.civ_frames import build_frame
from icom_proto.codes import Codec, Request
from icom_proto.packets import AudioData, Disconnect
from icom_sim.dialects.presets import dialect_named
from icom_sim.fake_radio import FakeRadio
from icom_sim.network import Network
from icom_sim.radio_setup import RadioSetup

SETUP = RadioSetup(password="icom1234", dialect=dialect_named("wfserver"))


def served(setup: RadioSetup = SETUP) -> tuple[FakeRadio, RadioBench]:
    """The whole radio where else its core is."""
    bench = RadioBench()
    radio = FakeRadio(
        setup,
        civ_port=50002,
        audio_port=50003,
        network=Network(),
        listener=lambda *_: None,
    )
    bench.radio = radio  # type: ignore[assignment]
    return radio, bench


def sizes_heard(bench: RadioBench, client: ForeignClient) -> set[int]:
    """Of the datagrams of audio that come to this client in half a second."""
    heard = client.heard(bench.wait(0.5), AUDIO)
    return {len(body.data) for _, body in heard if isinstance(body, AudioData)}


@pytest.mark.parametrize("host", ["192.168.1.10", "192.168.1.11"])
def test_each_owner_hears_in_its_own_codec_also_when_another_left(host: str) -> None:
    """Two programs on one machine, too, whatever ports they named."""
    _, bench = served()
    first, second = bench.client(), bench.client(host, 53001)
    first.connect()
    second.connect(rx_codec=Codec.ULAW_MONO, rx_rate_hz=8000)
    assert sizes_heard(bench, first) == {1364, 556}
    assert sizes_heard(bench, second) == {160}
    first.say(Disconnect())
    assert sizes_heard(bench, first) == set()
    assert sizes_heard(bench, second) == {160}
    first.connect()
    assert sizes_heard(bench, first) == {1364, 556}


def test_who_only_listens_does_not_take_the_transmitter_from_another() -> None:
    radio, bench = served()
    sender, listener = bench.client(), bench.client("192.168.1.11")
    sender.connect()
    listener.connect()
    for number in range(5):
        sender.send_audio(number)
    assert radio.summary()["tx_datagrams"]["received"] == 5


def test_who_gives_its_streams_back_and_takes_them_again_is_not_keyed() -> None:
    radio, bench = served(SETUP.turned("disc_data_ports", "honour"))
    client = bench.client()
    client.connect()
    client.send_civ(build_frame(0x98, 0xE0, set_ptt(True)))
    assert radio.rig.transmitting
    for stream in (CIV, AUDIO):
        client.say(Disconnect(), stream)
    client.say(client.token_packet(Request.CLOSE_STREAMS))
    client.say(client.stream_request())
    assert not radio.rig.transmitting
