"""Whom to ask about a call or a body, as pages of these show it."""

from collections.abc import Sequence

from api.auth import Role
from api.desk.contacts import Contact, ContactAbout
from api.pages.visit import Visit


def contacts_shown(visit: Visit, about: ContactAbout, of: str) -> Sequence[Contact]:
    """Whom to ask on the visitor's day."""
    return visit.node.contacts.on(about, of, visit.day)


def keeps_contacts(visit: Visit, organisation: str) -> bool:
    """Whether the visitor may say who is to be asked."""
    return visit.role is Role.SECRETARY and visit.organisation == organisation
