"""`icom-sim dissector`: the protocol for Wireshark, in Lua, on standard output."""

import click


@click.command()
def dissector() -> None:
    """Print a Wireshark dissector of the protocol, in Lua.

    Save it in Wireshark's folder of personal Lua plugins (Help, About, Folders), or
    load it with `tshark -X lua_script:icom_lan.lua`. It finds the three streams on any
    ports.
    """
    from icom_sim.captures.lua_dissector import source
    from icom_sim.cli.output import print_all

    print_all([source()])
