"""Both sides of a capture, session by session, as one log."""

from typing import Final

from icom_sim.replay.events import LoggedEvent
from icom_sim.replay.offline import replay_client, replay_radio
from icom_sim.replay.recorded import Recorded, ReplayError

SIDES: Final = ("client", "radio", "both")


def replay(
    recorded: Recorded, side: str, number: int | None = None
) -> tuple[list[LoggedEvent], list[str]]:
    """The log, and a line for each session that cannot be replayed.

    Raises ReplayError if nothing can, or if there is no such session.
    """
    chosen = recorded.sessions if number is None else (recorded.session(number),)
    events: list[LoggedEvent] = []
    notes: list[str] = []
    if side != "radio":
        for session in chosen:
            try:
                events += replay_client(session)
            except ReplayError as error:
                notes.append(str(error))
        if len(notes) == len(chosen) and side == "client":
            raise ReplayError("; ".join(notes))
    if side != "client":
        numbers = {each.number for each in chosen}
        found = replay_radio(recorded)
        events += [each for each in found if each.session in {*numbers, 0}]
    return events, notes
