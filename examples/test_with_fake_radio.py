"""How to test a client of your own in pytest, against a radio that is not there.

Copy this and put your client in the place of `IcomRadio`. The fixtures come with the
package (docs/pytest.md). A client that is not Python is tested the same way: start it
from the test, with the ports of `icom_radio`.
"""

from contextlib import suppress

import pytest

from icom_lan.sync import IcomRadio
from icom_sim.harness import Ear, RadioHandle  # for the type checker only


def my_client(radio: RadioHandle) -> IcomRadio:
    return IcomRadio(radio.host, **radio.login)


@pytest.mark.icom_network("loss:5", "delay:2")
@pytest.mark.icom_model("IC-705")
def test_it_tunes_the_radio_whatever_the_network_loses(icom_radio: RadioHandle) -> None:
    with my_client(icom_radio) as radio:
        radio.set_frequency(7_074_000)
    assert icom_radio.frequency_hz == 7_074_000


def test_it_hears_what_the_radio_hears(icom_radio: RadioHandle, icom_ear: Ear) -> None:
    icom_radio.hear("tone:700")
    with my_client(icom_radio) as radio:
        icom_ear.wait_for_tone(700, radio.start_audio_rx_pcm)


def test_it_leaves_no_carrier_behind_when_it_fails(icom_radio: RadioHandle) -> None:
    with suppress(ZeroDivisionError), my_client(icom_radio) as radio:
        radio.set_ptt(True)
        raise ZeroDivisionError
    icom_radio.saw.wait_for("ptt", on=True)
    icom_radio.saw.wait_for("ptt", on=False)
