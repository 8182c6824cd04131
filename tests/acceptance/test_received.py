"""The bundled year's documents, received again as EHF by their payers."""

from pathlib import Path

import httpx
import pytest

from api.auth import Role
from api.ehf.document import ehf_document
from api.ehf.writing import write
from domain.values import Region
from projections.documents import Issued, issued_documents
from tests.support.federation import InProcess, in_process, token

pytestmark = pytest.mark.anyio

SAMPLE = Path(__file__).parents[2] / "deploy" / "sample" / "2026"


async def test_every_document_of_the_bundled_year_is_known_again(
    tmp_path: Path,
) -> None:
    async with in_process(tmp_path) as federation:
        await federation.play(SAMPLE)
        documents = list(issued_documents(federation.nodes[Region.NORD].journal))
        assert len(documents) == 34
        async with httpx.AsyncClient(mounts=federation.doors) as client:
            for each in documents:
                content = write(ehf_document(each.fact, each.document.number))
                assert await send(client, federation, each, content) == (201, "")
                assert await send(client, federation, each, content) == (200, "")
                wrong = content.replace(
                    b".00</cbc:PayableAmount>", b".01</cbc:PayableAmount>"
                )
                wrong = wrong.replace(b">NOK<", b">SEK<")
                refused = (422, "ehf_differs")
                assert await send(client, federation, each, wrong) == refused


async def send(
    client: httpx.AsyncClient, federation: InProcess, issued: Issued, content: bytes
) -> tuple[int, str]:
    """Send an EHF as its payer, wherever that is at home; return status and code."""
    said = (0, "")
    for region in Region:
        answer = await client.post(
            f"{federation.urls[region]}/v1/received-invoices",
            content=content,
            headers={
                "Authorization": f"Bearer {token(issued.fact.payer, Role.CONTROLLER)}",
                "Fagnett-Business-Day": "2027-01-10",
            },
        )
        said = (answer.status_code, answer.json().get("code", ""))
        if said[1] != "wrong_region":
            break
    return said
