"""The knobs of a radio's links and streams: the fields of `LinkDialect`, explained.

Sources are rows (#) and sections of PROTOCOL.md, with the program or the model that was
seen. What a radio was seen to do is observed only for the model named; the default of
an IC-7610 is often that of whatever radio was seen.
"""

from dataclasses import dataclass
from enum import Enum

from icom_proto.link_dialect import (
    PLAIN,
    AudioStart,
    CivInner,
    CivPacking,
    IahSeq,
    Iar,
    Ident,
    PingLength,
    PingStep,
    RtxAnswers,
    RtxForm,
    RtxGone,
)
from icom_sim.dialects.knobs import (
    SWITCH,
    Choices,
    Fidelity,
    Knob,
    Values,
    Whole,
    members,
)

OBSERVED, INFERRED, ASSUMED = Fidelity

_NUMBER = Whole(0, 0xFFFF)
_PERIOD_MS = Whole(20, 60_000, "ms")
_OFF_OR_MS = Whole(0, 600_000, "ms")


@dataclass(frozen=True, slots=True)
class Either:
    """A word that means "as it is otherwise", or a value of another kind."""

    word: str
    values: Values

    @property
    def allowed(self) -> str:
        return f"{self.word}, {self.values.allowed}"

    def parse(self, text: str) -> object:
        return None if text == self.word else self.values.parse(text)

    def show(self, value: object) -> str:
        return self.word if value is None else self.values.show(value)


def _knob(
    name: str, values: Values | type[Enum], source: str, fidelity: Fidelity, text: str
) -> Knob:
    """The default stands in the dialect, once."""
    kind = members(values) if isinstance(values, type) else values
    return Knob(name, kind, getattr(PLAIN, name), source, fidelity, text)


_PINGS = (
    _knob(
        "ping_len",
        PingLength,
        "#1, 2.6: IC-705 and IC-7610 zero, wfserver 0 and 21",
        OBSERVED,
        "length field of pings: 0, 0 but 21 in answers, 21 in both",
    ),
    _knob(
        "ping_ms",
        _PERIOD_MS,
        "#4, 6: radios ping every 100 ms",
        OBSERVED,
        "pause between pings on the control stream",
    ),
    _knob(
        "civ_ping_ms",
        _PERIOD_MS,
        "#4, 6: radios ping every 100 ms",
        OBSERVED,
        "pause between pings on CI-V",
    ),
    _knob(
        "audio_ping_ms",
        _PERIOD_MS,
        "#4, 6: wfserver pings audio every 500 ms",
        INFERRED,
        "pause between pings on audio",
    ),
    _knob(
        "ping_start",
        Either("random16", _NUMBER),
        "#3, 2.6: 614C and 0E1C seen first",
        OBSERVED,
        "number of the first ping of each link",
    ),
    _knob(
        "ping_step",
        PingStep,
        "#3, 2.6: wfserver counts answered pings, kappanhang sent ones",
        INFERRED,
        "pings are counted when sent, or when answered",
    ),
    _knob(
        "pong",
        SWITCH,
        "2.6: clients that end a session for it are tested so",
        ASSUMED,
        "pings of the client are answered",
    ),
    _knob(
        "foreign_ping",
        Choices({"none": False, "send": True}),
        "#52, 2.6: a session of the same port that was not closed",
        INFERRED,
        "a ping with another receiver id beside each own one",
    ),
)

_HANDSHAKE = (
    _knob(
        "data_calls_ignored",
        Whole(0, 100),
        "#60: wfview calls once on audio, kappanhang for 1 s",
        ASSUMED,
        "so many first calls on CI-V and on audio go unanswered",
    ),
    _knob(
        "iah_seq",
        IahSeq,
        "#6, 2.3: radios 0, wfserver takes a number for it",
        OBSERVED,
        'number of "I am here"; tracked also makes 0 the first number',
    ),
    _knob(
        "iar",
        Iar,
        "#7, 2.4: radios 1 to 1, wfserver echoes, icom-lan gets none",
        OBSERVED,
        'answer to "are you ready": its number, 1, or nothing',
    ),
    _knob(
        "duplicates",
        SWITCH,
        "#8, 5.1: kappanhang doubles its packets",
        ASSUMED,
        "packets of handshake and goodbye leave twice",
    ),
    _knob(
        "check_rcvdid",
        SWITCH,
        "#49, 2.1: radios are strict, wfview and kappanhang do not look",
        OBSERVED,
        "datagrams with another receiver id are dropped",
    ),
    _knob(
        "disc_data_ports",
        Choices({"honour": True, "ignore": False}),
        "#47, 2.8: an IC-7610 stops audio, wfserver ignores it",
        OBSERVED,
        "a goodbye on CI-V or audio ends that stream",
    ),
    _knob(
        "disc_reply",
        Choices({"none": False, "idle": True}),
        "#48, 2.8: wfserver answers with an idle",
        OBSERVED,
        "answer to a goodbye",
    ),
    _knob(
        "disc_send",
        SWITCH,
        "12, question 18: no capture has one from a radio",
        ASSUMED,
        "the radio says goodbye when it closes a link",
    ),
)

_NUMBERS = (
    _knob(
        "first_seq",
        Either("usual", _NUMBER),
        "#9, 4.2, 10: hit the wrap of 16 bits in seconds",
        ASSUMED,
        "first number of each stream; usual is 1, on audio 0",
    ),
    _knob(
        "seq_jump",
        Whole(0, 30_000),
        "#35, 5.1: over 50 some clear, kappanhang ends the session",
        ASSUMED,
        "numbers of each stream jump so far, once a second",
    ),
    _knob(
        "continue_seq",
        SWITCH,
        "11.2, #51: IC-7760 and IC-9700, by TR4W",
        OBSERVED,
        "same port, no goodbye: asks for the 127 numbers before the first one",
    ),
    _knob(
        "early_idle",
        SWITCH,
        "#10, 2.11: wfserver, 100 ms after the first datagram",
        OBSERVED,
        "idles before the login is answered; kappanhang fails then",
    ),
    _knob(
        "idle_ms",
        Whole(20, 60_000, "ms"),
        "6: 10 idles a second from an IC-7610",
        OBSERVED,
        "pause in tracked packets after which an idle is sent",
    ),
    _knob(
        "audio_idle",
        SWITCH,
        "#38, 6: none from radios",
        OBSERVED,
        "idles on audio too",
    ),
    _knob(
        "clock_stop_ms",
        _OFF_OR_MS,
        "10, hooks",
        ASSUMED,
        "once the radio sends nothing for so long, then goes on; 0: never",
    ),
    _knob(
        "clock_stop_after_ms",
        _OFF_OR_MS,
        "10, hooks",
        ASSUMED,
        "how long after a link came up, or the knob was turned, that begins",
    ),
)

_REPETITION = (
    _knob(
        "rtx_form",
        RtxForm,
        "#32, 2.7: IC-7760 two ranges, wfserver each number twice",
        OBSERVED,
        "form of a request for several packets; the default suits all clients",
    ),
    _knob(
        "rtx_wrap_split",
        SWITCH,
        "#32, 2.7: FF82-FFFF, 0-0 from an IC-7760",
        INFERRED,
        "a range over FFFF is cut in two",
    ),
    _knob(
        "rtx_gone",
        RtxGone,
        "#33, 5.2: kappanhang an idle, icom-lan nothing, wfserver by form",
        INFERRED,
        "answer for a packet that is kept no more: an idle, nothing, or as wfserver",
    ),
    _knob(
        "rtx_answers",
        RtxAnswers,
        "5.3: IC-7300MK2, 0 of 299 healed; no radio seen to heal audio",
        INFERRED,
        "on which streams requests of the client are answered",
    ),
    _knob(
        "rtx_garbage",
        SWITCH,
        "5.2: wfserver 1.60 and 2.11 repeat idles from used memory",
        OBSERVED,
        "repeated idles and control packets have any length and type",
    ),
    _knob(
        "rtx_audio",
        SWITCH,
        "#34, 5.3: IC-9700 asks, IC-7300MK2 did not",
        OBSERVED,
        "lost TX audio is asked for",
    ),
    _knob(
        "rtx_spurious_ms",
        _OFF_OR_MS,
        "11.2: IC-7760, 218 requests in 145 s (665) on a clean LAN",
        OBSERVED,
        "so often the latest packet is asked for, needlessly; 0: never",
    ),
)

_CIV = (
    _knob(
        "civ_echo",
        SWITCH,
        "#30, 9: IC-7610, IC-7300MK2 and IC-7760 echo, TR4W says none",
        OBSERVED,
        "commands come back before their answers",
    ),
    _knob(
        "civ_inner",
        CivInner,
        "#29, 4.4: IC-7610 counts, wfserver sends 0",
        OBSERVED,
        "inner number of CI-V datagrams",
    ),
    _knob(
        "civ_inner_start",
        _NUMBER,
        "4.4: 0 after each open",
        ASSUMED,
        "first inner number",
    ),
    _knob(
        "civ_packing",
        CivPacking,
        "9: several in one seen by M, T and from wfserver; split: nobody",
        OBSERVED,
        "one frame to a datagram, those within 2 ms joined, or each in two",
    ),
    _knob(
        "civ_warmup_ms",
        _OFF_OR_MS,
        "6, 11.4: TR4W, about 200 ms",
        OBSERVED,
        "so long after the open only OK and NG are answered; 0: not at all",
    ),
    _knob(
        "civ_broadcast_stall_s",
        Whole(0, 86_400, "s"),
        "11.2: IC-7610, after 8 h (28800)",
        OBSERVED,
        "so long after the open frames to everybody stop; 0: never",
    ),
    _knob(
        "civ_lost_fe",
        Whole(0, 10_000),
        "11.4: Hamlib pull request 2178",
        OBSERVED,
        "every n-th frame lacks its second FE; 0: none",
    ),
    _knob(
        "flush_stale",
        SWITCH,
        "4.4, 7.3, 11.4: Hamlib pull request 2178",
        OBSERVED,
        "an open is followed by frames of the last session, high numbers first",
    ),
    _knob(
        "scope_split",
        SWITCH,
        "#31, 9.1: one frame to a sweep on LAN, 11 or 15 on USB",
        OBSERVED,
        "sweeps of the scope come in divisions",
    ),
)

_AUDIO = (
    _knob(
        "audio_seq_restart",
        SWITCH,
        "#36, 2.4: IC-7610",
        OBSERVED,
        'numbers of the link begin at 0 again after "are you ready"',
    ),
    _knob(
        "audio_seq_start",
        _NUMBER,
        "4, 10: hit the wrap of 16 bits in seconds",
        ASSUMED,
        "first number of RX audio itself",
    ),
    _knob(
        "audio_start",
        AudioStart,
        "#37, 8.5: IC-7610",
        OBSERVED,
        'RX audio starts after "I am here", or when the client is ready',
    ),
    _knob(
        "ident",
        Ident,
        "#40, 8.4: 81 06 and 80 06 from an IC-7610, 80 00 from wfserver",
        OBSERVED,
        "ident of RX audio",
    ),
    _knob(
        "max_tx_payload",
        Whole(0, 0xFFFF, "bytes"),
        "#42, 8.3, 11.3: an IC-7610 drops more than 1364 (icom-lan)",
        OBSERVED,
        "larger datagrams of TX audio are dropped; 0: none, for icom-lan 0.7.0",
    ),
)

LINK_KNOBS: tuple[Knob, ...] = (
    *_PINGS,
    *_HANDSHAKE,
    *_NUMBERS,
    *_REPETITION,
    *_CIV,
    *_AUDIO,
)
