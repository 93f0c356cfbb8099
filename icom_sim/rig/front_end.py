"""What stands between antenna and receiver: preamp and attenuator, in dB (3.4)."""

from icom_sim.rig.receiver import PREAMP, Receiver

# By the code in 16 02. Hamlib 4.5.4 lists 12 and 20 dB for the IC-7851; guess: the
# others have the same, and on an IC-9700 03 is the internal and the external one.
_PREAMP_DB = (0, 12, 20, 32)
# guess: S9+60 is heard; with a preamp before it, the converter overflows.
_OVERFLOW_DBM = -10.0


def gain_db(receiver: Receiver) -> float:
    return _PREAMP_DB[receiver.functions[PREAMP]] - receiver.attenuator_db


def overflows(receiver: Receiver) -> bool:
    """Whether the signal is too much for what follows; an attenuator helps."""
    return receiver.received_dbm + gain_db(receiver) > _OVERFLOW_DBM
