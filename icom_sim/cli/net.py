"""`icom-sim net`: the network of a radio that runs, rule by rule."""

import click

from icom_sim.cli.orders import CONTROL, radio_at


@click.group(short_help="Change the network of a radio that runs.")
@CONTROL
@click.pass_context
def net(context: click.Context, control: str | None) -> None:
    """Change the network of a radio that runs: `icom-sim serve --control`."""
    context.obj = control


@net.command()
@click.argument("rules", nargs=-1, required=True, metavar="RULE...")
@CONTROL
@click.pass_obj
def add(start: str | None, rules: tuple[str, ...], control: str | None) -> None:
    """Add rules, such as loss:5@to-client; prints their numbers."""
    from icom_sim.network import ConditionError, parse_rule

    try:
        texts = [str(parse_rule(rule)) for rule in rules]
    except ConditionError as error:
        raise click.UsageError(str(error)) from error
    with radio_at(control or start) as radio:
        for text in texts:
            number = radio.order("net-add", {"rule": text})
            print(f"{number:>4}  {text}")


@net.command()
@click.argument("numbers", nargs=-1, required=True, type=int, metavar="NUMBER...")
@CONTROL
@click.pass_obj
def remove(start: str | None, numbers: tuple[int, ...], control: str | None) -> None:
    """Remove rules, by the numbers that `list` shows."""
    with radio_at(control or start) as radio:
        for number in numbers:
            radio.order("net-remove", {"id": number})


@net.command()
@CONTROL
@click.pass_obj
def clear(start: str | None, control: str | None) -> None:
    """Remove all rules."""
    with radio_at(control or start) as radio:
        radio.order("net-clear", {})


@net.command()
@click.argument("name")
@CONTROL
@click.pass_obj
def preset(start: str | None, name: str, control: str | None) -> None:
    """Instead of all rules those of a named network; see `presets`."""
    from icom_sim.network import ConditionError
    from icom_sim.network.presets import preset_rules

    try:
        preset_rules(name)
    except ConditionError as error:
        raise click.UsageError(str(error)) from error
    with radio_at(control or start) as radio:
        radio.order("net-preset", {"name": name})


@net.command("list")
@CONTROL
@click.pass_obj
def list_rules(start: str | None, control: str | None) -> None:
    """Show the rules that are in place, and what each did."""
    from icom_sim.summary_text import rule_line

    with radio_at(control or start) as radio:
        rows = radio.order("net-list", {})
    for row in rows if isinstance(rows, list) else ():
        print(f"{row['number']:>4}  {rule_line(row)}")


@net.command()
def rules() -> None:
    """Show how each rule is written; this needs no radio."""
    from icom_sim.network.rule_text import rules_table

    for usage, text, figures, example in rules_table():
        print(f"{usage}   as in {example}")
        for line in (text, *figures):
            print(f"    {line}")


@net.command()
def presets() -> None:
    """Show what named networks are made of; this needs no radio."""
    from icom_sim.network.presets import PRESETS

    for name, made_of in PRESETS.items():
        print(f"{name:<12}  {made_of}")
