"""`icom-sim scrub`: a capture that can be shown to others.

Three passes: the first looks for secrets, the second writes without them, and the
third, by other means, looks whether one is left in what was written. Only then the file
gets its name; whatever goes wrong before, there is none.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from icom_proto.codec import HEADER_SIZE
from icom_proto.events import Address
from icom_proto.packets import Header
from icom_sim.captures.follow import Follower, Placed
from icom_sim.captures.pcap_writer import CaptureWriteError, PcapWriter
from icom_sim.captures.reader import STANDARD_INPUT, CapturedDatagram, CaptureReader
from icom_sim.captures.scrub_rewrite import Rewriter
from icom_sim.captures.scrub_scan import Scan
from icom_sim.captures.scrub_secrets import Secrets
from icom_sim.captures.scrub_substitutes import SubstituteError, Substitutes

# As in follow: what claims more was damaged on its way.
_DATAGRAM_MAX = 0x1000


class ScrubError(Exception):
    """Nothing was written: one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrubOptions:
    """`secrets` are texts that must not be left, wherever they stand."""

    seed: int = 0
    secrets: tuple[bytes, ...] = ()
    silence_audio: bool = False
    keep_civ: bool = False
    keep_others: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrubReport:
    """What was done. `notes` are those of the reader, one line each."""

    datagrams: int
    sessions: int
    others: int
    texts: int
    tokens: int
    hardware: int
    hosts: int
    notes: tuple[str, ...] = ()


class Cleaner:
    """Makes harmless what it is given, in the order of the capture."""

    def __init__(self, substitutes: Substitutes, options: ScrubOptions) -> None:
        self._index = substitutes.index
        self._rewriter = Rewriter(
            substitutes,
            keep_civ=options.keep_civ,
            silence_audio=options.silence_audio,
        )

    def cleaned(self, placed: Placed) -> bytes:
        """What stands in a field by its meaning, the rest by its bytes."""
        return self._index.replaced(self._rewriter.rewritten(placed), HEADER_SIZE)

    def searched(self, data: bytes) -> bytes:
        """Of something that is not Icom's nothing is known."""
        return self._index.replaced(data)


MakeCleaner: TypeAlias = Callable[[Substitutes, ScrubOptions], Cleaner]


def scrub_file(
    source: str,
    destination: str,
    options: ScrubOptions,
    *,
    make_cleaner: MakeCleaner = Cleaner,
) -> ScrubReport:
    """Raises ScrubError, and CaptureError if the source is no capture."""
    if source == STANDARD_INPUT:
        raise ScrubError("it is read twice: give a file, not the standard input")
    target = _target(source, destination)
    reader, before = CaptureReader(source), _stamp(source)
    secrets, report = look(reader, options)
    report = replace(report, notes=tuple(reader.notes))
    if not report.datagrams:
        raise ScrubError("; ".join((f"no Icom session in {source!r}", *report.notes)))
    try:
        substitutes = Substitutes(secrets, options.seed)
    except SubstituteError as error:
        raise ScrubError(f"cannot scrub {source!r}: {error}") from error
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.part")
    cleaner = make_cleaner(substitutes, options)
    try:
        with PcapWriter(str(unfinished)) as capture:
            for cleaned in clean(reader, cleaner, options):
                _note(capture, substitutes, cleaned)
        if _stamp(source) != before:
            raise ScrubError(f"{source!r} changed while it was read")
        left = Scan(secrets).first_left(CaptureReader(unfinished))
        if left is not None:
            raise ScrubError(f"{destination!r} is not written, by a bug: {left}")
        os.replace(unfinished, target)
    except CaptureWriteError as error:
        told = str(error).replace(str(unfinished), destination)
        raise ScrubError(told) from error
    except OSError as error:
        raise ScrubError(
            f"cannot write capture {destination!r}: {error.strerror}"
        ) from error
    finally:
        with suppress(OSError):
            unfinished.unlink()
    return report


def look(
    datagrams: Iterable[CapturedDatagram], options: ScrubOptions
) -> tuple[Secrets, ScrubReport]:
    """The first pass."""
    secrets, follower = Secrets(options.secrets), Follower()
    rewriter = Rewriter(secrets, keep_civ=True, silence_audio=False)
    count = 0
    for datagram in datagrams:
        placed = follower.place(datagram)
        if placed is not None:
            count += 1
            rewriter.rewritten(placed)
        elif options.keep_others:
            secrets.host(datagram.source.host)
            secrets.host(datagram.destination.host)
    return secrets, ScrubReport(
        datagrams=count,
        sessions=follower.sessions,
        others=follower.others,
        texts=len(secrets.texts),
        tokens=len(secrets.tokens),
        hardware=len(secrets.macs) + len(secrets.guids),
        hosts=len(secrets.hosts),
    )


def clean(
    datagrams: Iterable[CapturedDatagram], cleaner: Cleaner, options: ScrubOptions
) -> Iterator[CapturedDatagram]:
    """The second pass."""
    follower = Follower()
    for datagram in datagrams:
        placed = follower.place(datagram)
        if placed is not None:
            yield replace(datagram, data=cleaner.cleaned(placed))
        elif options.keep_others:
            yield replace(datagram, data=cleaner.searched(datagram.data))


def _note(
    capture: PcapWriter, substitutes: Substitutes, datagram: CapturedDatagram
) -> None:
    source, destination = (
        Address(substitutes.host(end.host), end.port)
        for end in (datagram.source, datagram.destination)
    )
    data, size = datagram.data, None
    if datagram.cut and len(data) >= HEADER_SIZE:
        length = Header.decode(data).length
        size = length if len(data) < length < _DATAGRAM_MAX else None
    capture.note(source, destination, data, t=datagram.t, size=size)


def _target(source: str, destination: str) -> Path:
    """Where the file is put. A device would be replaced by it, and an original lost."""
    target = Path(os.path.realpath(destination))
    if target.exists() and not (target.is_file() or target.is_dir()):
        raise ScrubError(f"cannot write capture {destination!r}: it is no file")
    if os.path.realpath(source) == str(target):
        raise ScrubError(
            f"IN and OUT are both {destination!r}: the original would be gone; give OUT"
            " another name"
        )
    return target


def _stamp(path: str) -> tuple[int, int] | None:
    """What changes when somebody writes to the file."""
    try:
        found = os.stat(path)
    except OSError:
        return None  # the reader says it better
    return found.st_size, found.st_mtime_ns
