"""Ask every window of an X display to close, as its close button does.

python -I window_closer.py :DISPLAY
"""

import sys

from Xlib import X, display, error  # type: ignore[import-untyped]
from Xlib.protocol import event  # type: ignore[import-untyped]


def close_all(name: str) -> None:
    """Windows that do not take part in this protocol are left alone."""
    screen = display.Display(name)
    protocols = screen.intern_atom("WM_PROTOCOLS")
    delete = screen.intern_atom("WM_DELETE_WINDOW")
    waiting = [screen.screen().root]
    while waiting:
        window = waiting.pop()
        try:
            waiting += window.query_tree().children
            takes_part = delete in list(window.get_wm_protocols())
        except error.BadWindow:
            continue
        if takes_part:
            data = (32, [delete, X.CurrentTime, 0, 0, 0])
            message = event.ClientMessage(
                window=window, client_type=protocols, data=data
            )
            window.send_event(message, event_mask=0)
    screen.sync()


if __name__ == "__main__":
    close_all(sys.argv[1])
