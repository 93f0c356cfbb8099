"""Scrubs sessions with random credentials, and looks for them in what comes out.

    python -m icom_sim.captures.scrub_soak --rounds 100000

Each round is a session with another user name, password and computer: the login twice,
once with the password one place too far; the stream request; cut and unknown datagrams;
and CI-V and audio that quote them. What comes out is searched here, by hand.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from random import Random
from typing import Final

from icom_proto.codec import Body
from icom_proto.codes import Reply, Request, Stream
from icom_proto.credentials import CREDENTIAL_MAX, obscure, reveal
from icom_proto.datagrams import encode_datagram
from icom_proto.errors import DecodeError
from icom_proto.events import Address
from icom_proto.packets import (
    AudioData,
    CivData,
    ConnInfo,
    Header,
    Login,
    StreamRequest,
)
from icom_sim.captures.reader import CapturedDatagram
from icom_sim.captures.scrub import Cleaner, MakeCleaner, ScrubOptions, clean, look
from icom_sim.captures.scrub_substitutes import Substitutes

_CLIENT, _RADIO = "192.168.178.20", "192.168.178.5"
_PORTS: Final = (50001, 50002, 50003)
# Fewer characters are in random bytes by chance; such credentials are compared whole.
_TELLING: Final = 4
_HEADER_SIZE: Final = 16


@dataclass(frozen=True, slots=True)
class Person:
    """Who logs in."""

    username: str
    password: str
    computer: str

    def texts(self) -> tuple[str, str, str]:
        return self.username, self.password, self.computer


def random_person(rng: Random) -> Person:
    """1 to 16 characters each, all that logins take; they may be the same."""
    texts = [
        "".join(
            chr(rng.randint(0x20, 0x7E)) for _ in range(rng.randint(1, CREDENTIAL_MAX))
        )
        for _ in range(3)
    ]
    computer = texts[2].strip() or "x"  # blanks at its end are padding
    return Person(texts[0], texts[1], computer)


def session(person: Person, rng: Random) -> list[CapturedDatagram]:
    """Its datagrams, as in a capture."""
    return [
        CapturedDatagram(number, number / 100, source, destination, data)
        for number, (source, destination, data) in enumerate(_sent(person, rng), 1)
    ]


def _sent(person: Person, rng: Random) -> Iterator[tuple[Address, Address, bytes]]:
    user, password = obscure(person.username), obscure(person.password)
    login = Login(
        payload_size=0x70,
        reply=Reply.REQUEST,
        request=Request.LOGIN,
        inner_seq=1,
        token_request=rng.randbytes(2),
        token=bytes(4),
        username=user,
        password=password,
        computer=person.computer.encode(),
    )
    client, radio, data = _up(Stream.CONTROL, login)
    yield client, radio, data
    yield client, radio, data[: rng.randint(65, 127)]  # cut on its way
    yield from _granted(login, rng)
    shifted = obscure(f" {person.password}"[:CREDENTIAL_MAX])[1:]
    in_clear = (person.password.encode(), person.username.encode())
    quote = rng.choice((*in_clear, user, password, shifted))
    said = b"\xfe\xfe\x98\xe0\x17" + quote + b"\xfd"
    yield _up(Stream.CIV, CivData(data_length=len(said), data=said))
    heard = rng.randbytes(40) + quote + rng.randbytes(40)
    audio = AudioData(ident=0, send_seq=1, data_length=len(heard), data=heard)
    yield _down(Stream.AUDIO, audio)
    # On the control stream nobody knows what that is.
    yield _up(Stream.CONTROL, CivData(data_length=len(heard), data=heard))


def _granted(login: Login, rng: Random) -> Iterator[tuple[Address, Address, bytes]]:
    token = rng.randbytes(4)
    request = StreamRequest(
        payload_size=0x80,
        reply=Reply.REQUEST,
        request=Request.STREAMS,
        inner_seq=2,
        token_request=login.token_request,
        token=token,
        identity=rng.randbytes(16),
        name=b"my own radio",
        username=login.username,
    )
    yield _up(Stream.CONTROL, request)
    notice = ConnInfo(
        payload_size=0x80,
        reply=Reply.NOTICE,
        request=Request.LOGIN,
        inner_seq=0,
        token_request=login.token_request,
        token=token,
        identity=request.identity,
        name=request.name,
        computer=login.computer,
        ip_address=ip_address(_CLIENT).packed,
    )
    yield _down(Stream.CONTROL, notice)


def _up(stream: Stream, body: Body) -> tuple[Address, Address, bytes]:
    client, radio = _ends(stream)
    return client, radio, _datagram(body)


def _down(stream: Stream, body: Body) -> tuple[Address, Address, bytes]:
    client, radio = _ends(stream)
    return radio, client, _datagram(body)


def _ends(stream: Stream) -> tuple[Address, Address]:
    port = _PORTS[stream]
    return Address(_CLIENT, port + 2000), Address(_RADIO, port)


def _datagram(body: Body) -> bytes:
    header = Header(
        length=_HEADER_SIZE + len(body.encode()),
        type=body.TYPE,
        seq=1,
        sender_id=1,
        receiver_id=2,
    )
    return encode_datagram(header, body)


def left_of(person: Person, datagrams: Sequence[CapturedDatagram]) -> list[str]:
    """Which of a person's texts are still there, and how."""
    left = []
    for name, text in zip(Person.__slots__, person.texts(), strict=True):
        if len(text) < _TELLING:
            found = any(text in _fields(each.data) for each in datagrams)
        else:
            forms = list(_forms(text))
            found = any(form in each.data for each in datagrams for form in forms)
        if found:
            left.append(name)
    return left


def _forms(text: str) -> Iterator[bytes]:
    yield text.encode()
    for place in range(CREDENTIAL_MAX - _TELLING + 1):
        yield obscure((" " * place + text)[:CREDENTIAL_MAX])[place:]


def _fields(data: bytes) -> set[str]:
    """The texts of a whole login or stream request."""
    with suppress(DecodeError):
        login = Login.decode(data)
        fields = login.username, login.password
        return {*map(reveal, fields), login.computer.decode("latin-1")}
    with suppress(DecodeError):
        return {reveal(StreamRequest.decode(data).username)}
    return set()


def soak(rounds: int, seed: int, make_cleaner: MakeCleaner = Cleaner) -> list[str]:
    """One line for each round that left something. It does not say what it was."""
    failures = []
    for number in range(rounds):
        rng = Random(f"{seed}/{number}")
        person = random_person(rng)
        options = ScrubOptions(seed=number)
        datagrams = session(person, rng)
        secrets, _ = look(datagrams, options)
        cleaner = make_cleaner(Substitutes(secrets, options.seed), options)
        left = left_of(person, list(clean(datagrams, cleaner, options)))
        if left:
            failures.append(f"round {number} of seed {seed} left: {', '.join(left)}")
    return failures


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    failures = soak(given.rounds, given.seed)
    lines = [*failures, f"{given.rounds} rounds, {len(failures)} with something left"]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
