"""`icom-sim ctl`: any action, on a radio that runs."""

import json
import os
import sys
from collections.abc import Iterator

import click

from icom_sim.cli.orders import CONTROL, radio_at


@click.command(short_help="Give an order to a radio that runs.")
@CONTROL
@click.argument("action", required=False)
@click.argument("arguments", nargs=-1, metavar="[NAME=VALUE]...")
def ctl(control: str | None, action: str | None, arguments: tuple[str, ...]) -> None:
    """Give an order to a radio that runs: `icom-sim serve --control`.

    Without ACTION it lists what there is; `events` shows what happens until Ctrl-C. A
    VALUE is a number, true, false, or text.
    """
    if action is None:
        _list_actions()
        return
    given = dict(map(_argument, arguments))
    with radio_at(control) as radio:
        if action == "events":
            _show(radio.events())
            return
        result = radio.order(action, given)
    if isinstance(result, str):
        print(result)
    elif result is not None:
        json.dump(result, sys.stdout, indent=2)
        print()


def _show(events: Iterator[str]) -> None:
    """Until there are no more, or nobody reads them."""
    try:
        for line in events:
            print(line, flush=True)
    except BrokenPipeError:
        # Else the interpreter complains when it flushes what is left.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _list_actions() -> None:
    from icom_sim.actions import ACTIONS

    for action in ACTIONS.values():
        names = [
            f"{each.name}={'' if each.required else '...'}"
            for each in action.parameters
        ]
        print(f"{' '.join((action.name, *names)):<36}  {action.text}")


def _argument(word: str) -> tuple[str, object]:
    name, is_given, text = word.partition("=")
    if not is_given or not name:
        raise click.UsageError(f"arguments are NAME=VALUE, not {word!r}")
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    # Lists and nothing are no arguments, and 3e07 is bytes in hexadecimal as well: what
    # would be written otherwise is a text. Numbers are taken as texts, too.
    is_number = isinstance(value, int | float) and str(value) == text
    return name, value if is_number or isinstance(value, bool | str) else text
