"""A port of a radio on real UDP: what leaves in one piece arrives as datagrams, and a
client with a socket of its own is nobody else's affair."""

import errno
import socket
from collections.abc import Iterator

import pytest

from icom_proto.codes import Stream
from icom_proto.events import Address, TransmitBlock
from icom_sim.radio_endpoint import RadioEndpoint

LOOPBACK = "127.0.0.1"


@pytest.fixture
def peer() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind((LOOPBACK, 0))
        opened.settimeout(5)
        yield opened


@pytest.fixture
def endpoint() -> Iterator[RadioEndpoint]:
    opened = RadioEndpoint(LOOPBACK)
    yield opened
    opened.close()


def address_of(opened: socket.socket) -> Address:
    return Address(*opened.getsockname())


def block_for(peer: socket.socket, data: bytes, size: int) -> TransmitBlock:
    return TransmitBlock(Stream.AUDIO, data, address_of(peer), size)


@pytest.mark.parametrize("cut_size", [0, 1388, 700])
def test_a_block_arrives_as_its_datagrams_whatever_the_kernel_cuts(
    peer: socket.socket, endpoint: RadioEndpoint, cut_size: int
) -> None:
    assert endpoint.cut_at(cut_size) is (cut_size > 0)
    data = bytes(range(256)) * 12
    endpoint.send_block(block_for(peer, data, 1388))
    parts = [data[:1388], data[1388:2776], data[2776:]]
    assert [peer.recv(4096) for _ in parts] == parts
    assert endpoint.errors == endpoint.dropped == 0


def test_a_long_datagram_is_not_cut(
    peer: socket.socket, endpoint: RadioEndpoint
) -> None:
    endpoint.cut_at(1388)
    endpoint.send(bytes(2000), address_of(peer))
    assert len(peer.recv(4096)) == 2000


def test_a_block_that_the_way_cannot_take_leaves_datagram_by_datagram(
    peer: socket.socket, endpoint: RadioEndpoint
) -> None:
    # Larger than what the loopback's 64 KiB hold, so the kernel refuses it in one.
    endpoint.cut_at(40_000)
    endpoint.send_block(block_for(peer, bytes(79_000), 40_000))
    assert [len(peer.recv(65536)) for _ in range(2)] == [40_000, 39_000]
    assert endpoint.errors == 1


def test_a_witness_sees_each_datagram_of_a_block(peer: socket.socket) -> None:
    seen = list[bytes]()
    endpoint = RadioEndpoint(LOOPBACK, witness=lambda _, __, data: seen.append(data))
    endpoint.cut_at(1388)
    endpoint.send_block(block_for(peer, bytes(1392), 1388))
    assert seen == [bytes(1388), bytes(4)]
    assert [len(peer.recv(4096)) for _ in seen] == [1388, 4]
    assert endpoint.connected_to(address_of(peer), 21) is None, "it would see nothing"
    endpoint.close()


def test_a_client_with_a_socket_of_its_own_is_heard_there_and_others_at_the_port(
    peer: socket.socket, endpoint: RadioEndpoint
) -> None:
    own = endpoint.connected_to(address_of(peer), 21)
    assert own is not None
    own.send(bytes(21) + bytes(16))
    assert [peer.recvfrom(64) for _ in range(2)] == [
        (bytes(21), endpoint.local),
        (bytes(16), endpoint.local),
    ]
    peer.sendto(b"of the client", endpoint.local)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind((LOOPBACK, 0))
        stranger.sendto(b"of a stranger", endpoint.local)
        assert endpoint.receive() == (b"of a stranger", address_of(stranger))
    assert own.recv(64) == b"of the client"
    assert endpoint.receive() is None
    own.close()
    peer.sendto(b"again", endpoint.local)
    assert endpoint.receive() == (b"again", address_of(peer))


def test_the_port_stays_taken_beside_a_socket_of_a_client(
    peer: socket.socket, endpoint: RadioEndpoint
) -> None:
    own = endpoint.connected_to(address_of(peer), 21)
    assert own is not None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with pytest.raises(OSError, match="in use") as raised:
            other.bind(endpoint.local)
        assert raised.value.errno == errno.EADDRINUSE
    own.close()
