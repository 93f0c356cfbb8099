"""A session on a network that loses a fifth of all datagrams, in virtual time.

No socket, no sleeping: client and radio are joined in memory, and the clock jumps from
one thing that happens to the next. Same seed, same trace: `virtual_time.py [SEED]`.
"""

import random
import sys

from icom_proto import civ_commands, events
from icom_proto.civ_frames import build_frame
from icom_proto.client_requests import ClientConfig
from icom_proto.codes import Role
from icom_sim.network import Network
from icom_sim.radio_setup import RadioSetup, radio_config
from icom_sim.rig.catalogue import IC_7610
from icom_sim.rig.rig import Rig
from icom_sim.virtual.pair import Pair

BODIES = [civ_commands.set_frequency(7_074_000), civ_commands.read_frequency()]


def main(seed: int) -> None:
    rig = Rig(IC_7610, rng=random.Random(seed))
    to_ask = [build_frame(rig.civ_address, 0xE0, body) for body in BODIES]

    def on_event(role: Role, event: events.Output, now: float) -> None:
        print(f"{now:9.6f}  {role.value:<6}  {event}"[:88])
        match event:
            case events.CivFrameReceived(frame=frame) if role is Role.RADIO:
                for answer in rig.handle_frame(frame, now):
                    pair.radio.send_civ(answer, now)
            case events.SessionReady() | events.CivAnswered() if to_ask:
                pair.client.send_civ(to_ask.pop(0), now, timeout_s=5)
            case events.CivAnswered():
                pair.client.close(now)
            case _:
                pass

    pair = Pair(
        ClientConfig(username="icom", password="icom", audio=False),
        radio_config(RadioSetup(), civ_port=50002, audio_port=50003),
        seed=seed,
        network=Network.from_percent(loss=20, delay_ms=10, jitter_ms=10, seed=seed),
        listener=on_event,
    )
    pair.client.open(pair.now)
    pair.run_until(60)
    counts = pair.client.statistics()["civ"]
    told = ("missed", "healed", "filled", "given_up")
    print("\nCI-V datagrams:", *(f"{counts[name]} {name}" for name in told))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
