"""The rules of the protocol as numbered checks, held against what was recorded."""
