"""What the contents of a memory channel consist of, per model (spec CIV.md 3.12).

A layout is a row of fields behind the channel number. Which bytes a field may have is
asked elsewhere (`memories`): here only their order and sizes stand.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice

from icom_proto.errors import DecodeError


class Part(Enum):
    """What a field of a memory channel says."""

    SCAN = auto()
    FREQUENCY = auto()
    MODE = auto()
    FILTER = auto()
    DATA = auto()
    DATA_AND_TONE = auto()
    DUPLEX = auto()
    DUPLEX_AND_TONE = auto()
    DV_SQUELCH = auto()
    REPEATER_TONE = auto()
    SQUELCH_TONE = auto()
    DTCS = auto()
    DV_CODE = auto()
    OFFSET = auto()
    CALL_SIGNS = auto()
    TUNING_STEP = auto()
    ATTENUATOR = auto()
    PREAMP = auto()
    ANTENNA = auto()
    IP_PLUS = auto()
    NAME = auto()
    MODE_SQUELCH = auto()


_GROUP_SIZE = 2

Field = tuple[Part, int]
# The values of one side: a channel that remembers split has two.
Side = dict[Part, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryLayout:
    """How many channels there are, how one is named, and what is in it.

    `banks` are the groups or bands that have channels of their own, with the size of
    their number in bytes; `block` is what the split side repeats.
    """

    channels: range
    banks: range = range(1)
    bank_size: int = 0
    block: tuple[Field, ...]
    split_side: bool = False
    tail: tuple[Field, ...]

    @property
    def has_groups(self) -> bool:
        """Groups are chosen with 08 A0; bands by tuning."""
        return self.bank_size == _GROUP_SIZE

    def split(self, data: bytes) -> list[Side]:
        """The fields of a channel, for each side; DecodeError if the size is wrong."""
        if len(data) != self.size:
            raise DecodeError(f"a channel has {self.size} bytes, not {len(data)}")
        rest = iter(data)
        head = _take(_HEAD, rest)
        sides = [_take(self.block, rest)]
        if self.split_side:
            sides.append(_take(self.block, rest))
        tail = _take(self.tail, rest)
        return [head | side | tail for side in sides]

    def join(self, sides: Sequence[Side]) -> bytes:
        first = sides[0]
        parts = [first[part] for part, _ in _HEAD]
        parts += [side[part] for side in sides for part, _ in self.block]
        parts += [first[part] for part, _ in self.tail]
        return b"".join(parts)

    @property
    def size(self) -> int:
        """Bytes behind the channel number."""
        blocks = self.block * (2 if self.split_side else 1)
        return sum(size for _, size in (*_HEAD, *blocks, *self.tail))


# Split in the high digit where the model has a split side, and the scan mark.
_HEAD: tuple[Field, ...] = ((Part.SCAN, 1),)


def _take(fields: tuple[Field, ...], rest: Iterator[int]) -> Side:
    return {part: bytes(islice(rest, size)) for part, size in fields}


# ---- layouts -------------------------------------------------------------------------

_TUNED: tuple[Field, ...] = ((Part.MODE, 1), (Part.FILTER, 1))
_TONES: tuple[Field, ...] = ((Part.REPEATER_TONE, 3), (Part.SQUELCH_TONE, 3))
_HF_BLOCK = ((Part.FREQUENCY, 5), *_TUNED, (Part.DATA_AND_TONE, 1), *_TONES)
_DV_REST = (
    *((*_TUNED, (Part.DATA, 1), (Part.DUPLEX_AND_TONE, 1), (Part.DV_SQUELCH, 1))),
    *_TONES,
    *((Part.DTCS, 3), (Part.DV_CODE, 1), (Part.OFFSET, 3), (Part.CALL_SIGNS, 24)),
)
_DV_BLOCK = ((Part.FREQUENCY, 5), *_DV_REST)
_SHORT_NAME: tuple[Field, ...] = ((Part.NAME, 10),)
_LONG_NAME: tuple[Field, ...] = ((Part.NAME, 16),)
_GROUPS = range(100)

MEMORY_MK2 = MemoryLayout(
    channels=range(1, 102), block=_HF_BLOCK, split_side=True, tail=_SHORT_NAME
)
MEMORY_DUAL = MemoryLayout(channels=range(1, 102), block=_HF_BLOCK, tail=_SHORT_NAME)
MEMORY_7760 = MemoryLayout(channels=range(1, 100), block=_HF_BLOCK, tail=_SHORT_NAME)
MEMORY_705 = MemoryLayout(
    banks=_GROUPS,
    bank_size=_GROUP_SIZE,
    channels=range(100),
    block=_DV_BLOCK,
    split_side=True,
    tail=_LONG_NAME,
)
MEMORY_905 = MemoryLayout(
    banks=_GROUPS,
    bank_size=_GROUP_SIZE,
    channels=range(100),
    block=((Part.FREQUENCY, 6), *_DV_REST),
    tail=_LONG_NAME,
)
MEMORY_9700 = MemoryLayout(
    banks=range(1, 4),
    bank_size=1,
    channels=range(1, 108),
    block=_DV_BLOCK,
    tail=_LONG_NAME,
)
MEMORY_R8600 = MemoryLayout(
    banks=_GROUPS,
    bank_size=_GROUP_SIZE,
    channels=range(100),
    block=(
        *((Part.FREQUENCY, 5), *_TUNED, (Part.DUPLEX, 1), (Part.OFFSET, 4)),
        *((Part.TUNING_STEP, 4), (Part.ATTENUATOR, 1), (Part.PREAMP, 1)),
        *((Part.ANTENNA, 1), (Part.IP_PLUS, 1)),
    ),
    tail=(*_LONG_NAME, (Part.MODE_SQUELCH, 8)),
)
