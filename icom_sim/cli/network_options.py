"""How bad the network is: options of `serve` and of `proxy`, and what they make."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

import click

if TYPE_CHECKING:
    from icom_sim.network import Network

F = TypeVar("F", bound=Callable[..., Any])


class NetworkGiven(TypedDict):
    """These options as click hands them over."""

    loss: float
    duplicate: float
    reorder: float
    corrupt: float
    delay: float
    jitter: float
    network: str | None
    rule: tuple[str, ...]
    direction: str
    seed: int | None


_OPTIONS = (
    click.option("--loss", type=float, default=0, help="Lost datagrams in percent."),
    click.option("--duplicate", type=float, default=0, help="Doubled ones in percent."),
    click.option("--reorder", type=float, default=0, help="Overtaken ones in percent."),
    click.option("--corrupt", type=float, default=0, help="Damaged ones in percent."),
    click.option("--delay", type=float, default=0, help="Milliseconds, each way."),
    click.option(
        "--jitter", type=float, default=0, help="0 to so many milliseconds more."
    ),
    click.option("--network", metavar="PRESET", help="See `icom-sim net presets`."),
    click.option(
        "--rule",
        metavar="RULE",
        multiple=True,
        help="Of the network; see `icom-sim net rules`. May be given again.",
    ),
    click.option(
        "--direction",
        type=click.Choice(["both", "to-client", "to-radio"]),
        default="both",
        help="Which way the network is bad.",
    ),
    click.option(
        "--seed", type=click.IntRange(min=0), help="Repeats a run; default: any."
    ),
)


def network_options(command: F) -> F:
    """Give a command all of them, in this order."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def network_of(given: NetworkGiven, seed: int) -> "Network":
    """The network that was asked for. Raises ConditionError."""
    from icom_sim.network import Direction, Network
    from icom_sim.network.presets import preset_rules
    from icom_sim.network.rule_text import parse_rule

    ways = {"to-client": Direction.TO_CLIENT, "to-radio": Direction.TO_RADIO}
    preset = given["network"]
    return Network.from_percent(
        loss=given["loss"],
        duplicate=given["duplicate"],
        reorder=given["reorder"],
        corrupt=given["corrupt"],
        delay_ms=given["delay"],
        jitter_ms=given["jitter"],
        before=preset_rules(preset) if preset is not None else (),
        behind=[parse_rule(text) for text in given["rule"]],
        direction=ways.get(given["direction"]),
        seed=seed,
    )
