"""Who is logged in: what `closed = "cleanly"` looks at."""

from collections.abc import Mapping

_CLEANLY = "peer_disconnect"


class OpenSessions:
    """Sessions that came, and how each client's last one ended."""

    def __init__(self) -> None:
        self.opened = 0
        self._open: dict[object, None] = {}
        self.last_reason: object = None

    def see(self, name: str, fields: Mapping[str, object]) -> None:
        client = fields.get("client")
        if name == "session_opened":
            self.opened += 1
            self._open[client] = None
        elif name == "session_closed":
            self._open.pop(client, None)
            self.last_reason = fields.get("reason")

    @property
    def fault(self) -> str | None:
        """Why it was no clean end; None if it was."""
        if not self.opened:
            return "no session was ever opened"
        if self._open:
            return (
                f"{len(self._open)} still logged in: {', '.join(map(str, self._open))}"
            )
        if self.last_reason != _CLEANLY:
            return f"the last one ended by {self.last_reason}"
        return None
