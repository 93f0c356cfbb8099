"""When a keyed radio transmits a carrier without the client's audio (8.6)."""

from icom_sim.dialects.radio_dialect import ModSource, RadioDialect


class TxQuirks:
    """Whether the modulator hears the client at all."""

    def __init__(self, dialect: RadioDialect) -> None:
        self.dialect = dialect
        self._buffer_ms = 0

    def granted(self, tx_buffer_ms: int) -> None:
        """The client asked for a buffer of this length."""
        self._buffer_ms = tx_buffer_ms

    @property
    def why_muted(self) -> str | None:
        """Why what the client sends is not transmitted; None if it is."""
        dialect = self.dialect
        if dialect.mod_source is not ModSource.LAN:
            return f"the modulation source is {dialect.mod_source.name}, not LAN"
        limit_ms = dialect.tx_mute_above_ms
        if limit_ms and self._buffer_ms > limit_ms:
            return (
                f"a TX buffer of {self._buffer_ms} ms was asked for; above {limit_ms}"
                " ms this radio transmits no audio"
            )
        return None
