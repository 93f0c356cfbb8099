"""Who has the radio, and how long it remembers who had it (PROTOCOL.md 7.3, 11.1).

All sessions of one radio share it. A client that vanished keeps what it has until its
control link has been silent for `stale_hold_s`; what others see meanwhile is one of
four things that were seen on radios.
"""

from typing import Final, Generic, Protocol, TypeVar

from icom_proto.events import Address, ClientLeft
from icom_proto.link import Link
from icom_proto.radio_config import RadioConfig
from icom_proto.session_dialect import StaleMode
from icom_proto.timers import NEVER

# After this much silence of its control link an owner counts as vanished. guess: all
# known clients ping at least each 3 s (section 6).
STALE_AFTER_S: Final = 3.5
# How soon is "immediately" (11.1, icom-lan issue 67). guess
RECONNECT_S: Final = 5.0


class Holder(Protocol):
    """A session, as far as it can hold a radio."""

    link: Link
    address: Address

    def close_streams(self) -> None: ...


Owner = TypeVar("Owner", bound=Holder)


class Slots(Generic[Owner]):
    """The owners of CI-V and audio, and who has left.

    That somebody left is told after the end of what that client had.
    """

    def __init__(self, config: RadioConfig) -> None:
        self.config = config
        self.owners: list[Owner] = []
        self.partings: list[ClientLeft] = []
        self.logins_to_fail = 0
        self.streams_to_refuse = 0
        # While a radio of which the last user vanished has dead data ports.
        self.data_dead_until = -NEVER
        self._sender: Owner | None = None
        self._left_at = -NEVER

    @property
    def owner(self) -> Owner | None:
        """The first of the owners; with most radios there is but one."""
        return self.owners[0] if self.owners else None

    @property
    def is_sending(self) -> bool:
        """Is the transmitter's audio somebody else's already, with several owners?"""
        return self._sender is not None and self.config.session.slots > 1

    @property
    def is_full(self) -> bool:
        """Has the radio as many owners as it can have?"""
        return len(self.owners) >= self.config.session.slots

    def take(self, owner: Owner, *, is_sending: bool) -> None:
        """One more owner."""
        self.owners.append(owner)
        if is_sending:
            self._sender = owner

    def release(self, owner: Owner) -> None:
        """No owner any more, if it was one."""
        if owner in self.owners:
            self.owners.remove(owner)
        if self._sender is owner:
            self._sender = None

    def note_goodbye(self, now: float) -> None:
        """An owner left, or gave its streams back."""
        self._left_at = now

    def make_way(self, now: float) -> bool:
        """Is there room for one more owner? One that vanished may have to go."""
        dialect = self.config.session
        if now < self._left_at + dialect.free_after_s:
            return False
        if not self.is_full:
            return True
        stale = self._stale(now)
        if stale is None:
            return False
        if dialect.refusals_extend_hold:
            stale.link.association.heard_at = now
        if dialect.stale_mode is not StaleMode.DEAD_DATA_PORTS:
            return False
        self.data_dead_until = stale.link.heard_at + dialect.stale_hold_s
        stale.close_streams()
        return True

    def hears_calls(self, now: float) -> bool:
        """Are new clients answered on the control stream at all?"""
        dialect = self.config.session
        if now < self._left_at + dialect.ignore_calls_after_session_s:
            return False
        is_silent = dialect.stale_mode is StaleMode.SILENT_CONTROL
        return not is_silent or self._stale(now) is None

    def left_just_now(self, now: float) -> bool:
        """Has the last owner only just left?"""
        return now < self._left_at + RECONNECT_S

    def fails_login(self) -> bool:
        """Is this one of the logins that have to fail?"""
        fails = self.logins_to_fail > 0
        self.logins_to_fail -= fails
        return fails

    def refuses_streams(self) -> bool:
        """Is this one of the stream requests that have to be refused?"""
        refuses = self.streams_to_refuse > 0
        self.streams_to_refuse -= refuses
        return refuses

    def forget(self) -> None:
        """As after a reboot; the sessions are told elsewhere."""
        self._left_at = self.data_dead_until = -NEVER
        self.logins_to_fail = self.streams_to_refuse = 0

    def _stale(self, now: float) -> Owner | None:
        for owner in self.owners:
            if now >= owner.link.heard_at + STALE_AFTER_S:
                return owner
        return None
