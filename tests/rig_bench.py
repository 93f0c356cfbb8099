"""A fake radio on the bench: CI-V bodies in hexadecimal, and a clock that is turned."""

import random

from icom_proto.civ_commands import is_read
from icom_proto.civ_frames import build_frame, frame_body
from icom_sim.rig.catalogue import MODELS
from icom_sim.rig.rig import Rig

CONTROLLER = 0xE0
OK, NG, SILENT = "FB", "FA", ""


class Bench:
    """One radio, spoken to by one controller at its own address."""

    def __init__(self, name: str, seed: int = 1) -> None:
        self.model = MODELS[name]
        self.rig = Rig(self.model, rng=random.Random(seed))
        self.now = 0.0

    def ask(self, text: str) -> str:
        """The body of the answer; silence is the empty string."""
        frame = build_frame(self.model.civ_address, CONTROLLER, bytes.fromhex(text))
        answers = self.rig.handle_frame(frame, self.now)
        assert len(answers) <= 1
        return frame_body(answers[0]).hex(" ").upper() if answers else SILENT

    def set(self, *texts: str) -> None:
        for text in texts:
            assert self.ask(text) == OK, text

    def read(self, text: str) -> str:
        """What follows the question in its answer."""
        answer = self.ask(text)
        assert answer.startswith(text), f"{text} was answered {answer!r}"
        return answer[len(text) :].strip()

    def meter(self, sub: str) -> int:
        return int(self.read(f"15 {sub}").replace(" ", ""))

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.rig.handle_timeout(self.now)

    def is_read(self, body: bytes) -> bool:
        return is_read(build_frame(self.model.civ_address, CONTROLLER, body))

    def readings(self) -> list[str]:
        """Everything that can be read: what did not change reads the same."""
        subs = [
            *(f"14 {sub:02X}" for sub in self.model.levels),
            *(f"16 {sub:02X}" for sub in self.model.functions),
            *(f"15 {sub:02X}" for sub in self.model.meter_subs),
            *(
                f"1A 05 {n // 100:02} {n % 100:02}"
                for n in self.model.settings.values()
            ),
            *("07 C2", "07 D2", "25 00", "25 01", "26 00", "26 01"),
            *(f"1A 01 {band:02} 01" for band in range(1, 16)),
            *(f"1E 03 {number:02}" for number in (1, 2)),
            *(f"1A 00 {channel}" for channel in CHANNELS),
        ]
        if self.model.prefixed:
            subs += [f"29 {rx} {p.hex(' ')}" for rx in ("00", "01") for p in PREFIXED]
        plain = [code.hex(" ") for code in self.model.commands if self.is_read(code)]
        return [f"{text}: {self.ask(text)}" for text in (*plain, *subs)]


# Of every size that a model has.
CHANNELS = ("00 01", "00 00 00 01", "01 00 01")
PREFIXED = tuple(bytes.fromhex(text) for text in ("11", "1402", "1602", "1A03", "1A04"))
