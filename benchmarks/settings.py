"""What the command line decides for every row."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """`seed` decides the order within rounds and all chance in virtual time."""

    rounds: int
    seed: int
    quick: bool
