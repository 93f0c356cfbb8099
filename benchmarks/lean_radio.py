"""A radio that does as little as possible: the fixed end that clients are timed
against.

It grants every session at once, answers a CI-V frequency read with bytes made
beforehand and everything else with NG, keeps no history, checks nothing and asks for
nothing. It is the same for all contenders, so what differs between their times is their
own.

Its first line of output names its ports. A number N sent to the command port makes it
send N audio datagrams to the latest client of the audio port; the command is echoed
when the kernel has queued them all.
"""

import json
import socket
import struct
from dataclasses import dataclass, replace
from threading import Thread

from benchmarks.radio_record import RECORD
from benchmarks.workload import audio_datagram
from icom_proto.codec import Body
from icom_proto.codes import (
    CONNECTION_RADIO,
    TOKEN_OK,
    CivKind,
    PacketType,
    Reply,
    Request,
)
from icom_proto.packets import (
    Capabilities,
    ConnInfo,
    Login,
    LoginResponse,
    Status,
    StreamRequest,
    Token,
)

HOST = "127.0.0.1"
RADIO_ID = 0x5E1F8A3C
TOKEN = bytes.fromhex("9d1c40e2")

_HEADER = struct.Struct("<IHHII").pack
_SEQ_AND_IDS = struct.Struct("<HII").unpack_from
_LE16, _BE16 = struct.Struct("<H").pack, struct.Struct(">H").pack
_CONTROLLER = 0x18  # where a frame at 0x15 names its sender
_COMMAND = 0x19  # what comes behind that
_ANSWERS = {
    bytes.fromhex("03fd"): bytes.fromhex("0300508103 00fd"),  # 3.815 MHz
    bytes.fromhex("1900fd"): bytes.fromhex("190098fd"),
}
_EVERYBODY, _DIAL_MOVED = 0x00, bytes.fromhex("0000508103 00fd")
_NG = bytes.fromhex("fafd")


@dataclass
class Client:
    """One client's link: whom to answer, and the next number of each counter."""

    address: tuple[str, int]
    id: int
    seq: int = 1
    inner_seq: int = 0


class LeanStream:
    """One port, served by one thread that blocks in `recvfrom`."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((HOST, 0))
        self.port: int = self.socket.getsockname()[1]
        self.latest: Client | None = None
        self._clients: dict[tuple[str, int], Client] = {}

    def serve(self) -> None:
        """Answer datagrams for ever."""
        while True:
            datagram, address = self.socket.recvfrom(2048)
            client = self._clients.get(address)
            if datagram[4] == 0 and len(datagram) > 16 and client is not None:
                self.on_data(client, datagram)
            elif datagram[4] != 0:
                self._on_link_packet(datagram, address)

    def on_data(self, client: Client, datagram: bytes) -> None:
        """What the client says goes nowhere, unless a kind of stream listens."""

    def send(self, client: Client, body: bytes) -> None:
        """A tracked datagram."""
        header = _HEADER(16 + len(body), 0, client.seq, RADIO_ID, client.id)
        client.seq = client.seq + 1 & 0xFFFF
        self.socket.sendto(header + body, client.address)

    def _on_link_packet(self, datagram: bytes, address: tuple[str, int]) -> None:
        seq, client_id, _ = _SEQ_AND_IDS(datagram, 6)
        match datagram[4]:
            case PacketType.ARE_YOU_THERE:
                self.latest = self._clients[address] = Client(address, client_id)
                answer = (PacketType.I_AM_HERE, 0, b"")
            case PacketType.READY:
                answer = (PacketType.READY, seq, b"")
            case PacketType.PING if datagram[16] == 0:
                answer = (PacketType.PING, seq, b"\x01" + datagram[17:21])
            case _:
                return
        kind, seq, body = answer
        header = _HEADER(16 + len(body), kind, seq, RADIO_ID, client_id)
        self.socket.sendto(header + body, address)


class LeanControl(LeanStream):
    """Login, token and stream request: all granted."""

    def __init__(self, civ_port: int, audio_port: int) -> None:
        super().__init__()
        self._civ_port, self._audio_port = civ_port, audio_port

    def on_data(self, client: Client, datagram: bytes) -> None:
        """Answer a control packet. Each kind has a size of its own."""
        match len(datagram):
            case 0x80:
                answers = [self._accept(Login.decode(datagram))]
            case 0x40:
                answers = self._confirm(Token.decode(datagram))
            case 0x90:
                answers = [self._grant(StreamRequest.decode(datagram))]
            case _:
                answers = []
        for answer in answers:
            self.send(client, answer.encode())

    def _accept(self, login: Login) -> Body:
        return LoginResponse(
            payload_size=0x50,
            reply=Reply.ANSWER,
            request=Request.LOGIN,
            inner_seq=login.inner_seq,
            token_request=login.token_request,
            token=TOKEN,
            connection=CONNECTION_RADIO,
        )

    def _confirm(self, token: Token) -> list[Body]:
        if token.request != Request.CONFIRM_TOKEN:
            return [replace(token, reply=Reply.ANSWER, response=TOKEN_OK)]
        capabilities = Capabilities(
            payload_size=0x32 + 0x66,
            reply=Reply.ANSWER,
            request=Request.CONFIRM_TOKEN,
            inner_seq=token.inner_seq,
            token_request=token.token_request,
            token=TOKEN,
            radio_count=1,
            radios=(RECORD,),
        )
        free = ConnInfo(
            payload_size=0x80,
            reply=Reply.ANSWER,
            request=Request.STREAMS,
            inner_seq=0,
            token_request=token.token_request,
            token=TOKEN,
            identity=RECORD.identity,
            name=RECORD.name,
        )
        return [capabilities, free]

    def _grant(self, asked: StreamRequest) -> Body:
        return Status(
            payload_size=0x40,
            reply=Reply.ANSWER,
            request=Request.STREAMS,
            inner_seq=asked.inner_seq,
            token_request=asked.token_request,
            token=TOKEN,
            identity=RECORD.identity,
            civ_port=self._civ_port,
            audio_port=self._audio_port,
        )


class LeanCiv(LeanStream):
    """Answers the reads of frequency and identity, and NG to anything else."""

    def on_data(self, client: Client, datagram: bytes) -> None:
        """One frame; or an open, after which some clients wait for any frame."""
        if datagram[0x10] != CivKind.DATA:
            self._send_frame(client, _EVERYBODY, _DIAL_MOVED)
        else:
            answer = _ANSWERS.get(datagram[_COMMAND:], _NG)
            self._send_frame(client, datagram[_CONTROLLER], answer)

    def _send_frame(self, client: Client, to: int, rest: bytes) -> None:
        frame = bytes([0xFE, 0xFE, to, RECORD.civ_address]) + rest
        client.inner_seq = client.inner_seq + 1 & 0xFFFF
        front = b"\xc1" + _LE16(len(frame)) + _BE16(client.inner_seq)
        self.send(client, front + frame)


class LeanAudio(LeanStream):
    """Silent, until told to send."""

    def send_burst(self, count: int) -> None:
        """`count` datagrams at once, as after a stall, to the client that came last."""
        client = self.latest
        assert client is not None
        for _ in range(count):
            datagram = audio_datagram(
                client.seq, client.inner_seq, sender_id=RADIO_ID, receiver_id=client.id
            )
            self.socket.sendto(datagram, client.address)
            client.seq = client.seq + 1 & 0xFFFF
            client.inner_seq = client.inner_seq + 1 & 0xFFFF


def main() -> None:
    """Serve until killed."""
    civ, audio = LeanCiv(), LeanAudio()
    control = LeanControl(civ.port, audio.port)
    commands = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    commands.bind((HOST, 0))
    for serve in (control.serve, civ.serve, audio.serve):
        Thread(target=serve, daemon=True).start()
    ports = {"control": control.port, "civ": civ.port, "audio": audio.port}
    print(json.dumps(ports | {"commands": commands.getsockname()[1]}), flush=True)
    obey(commands, audio)


def obey(commands: socket.socket, audio: LeanAudio) -> None:
    """Send the bursts that commands ask for, and say so, for ever."""
    while True:
        count, address = commands.recvfrom(16)
        audio.send_burst(int(count))
        commands.sendto(count, address)


if __name__ == "__main__":
    main()
