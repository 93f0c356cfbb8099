"""How numbers that are missing are put into retransmit requests (PROTOCOL.md 2.7)."""

from typing import Final

from icom_proto.link_dialect import LinkDialect, RtxForm
from icom_proto.packets import RetransmitMany, SeqRange

# What a radio fills its second range with is not known (12, question 5). guess: 0-0, as
# the one capture has it, if its second range was not meant.
PADDING: Final = SeqRange(first=0, last=0)
RANGES_MAX: Final = 2  # in one datagram: the only size that all known parsers take


def requests(seqs: list[int], dialect: LinkDialect) -> list[tuple[int, bytes]]:
    """The number in the header and the body of each request, in order."""
    if dialect.rtx_form is RtxForm.SINGLE:
        return [(seq, b"") for seq in seqs]
    if dialect.rtx_form is RtxForm.RANGE2:
        return _in_ranges(runs(seqs, dialect.rtx_wrap_split))
    return _doubled(seqs)


def runs(seqs: list[int], wrap_split: bool) -> list[SeqRange]:
    """Numbers that follow each other, as ranges; one over the wrap is two if split."""
    found: list[SeqRange] = []
    for seq in seqs:
        follows = bool(found) and seq == (found[-1].last + 1) & 0xFFFF
        if follows and (seq or not wrap_split):
            found[-1] = SeqRange(first=found[-1].first, last=seq)
        else:
            found.append(SeqRange(first=seq, last=seq))
    return found


def _doubled(seqs: list[int]) -> list[tuple[int, bytes]]:
    """Two doubled pairs to a datagram: the form all known parsers take (2.7)."""
    each = [SeqRange(first=seq, last=seq) for seq in seqs]
    whole = len(each) // RANGES_MAX * RANGES_MAX
    packed = [
        _packed(*each[at : at + RANGES_MAX]) for at in range(0, whole, RANGES_MAX)
    ]
    return packed + [(seq, b"") for seq in seqs[whole:]]


def _in_ranges(ranges: list[SeqRange]) -> list[tuple[int, bytes]]:
    """Two ranges to a datagram; a single number that is left goes alone."""
    packed: list[tuple[int, bytes]] = []
    for at in range(0, len(ranges), RANGES_MAX):
        pair = ranges[at : at + RANGES_MAX]
        if len(pair) == RANGES_MAX:
            packed.append(_packed(*pair))
        elif pair[0].first == pair[0].last:
            packed.append((pair[0].first, b""))
        else:
            packed.append(_packed(pair[0], PADDING))
    return packed


def _packed(*ranges: SeqRange) -> tuple[int, bytes]:
    return 0, RetransmitMany(ranges=ranges).encode()
