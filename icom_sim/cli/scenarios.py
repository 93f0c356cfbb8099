"""`icom-sim scenarios`: what is in the gallery."""

import click


@click.group()
def scenarios() -> None:
    """The scenarios that come with icom-sim."""


@scenarios.command("list")
def list_scenarios() -> None:
    """One line each; `run NAME` runs one."""
    from icom_sim.scenarios.gallery import gallery

    for scenario in gallery():
        print(f"{scenario.name:<24} {scenario.title}")


@scenarios.command()
@click.argument("name")
def show(name: str) -> None:
    """The file of one, with its description: a start for one of your own."""
    from icom_sim.scenarios.gallery import text_of
    from icom_sim.scenarios.model import ScenarioError

    try:
        text = text_of(name)
    except ScenarioError as error:
        raise click.UsageError(str(error)) from error
    print(text, end="")
