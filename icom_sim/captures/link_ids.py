"""Whose ids a stream has (PROTOCOL.md 1.3), to tell what does not belong to its link.

wfserver answers requests for repetition with memory that is used for something else by
then; a stale packet of another link looks whole, and is none of this one.
"""

from icom_proto.codes import Role
from icom_proto.packets import AreYouThere, IAmHere
from icom_sim.captures.observed import Observed


class LinkIds:
    """The ids of both sides of one stream, as the handshake or the first told them."""

    def __init__(self) -> None:
        self._ids: dict[Role, int] = {}

    def is_new(self, seen: Observed) -> bool:
        """A call, or its answer, with an id that this side did not have."""
        return (
            isinstance(seen.body, AreYouThere | IAmHere)
            and seen.header is not None
            and self._ids.get(seen.side) != seen.header.sender_id
        )

    def fault(self, seen: Observed) -> str:
        """What is wrong with the ids of this datagram; nothing if they are right."""
        header = seen.header
        if header is None:
            return "it has no header"
        if self.is_new(seen):
            self._ids[seen.side] = header.sender_id
        own = self._ids.setdefault(seen.side, header.sender_id)
        if header.sender_id != own:
            return (
                f"comes from id {header.sender_id:#010x}, and this side is {own:#010x}"
            )
        other = Role.RADIO if seen.side is Role.CLIENT else Role.CLIENT
        peer = self._ids.get(other, header.receiver_id)
        if header.receiver_id != peer and not isinstance(seen.body, AreYouThere):
            return (
                f"is for id {header.receiver_id:#010x}, and the other side is "
                f"{peer:#010x}"
            )
        return ""
