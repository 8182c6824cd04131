"""What a person may do for an organisation, for whoever needs no more than the names."""

from enum import StrEnum


class Role(StrEnum):
    """A person's role for an organisation."""

    CONTROLLER = "controller"
    """Records agreements, invoices, payments and statements for a trust."""
    APPROVER = "approver"
    """Approves and disputes what a controller has registered."""
    LEADER = "leader"
    """Endorses a version for the clinic: director, deputy or clinic director."""
    COORDINATOR = "coordinator"
    """Reports, decides on reports, and says who fills a post."""
    REGISTRAR = "registrar"
    """Registers organisations and confirms days for a regional health authority."""
    SECRETARY = "secretary"
    """Prepares matters that are decided."""
    DECIDER = "decider"
    """Decides on them."""
    OPERATOR = "operator"
    """Runs a region's node."""
    AUDITOR = "auditor"
    """Reads what an engagement covers."""
    READER = "reader"
    """Asks questions; every role may."""
    ADMINISTRATOR = "administrator"
    """Gives the organisation's people their mandates, and ends them."""
