"""`icom-sim dialects`."""

import click


@click.command()
@click.argument("name", required=False)
def dialects(name: str | None) -> None:
    """List the dialects and their knobs, or the settings of one dialect."""
    from icom_sim.dialects.dialect import KNOBS
    from icom_sim.dialects.knobs import DialectError
    from icom_sim.dialects.presets import PRESETS, dialect_named

    if name is not None:
        try:
            settings = dialect_named(name).settings()
        except DialectError as error:
            raise click.UsageError(str(error)) from None
        for knob, value in settings.items():
            print(f"{f'{knob}={value}':<38} {KNOBS[knob].text}")
        return
    for preset, (model, text) in PRESETS.items():
        print(f"{preset:<10} {model or 'any model':<11} {text}")
    print()
    for each in KNOBS.values():
        print(
            f"{each.name}={each.show(each.default)} ({each.values.allowed})"
            f" {each.text} [{each.fidelity}: {each.source}]"
        )
