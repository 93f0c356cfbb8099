"""Rules as text, the same on command lines, in scenarios and on the control socket.

    loss:5                       the name, and figures in their order
    burst-loss:3,4,bad=80        or by name; left out at the end, they have defaults
    delay:20@to-client           one direction,
    loss:5@to-radio/civ/audio    some of the streams,
    drop-next:1@to-client/ping   some kinds of datagram

`str` of a rule or of an `Only` gives the text back.
"""

import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Final

from icom_proto.codes import Stream
from icom_sim.network.figures import (
    Declared,
    Parameter,
    parameters_of,
    refusal,
    shortened,
)
from icom_sim.network.only import KINDS, Only, word_of
from icom_sim.network.outages import Blackout, Block, Rebind, Spike
from icom_sim.network.paths import BurstLoss, Mtu, RateLimit
from icom_sim.network.patterns import DropNext, EveryNth, KOfN, Pattern
from icom_sim.network.rules import (
    Corrupt,
    Delay,
    Duplicate,
    Jitter,
    Loss,
    Reorder,
    Truncate,
)
from icom_sim.network.verdicts import ConditionError, Direction, Rule

_KINDS_OF_RULE: tuple[type[Declared], ...] = (
    *(Loss, BurstLoss, Pattern, KOfN, EveryNth, DropNext),
    *(Delay, Jitter, Spike, Reorder, Duplicate, Corrupt, Truncate),
    *(RateLimit, Mtu, Blackout, Block, Rebind),
)
RULES: Final = {kind.name: kind for kind in _KINDS_OF_RULE}
_FIGURE: Final = re.compile("`([a-z_]+)`")
_DIRECTIONS: Final = {word_of(each): each for each in Direction}
_STREAMS: Final = {word_of(each): each for each in Stream}


def parse_rule(text: str) -> Only:
    """The rule that is written so, with a memory of its own. Raises ConditionError."""
    head, at, limits = text.strip().lower().partition("@")
    name, _, words = head.partition(":")
    kind = RULES.get(name)
    if kind is None:
        raise ConditionError(f"unknown rule {shortened(name)}{_instead(name, RULES)}")
    make: Callable[..., Rule] = kind
    rule = make(**dict(_figures(kind, words)))
    return _limited(rule, limits.split("/")) if at else Only(rule)


def usage_of(kind: type[Declared]) -> str:
    """How it is written: "burst-loss:PERCENT,LENGTH[,BAD[,GOOD]]"."""
    text, separator, end = kind.name, ":", ""
    for each in parameters_of(kind):
        if each.default is not None:
            separator, end = f"[{separator}", f"{end}]"
        text += f"{separator}{each.name.upper()}"
        separator = ","
    return f"{text}{end}"


def rules_table() -> Iterator[tuple[str, str, list[str], str]]:
    """For people: how each is written, what it does, its figures, an example."""
    for kind in RULES.values():
        text = _FIGURE.sub(_shouted, (kind.__doc__ or "").partition("\n")[0])
        figures = [_told(each) for each in parameters_of(kind)]
        yield usage_of(kind), text, figures, kind.example


def _figures(kind: type[Declared], words: str) -> Iterator[tuple[str, float | str]]:
    """The figures by name. Those that come without one are in their order."""
    parameters = {each.name: each for each in parameters_of(kind)}
    names = iter(parameters)
    given = words.split(",") if words else []
    found: dict[str, str] = {}
    for word in given:
        named, is_named, value = word.rpartition("=")
        name = named if is_named else next(names, "")
        if name not in parameters or name in found:
            raise _misused(kind, words)
        found[name] = value
    if any(
        each.default is None and each.name not in found for each in parameters.values()
    ):
        raise _misused(kind, words)
    for name, value in found.items():
        try:
            yield name, parameters[name].figure.read(value)
        except ValueError:
            raise refusal(kind, parameters[name], value) from None


def _limited(rule: Rule, words: list[str]) -> Only:
    directions = [_DIRECTIONS[word] for word in words if word in _DIRECTIONS]
    streams = tuple(each for word, each in _STREAMS.items() if word in words)
    kinds = tuple(word for word in KINDS if word in words)
    known = (*_DIRECTIONS, *_STREAMS, *KINDS)
    for word in words:
        if word not in known:
            raise ConditionError(
                f"rules apply to {', '.join(known)}; not to {shortened(word)}"
            )
    return Only(
        rule,
        directions[0] if len(set(directions)) == 1 else None,
        streams or None,
        kinds or None,
    )


def _misused(kind: type[Declared], words: str) -> ConditionError:
    given = shortened(f"{kind.name}:{words}" if words else kind.name)
    return ConditionError(f"{kind.name} is written {usage_of(kind)}, not {given}")


def _shouted(figure: re.Match[str]) -> str:
    return figure[1].upper()


def _told(parameter: Parameter) -> str:
    default = "" if parameter.default is None else f", default {parameter.default}"
    return f"{parameter.name.upper()} {parameter.figure}{default}"


def _instead(name: str, allowed: dict[str, type[Declared]]) -> str:
    close = get_close_matches(name, allowed, n=1)
    hint = f" (did you mean {close[0]}?)" if close else ""
    return f"{hint}: there are {', '.join(allowed)}"
