"""Spoils a captured session in one place, so that one rule is broken."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from icom_proto.codec import Body
from icom_proto.codes import Role, Stream
from icom_proto.datagrams import encode_datagram
from icom_proto.packets import AreYouThere
from icom_sim.captures.observed import Observed, observe
from icom_sim.captures.reader import CapturedDatagram

Capture = list[CapturedDatagram]
Edit = Callable[[Capture], Capture]
Fields = dict[str, Any]
Picked = tuple[Stream, Role, type[Body]]


def picked(capture: Capture, what: Picked) -> list[Observed]:
    """All of this stream, side and kind."""
    stream, side, kind = what
    found = [
        seen
        for seen in observe(capture)
        if (seen.stream, seen.side) == (stream, side) and type(seen.body) is kind
    ]
    assert found, f"the session has no {kind.__name__} of the {side.value}"
    return found


def change(
    what: Picked, nth: int = 0, *, header: Fields | None = None, **fields: object
) -> Edit:
    """Other fields in one of them; its length is right unless the header says it."""

    def edit(capture: Capture) -> Capture:
        seen = picked(capture, what)[nth]
        data = spoiled(seen, header or {}, fields)
        return [
            replace(each, data=data) if each.number == seen.number else each
            for each in capture
        ]

    return edit


def drop(what: Picked, *, since: float = 0.0) -> Edit:
    """None of them is there."""

    def edit(capture: Capture) -> Capture:
        gone = {seen.number for seen in picked(capture, what) if seen.at >= since}
        return [each for each in capture if each.number not in gone]

    return edit


def keep(what: Picked) -> Edit:
    """Nothing else is there."""

    def edit(capture: Capture) -> Capture:
        kept = {seen.number for seen in picked(capture, what)}
        return [each for each in capture if each.number in kept]

    return edit


def add(
    what: Picked,
    body: Body | None = None,
    *,
    nth: int = 0,
    times: int = 1,
    later: float = 0.0,
    every: float = 0.0,
    seq_step: int = 0,
    **header: object,
) -> Edit:
    """After the nth of them, that one again, or `body` with its header."""

    def edit(capture: Capture) -> Capture:
        seen = picked(capture, what)[nth]
        assert seen.header is not None
        assert seen.body is not None
        for time in range(times):
            seq = (seen.header.seq + seq_step * (time + 1)) & 0xFFFF
            given = {"seq": seq, **header}
            if body is not None:
                given["type"] = body.TYPE
            data = spoiled(replace(seen, body=body or seen.body), given, {})
            place = next(
                i for i, each in enumerate(capture) if each.number == seen.number
            )
            ends = capture[place]
            at = ends.t + later + every * time
            new = replace(ends, number=90_000 + time, t=at, data=data)
            capture = sorted([*capture, new], key=lambda each: each.t)
        return capture

    return edit


def stretch(factor: float) -> Edit:
    """The same, more slowly."""
    return lambda capture: [replace(each, t=each.t * factor) for each in capture]


def spoiled(seen: Observed, header: Fields, fields: Fields) -> bytes:
    assert seen.header is not None
    assert seen.body is not None
    replaced: Callable[..., Any] = replace  # of any packet, whose fields differ
    body = replaced(seen.body, **fields)
    length = len(encode_datagram(seen.header, body))
    if seen.header.length:
        header = {"length": length, **header}
    return encode_datagram(replace(seen.header, **header), body)


def edits(capture: Capture, *each: Edit) -> Capture:
    for edit in each:
        capture = edit(capture)
    return capture


def calls(times: int) -> Iterator[Edit]:
    """Nobody answers a client that calls."""
    call = (Stream.CONTROL, Role.CLIENT, AreYouThere)
    yield keep(call)
    yield add(call, times=times, every=0.5)
