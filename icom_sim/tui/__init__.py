"""The terminal view of a fake radio: `icom-sim serve --tui` (docs/tui.md).

All that is drawn and all that keys mean is pure, lines made from a `Status`. Only
`app` and `driver` know the library that draws; they are imported when the view runs.
"""
