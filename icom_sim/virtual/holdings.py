"""What is held in memory: by some objects, by the process, and which of ours live.

For long runs that must not grow. It looks at the objects themselves, so no part needs
to tell what it keeps, and a new container cannot be forgotten.
"""

import gc
import sys
from collections import Counter
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import NamedTuple

# Shared by everybody, and held by nobody in particular.
_SHARED = (type, ModuleType, FunctionType, BuiltinFunctionType)
_OURS = ("icom_proto", "icom_lan", "icom_sim")


class Held(NamedTuple):
    """How many objects, and how large they are."""

    objects: int
    size: int


def held_by(root: object) -> Held:
    """All that can be reached from it, but for code."""
    seen: set[int] = set()
    found: list[object] = []
    layer = [root]
    while layer:
        new = [
            each
            for each in {id(each): each for each in layer}.values()
            if id(each) not in seen and not isinstance(each, _SHARED)
        ]
        seen.update(map(id, new))
        found += new
        layer = gc.get_referents(*new)
    return Held(len(found), sum(map(sys.getsizeof, found)))


def living() -> Counter[str]:
    """Instances of this project's classes, by class; garbage is collected first."""
    gc.collect()
    return Counter(
        f"{kind.__module__}.{kind.__qualname__}"
        for kind in map(type, gc.get_objects())
        # In a class whose metaclass is not `type` it may be a descriptor.
        if str(kind.__module__).partition(".")[0] in _OURS
    )


def blocks_in_use() -> int:
    """Pieces of memory that the interpreter has given out; garbage is collected."""
    gc.collect()
    return sys.getallocatedblocks()
