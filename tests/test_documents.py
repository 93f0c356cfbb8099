"""ARCHITECTURE.md and docs/ say what is there: each module, option, network and event.

`test_readme.py` runs the programs and commands on these pages.
"""

import importlib
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import click
import pytest

from icom_lan import AuthenticationError, IcomRadio, RadioBusyError
from icom_sim.cli.serve import serve
from icom_sim.network.presets import PRESETS
from sim.icom_sim_process import ENVIRONMENT, Serve
from sources import PACKAGES, ROOT, expect_none, python_files
from test_architecture import CORE_ORDER
from test_sizes import (
    CLASSES_WITH_MANY_METHODS,
    LONG_CLASSES,
    LONG_FUNCTIONS,
    LONG_MODULES,
    OBJECTS_WITH_MANY_ATTRIBUTES,
)

ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
SIMULATOR = (ROOT / "docs" / "icom-sim.md").read_text("utf-8")
NETWORK = (ROOT / "docs" / "network.md").read_text("utf-8")
EVENTS = SIMULATOR.split("\n## Events\n")[1].split("\n## ")[0]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "tests/README.md"]
ROW = re.compile(r"^\| `([a-z_/]+\.py)` \|", re.MULTILINE)
CONSTANT = re.compile(r"`([a-z_]+)\.([A-Za-z_]+)`")
LINK = re.compile(r"\]\(([^)#:]+)\)")


def rows_of(package: str) -> list[str]:
    """The files in the table below the heading of a package."""
    section = ARCHITECTURE.split(f"\n## {package}\n")[1].split("\n## ")[0]
    return ROW.findall(section)


def files_of(package: str) -> Iterator[str]:
    for source in python_files(package):
        name = source.name.removeprefix(f"{package}/")
        if not name.endswith(("__init__.py", "__main__.py")):
            yield name


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_has_its_line_in_the_architecture(package: str) -> None:
    told, existing = set(rows_of(package)), set(files_of(package))
    wrong = [f"{name} has no line" for name in sorted(existing - told)]
    wrong += [f"{name} does not exist" for name in sorted(told - existing)]
    expect_none(wrong, f"ARCHITECTURE.md tells each module of {package} in one line")


def test_the_core_is_shown_in_its_import_order() -> None:
    assert rows_of("icom_proto") == [f"{stem}.py" for stem in CORE_ORDER]


def test_limits_are_told_by_names_that_exist() -> None:
    modules = [source.module for source in python_files(*PACKAGES)]
    table = ARCHITECTURE.split("| what could grow |")[1].split("\n\n")[0]
    found = CONSTANT.findall(table)
    wrong = [
        f"{stem}.{name}"
        for stem, name in found
        if not any(
            name in vars(importlib.import_module(module))
            for module in modules
            if module.rpartition(".")[2] == stem
        )
    ]
    assert found
    expect_none(wrong, "ARCHITECTURE.md names what does not exist")


def test_what_is_over_the_mark_is_confessed() -> None:
    confessed = ARCHITECTURE.split("\n## Our own violations\n")[1]
    over = (
        *(LONG_FUNCTIONS, LONG_CLASSES, CLASSES_WITH_MANY_METHODS),
        *(LONG_MODULES, OBJECTS_WITH_MANY_ATTRIBUTES),
    )
    names = [re.split("[:/]", name)[-1] for table in over for name in table]
    wrong = [name for name in names if f"`{name}`" not in confessed]
    expect_none(wrong, "ARCHITECTURE.md tells what test_sizes.py allows, with a reason")


def test_links_lead_to_files() -> None:
    wrong = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in PAGES
        for link in LINK.findall(page.read_text("utf-8"))
        if not (page.parent / link).exists()
    ]
    expect_none(wrong, "a link leads nowhere")


def test_the_page_of_states_is_what_the_tables_say() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "state_diagrams.py"), "--check"],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_every_option_of_serve_is_told() -> None:
    options = {
        name
        for option in serve.params
        if isinstance(option, click.Option)
        for name in option.opts
    }
    told = set(re.findall(r"`(--[a-z-]+)", SIMULATOR.split("\n## Events\n")[0]))
    assert told == options


def test_every_network_is_told_with_what_it_is_made_of() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| `([^`]*)` \|$", NETWORK, re.MULTILINE)
    assert dict(rows) == PRESETS
    missing = [name for name in PRESETS if f"`{name}`" not in SIMULATOR]
    expect_none(missing, "docs/icom-sim.md names each network")


async def test_every_event_of_a_session_is_told_with_its_fields() -> None:
    told = {
        event: set(re.findall("`([a-z_]+)`", fields))
        for events, fields in re.findall(
            r"^\| (`.*?) \| (.*?) \|", EVENTS, re.MULTILINE
        )
        for event in re.findall("`([a-z_]+)`", events)
    }
    async with Serve() as process:
        await use_radio(process.control_port)
        assert await process.end(signal.SIGTERM) == (0, "")
    happened = {each.pop("event"): each for each in process.events}
    assert len(happened) > 10
    summary = happened.pop("summary")
    for event, fields in happened.items():
        assert {*fields} == {"t", *told[event]}, event
    for word in words_in(summary) - {"t"}:
        assert f"`{word}`" in EVENTS, word


async def use_radio(port: int) -> None:
    def radio(password: str) -> IcomRadio:
        return IcomRadio("127.0.0.1", port=port, username="icom", password=password)

    with pytest.raises(AuthenticationError):
        await radio("wrong").connect()
    async with radio("icom") as served:
        with pytest.raises(RadioBusyError):
            await radio("icom").connect()
        await served.set_ptt(True)


def words_in(summary: dict[str, Any]) -> set[str]:
    """Names of counters: the keys, but for those of streams, directions and rules."""
    counters = summary["datagrams"]["to_client"]["audio"] | summary["audio_blocks"]
    return {
        *summary,
        *counters,
        *summary["retransmit"]["audio"],
        *summary["tx_datagrams"],
    }
