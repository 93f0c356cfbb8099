"""Writes docs/states.md from the tables of link and session; `--check` only compares.

One line for each entry of a table, in the form that Mermaid draws, so that the page
cannot say anything the code does not do. `tests/test_documents.py` runs the check.
"""

import sys
from collections.abc import Iterable, Iterator
from enum import IntEnum
from pathlib import Path

from icom_proto.codes import Role
from icom_proto.link_states import TABLES, LinkState
from icom_proto.session_states import (
    CLIENT_TABLE,
    RADIO_TABLE,
    ClientState,
    RadioState,
)

PAGE = Path(__file__).resolve().parents[1] / "docs" / "states.md"
HEAD = """\
# States of links and sessions

Made by `python tools/state_diagrams.py` from `icom_proto/link_states.py` and
`icom_proto/session_states.py`; do not edit. Each line is one entry of a table: state,
next state, what happened, and behind a slash the packet that is sent on the way. What
has no line is not allowed: from the peer it is ignored and reported as `PacketIgnored`,
from our own side it is a `LocalProtocolError`.
"""
Entry = tuple[IntEnum, IntEnum, str]


def page() -> str:
    parts = [HEAD]
    for role, table in TABLES.items():
        entries: list[Entry] = []
        for (state, event), step in table.items():
            sent = f" / {step.answer.__name__}" if step.answer is not None else ""
            entries.append((state, step.state, event.name + sent))
        title = f"Link, {'client' if role is Role.CLIENT else 'radio'}"
        parts.append(section(title, LinkState.NEW, entries))
    client = [(s, after, event.name) for (s, event), after in CLIENT_TABLE.items()]
    parts.append(section("Session, client", ClientState.NEW, client))
    radio = [(s, after, event.name) for (s, event), after in RADIO_TABLE.items()]
    parts.append(section("Session, radio", RadioState.NEW, radio))
    return "\n".join(parts)


def section(title: str, first: IntEnum, entries: Iterable[Entry]) -> str:
    return "\n".join([f"## {title}", "", "```mermaid", *diagram(first, entries)])


def diagram(first: IntEnum, entries: Iterable[Entry]) -> Iterator[str]:
    yield "stateDiagram-v2"
    yield f"    [*] --> {first.name}"
    for state, after, event in sorted(entries, key=lambda entry: entry[:2]):
        yield f"    {state.name} --> {after.name}: {event}"
    yield "    CLOSED --> [*]"
    yield "```"
    yield ""


def main() -> None:
    text = page()
    if sys.argv[1:] != ["--check"]:
        PAGE.write_text(text, "utf-8")
    elif not PAGE.exists() or PAGE.read_text("utf-8") != text:
        sys.exit(f"{PAGE.name} is not what the tables say: run {Path(__file__).name}")


if __name__ == "__main__":
    main()
