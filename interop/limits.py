"""What a foreign client cannot do, known and its own doing: a hole, and no failure.

By the names of client and dialect. A row that works all the same says so: this only
turns what fails into a hole.
"""

LIMITS: dict[tuple[str, str], str] = {}
