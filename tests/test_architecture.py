"""Who may import whom, and what the core may touch: the layers of ARCHITECTURE.md.

ruff bans some of this too (`icom_proto/ruff.toml`), but a comment can silence ruff.
"""

import ast
import tomllib

from sources import AROUND, PACKAGES, ROOT, Source, expect_none, python_files

# Each file imports only from those before it. A new file finds its place here first.
CORE_ORDER = tuple(
    """
    errors quick_dataclass seqnum codes fields codegen codec packets credentials
    datagrams events timers rtt send_history link_timings link_dialect counters
    gap_tracker link_states link_output link_requests link_continuation association
    tracked_channel pinger link_extras link civ_values civ_frames civ_commands
    audio_formats audio_durations session_states
    client_requests client_session session_dialect radio_config
    radio_answers radio_slots radio_judge radio_session
    civ_requests civ_stream radio_civ
    audio_stream audio_lane audio_send_lane steady_link steady_audio
    steady_session jitter_buffer audio_pacer client_audio
    client_streams client_connection radio_links radio_streams radio_owners
    radio_peers radio_faults radio_connection
    packet_timeline packet_store drift concealment time_stretch delay_estimator
    playout_frames playout_intake data_playout voice_playout playout
    """.split()  # noqa: SIM905  quotes would hide the order
)

# All that the core may use of the standard library: nothing here reads a clock, does
# I/O, starts a thread or holds state of its own. `random` is for random.Random alone.
CORE_MAY_IMPORT = set(
    """
    abc array bisect collections dataclasses enum functools heapq itertools math
    operator random struct types typing
    """.split()  # noqa: SIM905  as above
)

# Builtins that do I/O and need no import.
CORE_MAY_NOT_CALL = {"breakpoint", "input", "open", "print"}

# What of icom_lan the simulator may use: sockets and timers, no protocol. A mistake in
# the client must not be able to hide in the radio that tests it.
SIM_MAY_IMPORT_OF_LAN = "icom_lan.driver"

# Modules that nothing imports because they are started or found by name.
FOUND_BY_NAME = {
    "icom_sim.captures.roundtrip",
    "icom_sim.captures.scrub_soak",
    "icom_sim.captures.scapy_layers",
    "icom_sim.pytest_plugin",
    "icom_sim.virtual.data_timeline",
    "icom_sim.virtual.swarm",
}


def test_the_core_imports_nothing_that_could_make_it_depend_on_the_world() -> None:
    wrong = [
        f"{where} imports {name}"
        for source in python_files("icom_proto")
        for where, name in source.imports
        if name.split(".")[0] not in {*CORE_MAY_IMPORT, "icom_proto"}
    ]
    expect_none(wrong, "icom_proto is a function of its inputs")


def test_the_core_does_no_input_or_output() -> None:
    wrong = [
        f"{source.at(node)} calls {node.func.id}()"
        for source in python_files("icom_proto")
        for node in source.nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if node.func.id in CORE_MAY_NOT_CALL
    ]
    expect_none(wrong, "icom_proto does no I/O: return an event")


def test_the_core_imports_in_one_direction() -> None:
    rank = {f"icom_proto.{stem}": at for at, stem in enumerate(CORE_ORDER)}
    sources = [s for s in python_files("icom_proto") if s.module != "icom_proto"]
    wrong = [
        f"{source.name} has no place in CORE_ORDER of {__name__}"
        for source in sources
        if source.module not in rank
    ]
    for source in sources:
        for where, name in source.imports:
            if name.split(".")[0] != "icom_proto":
                continue
            imported = ".".join(name.split(".")[:2])
            if imported not in rank:
                wrong.append(f"{where} imports {name}: name the module it stands in")
            elif rank[imported] >= rank.get(source.module, len(rank)):
                wrong.append(f"{where} imports {imported}, which comes later")
    expect_none(wrong, "the import order of icom_proto is CORE_ORDER")


def test_every_name_in_the_import_order_is_a_file() -> None:
    existing = {source.module for source in python_files("icom_proto")}
    gone = [stem for stem in CORE_ORDER if f"icom_proto.{stem}" not in existing]
    expect_none(gone, "CORE_ORDER names files that do not exist")


def test_client_and_simulator_stay_apart() -> None:
    wrong = [
        f"{where} imports {name}"
        for source in python_files("icom_lan")
        for where, name in source.imports
        if name.split(".")[0] == "icom_sim"
    ]
    wrong += [
        f"{where} imports {name}"
        for source in python_files("icom_sim")
        for where, name in source.imports
        if name.split(".")[0] == "icom_lan"
        and not f"{name}.".startswith(f"{SIM_MAY_IMPORT_OF_LAN}.")
    ]
    reason = f"icom_sim may use {SIM_MAY_IMPORT_OF_LAN}, and icom_lan nothing of it"
    expect_none(wrong, reason)


def test_packages_do_not_import_what_is_not_shipped() -> None:
    wrong = [
        f"{where} imports {name}"
        for source in python_files(*PACKAGES)
        for where, name in source.imports
        if name.split(".")[0] in AROUND
    ]
    expect_none(wrong, "the wheel holds only the three packages")


def test_imports_are_absolute() -> None:
    wrong = [
        f"{where} imports {name}"
        for source in python_files(*PACKAGES)
        for where, name in source.imports
        if name.startswith(".")
    ]
    expect_none(wrong, "a module has one name everywhere")


def test_every_module_is_used_by_something_that_is_not_a_test() -> None:
    users = python_files(*PACKAGES, *(each for each in AROUND if each != "tests"))
    used = {name for source in users for name in names_mentioned(source)}
    idle = {
        source.module
        for source in python_files(*PACKAGES)
        if not source.name.endswith(("__init__.py", "__main__.py"))
        and source.module not in used | scripts()
    }
    unexplained = sorted(idle - FOUND_BY_NAME)
    expect_none(unexplained, "delete what nobody uses")
    assert idle >= FOUND_BY_NAME, "FOUND_BY_NAME lists modules that are imported"


def names_mentioned(source: Source) -> set[str]:
    """Modules that this file imports, or names in a string to import them later."""
    mentioned = {
        node.value
        for node in source.nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    for _, name in source.imports:
        mentioned |= {name, name.rpartition(".")[0]}
    return mentioned - {source.module}


def scripts() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return {target.partition(":")[0] for target in project["scripts"].values()}
