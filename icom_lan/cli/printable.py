"""Names from the network on a terminal."""


def printable(text: str) -> str:
    """A terminal obeys control characters: none of them comes through."""
    return "".join(each if each.isprintable() else "?" for each in text)
