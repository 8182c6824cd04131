"""What a verification says it proved."""

from api.words import Language
from deploy.cli.verdict import Demands, verdict_line
from domain.values import Region
from federation.checks.verification import Verified


def test_where_nothing_is_recorded_there_is_nothing_to_prove() -> None:
    logs = [Verified(region.value, 0, 0, {}) for region in Region]
    said = verdict_line(logs, Demands(), Language.EN)
    assert said.startswith("No region has recorded anything yet")
    assert "at least 0" not in said.lower()
