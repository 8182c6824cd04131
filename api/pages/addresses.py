"""Where people are sent on to: an address of this node, whatever a link or a form says."""

from typing import Final
from urllib.parse import urlencode, urlsplit

FIRST_PAGE: Final = "/my-day"
ADDRESS_CHARACTERS_MAX: Final = 2000


def on_this_node(address: str) -> str:
    """Address on this node, or its first page: nobody is sent elsewhere.

    Browsers take a backslash for a slash, leave out control characters, and go to
    another host after two slashes and more.
    """
    plain = address.isprintable() and "\\" not in address
    if not plain or len(address) > ADDRESS_CHARACTERS_MAX:
        return FIRST_PAGE
    try:
        parts = urlsplit(address)
    except ValueError:
        return FIRST_PAGE
    own = address.startswith("/") and not address.startswith("//")
    return address if own and not parts.scheme and not parts.netloc else FIRST_PAGE


def address(path: str, /, **members: object) -> str:
    """Address of a page with what is asked of it; what is empty is left out."""
    said = {name: str(each) for name, each in members.items() if each not in {None, ""}}
    return f"{path}?{urlencode(said)}" if said else path
