"""Old names of methods: they work, and say at the caller's line what replaces them."""

import warnings
from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec, TypeVar

# The window is two minor releases: deprecated in the first release there is.
DEPRECATED_SINCE: Final = "0.1.0"
REMOVED_IN: Final = "0.3.0"

P = ParamSpec("P")
T = TypeVar("T")


def deprecated_alias(replacement: Callable[P, T]) -> Callable[P, T]:
    """The method of this name without `_opus`, for the body of a class.

    It is a plain function even where the replacement is a coroutine function: a
    coroutine would warn when it is first awaited, which may be at another line.
    """
    new = replacement.__qualname__
    old = new.removesuffix("_opus")
    assert old != new, f"{new} has no _opus to leave out"
    message = (
        f"{old}() is deprecated since {DEPRECATED_SINCE} and will be removed in"
        f" {REMOVED_IN}, after two minor releases: use {new}()"
    )

    @wraps(replacement)
    def alias(*args: P.args, **kwargs: P.kwargs) -> T:
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        return replacement(*args, **kwargs)

    alias.__qualname__ = old
    alias.__name__ = old.rpartition(".")[2]
    alias.__doc__ = f"Deprecated: use `{replacement.__name__}`."
    return alias
