"""The radio that all rows of our own speak to: an IC-7610 on Ethernet."""

from icom_proto.packets import RadioRecord

# 48, 24, 16, 12 and 8 kHz: 01 8B in captures (PROTOCOL.md 2.13).
_RATES = 0x8B01

RECORD = RadioRecord(
    identity=bytes.fromhex("000000000000001080000090c7123456"),
    name=b"IC-7610",
    connection_type=bytes.fromhex("3f07"),
    civ_address=0x98,
    rx_rates=_RATES,
    tx_rates=_RATES,
)
