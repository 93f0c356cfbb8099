"""`IcomTransport` over real UDP, against the core's link in the radio role."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

import icom_lan
from icom_lan.audio import build_audio_packet, parse_audio_packet
from icom_lan.transport import RECEIVED_MAX, ConnectionState, IcomTransport
from icom_proto.codes import PacketType
from icom_proto.packets import Header
from lan.fast_loop import fast
from lan.link_radio import LOOPBACK, LinkRadio

WAIT_S = 100.0  # of the fast clock


def datagram(payload: bytes = b"audio", send_seq: int = 0) -> bytes:
    return build_audio_packet(payload, sender_id=1, receiver_id=2, send_seq=send_seq)


@asynccontextmanager
async def joined() -> AsyncIterator[tuple[LinkRadio, IcomTransport]]:
    async with LinkRadio() as radio:
        transport = IcomTransport()
        await transport.connect(LOOPBACK, radio.port)
        try:
            yield radio, transport
        finally:
            await transport.disconnect()


async def pending(transport: IcomTransport, count: int) -> None:
    """Returns when so many packets wait, or were dropped."""
    while (  # noqa: ASYNC110  nothing else tells
        transport.rx_pending + transport.rx_dropped < count
    ):
        await asyncio.sleep(0)


def test_the_states_are_strings() -> None:
    assert [*ConnectionState] == ["disconnected", "connecting", "connected"]


@pytest.mark.check("2.4")
@fast
async def test_mistake_31_the_radio_is_found_connected_and_left() -> None:
    async with LinkRadio() as radio:
        transport = IcomTransport()
        assert transport.state is ConnectionState.DISCONNECTED
        connecting = asyncio.create_task(transport.connect(LOOPBACK, radio.port))
        await asyncio.sleep(0)
        assert str(transport.state) == "connecting"
        await connecting
        assert str(transport.state) == "connected"
        assert transport.my_id & 0xFFFF0000 == 0x10000
        assert transport.remote_id == 0x0BADCAFE
        await transport.disconnect()
        assert str(transport.state) == "disconnected"
        assert radio.closed


@fast
async def test_packets_travel_both_ways() -> None:
    async with joined() as (radio, transport):
        before = transport.send_seq
        await transport.send_tracked(datagram(b"to the radio", 7))
        await radio.until(lambda: radio.packets)
        assert radio.packets[0].data == b"to the radio"
        assert transport.send_seq != before
        radio.send(b"to the client")
        packet = parse_audio_packet(await transport.receive_packet(timeout=WAIT_S))
        assert packet is not None
        assert packet.data == b"to the client"
        assert transport.rx_last_seq is not None


@pytest.mark.check("2.5")
@fast
async def test_pings_go_out_and_are_answered_without_a_call() -> None:
    async with joined() as (radio, transport):
        transport.start_ping_loop()
        # Its own, and answers to the radio's.
        await radio.until(lambda: radio.came(PacketType.PING) >= 6)
        assert transport.state is ConnectionState.CONNECTED


@pytest.mark.check("2.6")
@fast
async def test_a_packet_that_the_radio_missed_is_repeated() -> None:
    async with joined() as (radio, transport):
        radio.drops = lambda data: b"lost" in data and not radio.dropped
        for payload in (b"before", b"lost", b"after"):
            await transport.send_tracked(datagram(payload))
        await radio.until(lambda: len(radio.packets) == 3)
        assert radio.dropped == 1
        heard = {packet.data for packet in radio.packets}
        assert heard == {b"before", b"lost", b"after"}
        assert transport.statistics()["resent"] == 1


@pytest.mark.check("2.6")
async def test_a_packet_that_we_missed_is_asked_for() -> None:
    async with joined() as (radio, transport):
        transport.start_retransmit_loop()
        radio.send(b"first")
        await transport.receive_packet(timeout=WAIT_S)
        radio.lose(b"lost")
        radio.send(b"next")
        heard = [await transport.receive_packet(timeout=WAIT_S) for _ in range(2)]
        packets = [parse_audio_packet(data) for data in heard]
        assert [each.data for each in packets if each] == [b"next", b"lost"]
        assert transport.statistics()["asked"] >= 1
        assert transport.rx_missing == ()


async def test_mistake_16_a_loss_after_the_wrap_is_noticed() -> None:
    async with LinkRadio(first_seq=0xFFFE) as radio:
        transport = IcomTransport()
        await transport.connect(LOOPBACK, radio.port)
        for _ in range(4):
            radio.send(b"across the wrap")
            await transport.receive_packet(timeout=WAIT_S)
        radio.lose(b"lost")
        radio.send(b"next")
        heard = [await transport.receive_packet(timeout=WAIT_S) for _ in range(2)]
        assert heard[1].endswith(b"lost")
        assert transport.rx_last_seq is not None
        assert transport.rx_last_seq < 0x100
        await transport.disconnect()


@fast
async def test_mistake_18_a_range_is_answered_with_all_that_is_in_it() -> None:
    async with joined() as (radio, transport):
        seqs = []
        for count in range(4):
            await transport.send_tracked(datagram(b"%d" % count))
            seqs.append(transport.send_seq - 1)
        await radio.until(lambda: len(radio.packets) == 4)
        radio.ask_for(seqs[0], seqs[-1])
        await radio.until(
            lambda: all(radio.came(PacketType.DATA, seq) == 2 for seq in seqs)
        )


@fast
async def test_mistake_19_a_number_that_is_not_known_is_answered_too() -> None:
    async with joined() as (radio, _):
        radio.ask_for(40_000, 40_000)
        await radio.until(lambda: radio.came(PacketType.DATA, 40_000))


@fast
async def test_mistake_20_a_goodbye_of_the_radio_ends_the_link() -> None:
    async with joined() as (radio, transport):
        radio.send(b"last words")
        radio.close()
        assert b"last words" in await transport.receive_packet(timeout=WAIT_S)
        with pytest.raises(icom_lan.ConnectionError, match="said goodbye"):
            await transport.receive_packet(timeout=WAIT_S)
        assert transport.state is ConnectionState.DISCONNECTED
        with pytest.raises(icom_lan.ConnectionError, match="said goodbye"):
            await transport.send_tracked(datagram())


@fast
async def test_a_radio_that_falls_silent_ends_the_link() -> None:
    async with joined() as (radio, transport):
        radio.drops = lambda _: True
        with pytest.raises(icom_lan.ConnectionError, match="fell silent"):
            await transport.receive_packet(timeout=1000.0)


@fast
async def test_mistake_38_what_nobody_fetches_is_limited() -> None:
    async with joined() as (radio, transport):
        extra = 40
        for count in range(RECEIVED_MAX + extra):
            radio.send(b"%d" % count)
            if count % 100 == 0:
                await pending(transport, count + 1)
        await pending(transport, RECEIVED_MAX + extra)
        assert (transport.rx_pending, transport.rx_dropped) == (RECEIVED_MAX, extra)
        oldest = parse_audio_packet(await transport.receive_packet())
        assert oldest is not None
        assert oldest.data == b"%d" % extra
        assert transport.discard_received() == RECEIVED_MAX - 1
        assert transport.rx_pending == 0


@fast
async def test_mistake_30_no_packet_in_time_is_the_one_timeout_error() -> None:
    async with joined() as (_, transport):
        with pytest.raises(TimeoutError, match=r"no packet within 0\.2 s") as caught:
            await transport.receive_packet(timeout=0.2)
        assert isinstance(caught.value, icom_lan.TimeoutError)
        assert isinstance(caught.value, asyncio.TimeoutError)


@fast
async def test_nobody_there_is_a_timeout_error_and_leaves_nothing_open() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((LOOPBACK, 0))
        transport = IcomTransport()
        with pytest.raises(icom_lan.TimeoutError, match="check host and port"):
            await transport.connect(LOOPBACK, silent.getsockname()[1])
        assert transport.state is ConnectionState.DISCONNECTED
        async with LinkRadio() as radio:  # and it can be used again
            await transport.connect(LOOPBACK, radio.port)
            await transport.disconnect()


@fast
async def test_a_cancelled_connect_says_goodbye() -> None:
    async with LinkRadio() as radio:
        transport = IcomTransport()
        radio.drops = lambda data: Header.decode(data).type == PacketType.READY
        connecting = asyncio.create_task(transport.connect(LOOPBACK, radio.port))
        await radio.until(lambda: radio.dropped)
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting
        assert transport.state is ConnectionState.DISCONNECTED
        await radio.until(lambda: radio.closed)


async def test_disconnect_while_the_name_is_looked_up_ends_the_connect() -> None:
    async with LinkRadio() as radio:
        transport = IcomTransport()
        connecting = asyncio.create_task(transport.connect("localhost", radio.port))
        await asyncio.sleep(0)
        await transport.disconnect()
        with pytest.raises(icom_lan.ConnectionError, match="while connecting"):
            await connecting
        assert transport.state is ConnectionState.DISCONNECTED
        await transport.connect(LOOPBACK, radio.port)
        await transport.disconnect()


@fast
async def test_a_cancelled_disconnect_leaves_nothing_open() -> None:
    async with LinkRadio() as radio:
        transport = IcomTransport()
        await transport.connect(LOOPBACK, radio.port)
        leaving = asyncio.create_task(transport.disconnect())
        await asyncio.sleep(0)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        assert transport.state is ConnectionState.DISCONNECTED
        await radio.until(lambda: radio.closed)


@fast
async def test_disconnecting_wakes_who_waits_for_a_packet() -> None:
    async with joined() as (_, transport):
        waiting = asyncio.create_task(transport.receive_packet(timeout=1000.0))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="waiting already"):
            await transport.receive_packet()
        await transport.disconnect()
        with pytest.raises(icom_lan.ConnectionError, match="closed by this side"):
            await waiting


@fast
async def test_a_cancelled_wait_loses_no_packet() -> None:
    async with joined() as (radio, transport):
        waiting = asyncio.create_task(transport.receive_packet(timeout=1000.0))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        radio.send(b"kept")
        assert b"kept" in await transport.receive_packet(timeout=WAIT_S)


@fast
async def test_connecting_twice_is_refused() -> None:
    async with joined() as (radio, transport):
        with pytest.raises(RuntimeError, match="Already connected"):
            await transport.connect(LOOPBACK, radio.port)


@fast
async def test_without_a_link_nothing_can_be_sent_or_fetched() -> None:
    transport = IcomTransport()
    assert (transport.my_id, transport.remote_id, transport.rx_last_seq) == (0, 0, None)
    assert (transport.rx_missing, transport.statistics()) == ((), {})
    with pytest.raises(icom_lan.ConnectionError, match="call connect"):
        await transport.send_tracked(datagram())
    with pytest.raises(icom_lan.ConnectionError, match="call connect"):
        await transport.receive_packet()
    await transport.disconnect()


@pytest.mark.parametrize("port", [0, -1, 65536])
@fast
async def test_a_port_that_cannot_be_is_refused(port: int) -> None:
    with pytest.raises(ValueError, match="allowed is 1 to 65535"):
        await IcomTransport().connect(LOOPBACK, port)


@pytest.mark.parametrize("data", [b"", bytes(15), b"\x10\0\0\0\x05" + bytes(11)])
@fast
async def test_only_data_packets_can_be_sent(data: bytes) -> None:
    async with joined() as (_, transport):
        with pytest.raises(ValueError, match=f"a packet of {len(data)} bytes"):
            await transport.send_tracked(data)
