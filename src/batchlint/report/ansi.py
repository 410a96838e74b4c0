"""Colours on a terminal, and when to use them."""

from collections.abc import Mapping

_CODES = {
    "bold": "1",
    "dim": "2",
    "red": "1;31",
    "yellow": "1;33",
    "blue": "1;34",
    "cyan": "36",
    "green": "32",
}


def paint(text: str, style: str, is_on: bool) -> str:
    """The text in a style, as it is where colour is off."""
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if is_on and text else text


def use_color(choice: str, environment: Mapping[str, str], is_terminal: bool) -> bool:
    """Whether to colour: `--color` beats NO_COLOR, which beats FORCE_COLOR, which beats the terminal."""
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    force = environment.get("FORCE_COLOR")
    if force:
        return force != "0"
    return is_terminal and environment.get("TERM") != "dumb"
