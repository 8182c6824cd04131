"""Why a command about bodies and networks' governance is refused."""

from domain.refusal import RefusalCode
from domain.warning import WarningCode


class GovernanceCode(RefusalCode):
    """Codes of bodies, seats, elections, plans and activity reports."""

    UNKNOWN_BODY = "unknown_body"
    UNKNOWN_SEAT = "unknown_seat"
    STEERING_GROUP_EXISTS = "steering_group_exists"
    REPRESENTED_BY_OTHER = "represented_by_other"
    INTER_MUNICIPAL_NOT_ALLOWED = "inter_municipal_not_allowed"
    NOT_PARTICIPANT = "not_participant"
    SEAT_TAKEN = "seat_taken"
    SEAT_VACANT = "seat_vacant"
    NOT_NOMINATED = "not_nominated"
    NOT_RESOURCE_PERSON = "not_resource_person"
    CHAIR_EXCLUDED = "chair_excluded"
    GROUP_NOT_COVERED = "group_not_covered"
    FOCUS_AREA_NOT_VALID = "focus_area_not_valid"
    NOTHING_TO_REPORT = "nothing_to_report"
    NETWORK_NOT_ACTIVE = "network_not_active"
    NOT_EVALUATED = "not_evaluated"


class GovernanceWarning(WarningCode):
    """What is warned of in bodies and networks."""

    NO_HOLDER = "no_holder", "S4-08"
    """Also S4-50 and S4-73."""
    MANDATORY_SEAT_VACANT = "mandatory_seat_vacant", "S4-73"
    ALL_REPLACED = "all_replaced", "S4-82"
    """Also S4-96."""
    NONE_REPLACED = "none_replaced", "S4-82"
    SEMINAR_ALONE = "seminar_alone", "S4-22"
    NO_STRATEGY = "no_strategy", "S4-27"
