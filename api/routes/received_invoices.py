"""EHF that the payer received outside the federation, held against its event."""

import hashlib
import re
from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import Depends, Response
from pydantic import BaseModel, Field

from api.bodies import FILE
from api.dependencies import TheAsker, TheNode, senders, the_bytes
from api.ehf.comparing import difference
from api.ehf.document import ehf_document
from api.ehf.reading import BrokenEhfError, parse_ehf, text, without_files
from api.ehf.writing import write
from api.problems import REFUSALS, ProblemError
from api.receipts import LOCATED, Receipt, execute, receipt
from api.routers import member_router
from domain.history import ShownTo
from domain.invoicing.invoice import DocumentId
from domain.invoicing.invoice_decision import RegisterInvoice
from projections.documents import Issued, issued_document

router = member_router("invoices", ShownTo.OWN)

SELLER: Final = "cac:AccountingSupplierParty/cac:Party/cbc:EndpointID"
_NUMBER: Final = re.compile(r"([0-9]{4})-([1-9][0-9]{0,8})")
EHF_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "An invoice or a credit note, Peppol BIS Billing 3.0, by itself "
        "or in its envelope (SBDH).",
        "content": {"application/xml": FILE},
    }
}


class EmbeddedFile(BaseModel):
    """A file that came within a document; it is not looked at, and not kept."""

    reference: str = Field(examples=["1"])
    filename: str = Field(examples=["timeliste.pdf"])
    mime: str = Field(examples=["application/pdf"])
    bytes: int = Field(description="About as many as it holds.")


class ReceivedReceipt(Receipt):
    """What a received document led to."""

    left_out: list[EmbeddedFile] = Field(
        description="Files that came within the document: nothing of them is kept."
    )


@router.post(
    "/received-invoices",
    status_code=201,
    dependencies=senders(RegisterInvoice),
    responses={**REFUSALS, **LOCATED},
    openapi_extra=EHF_BODY,
)
def receive_invoice(
    content: Annotated[bytes, Depends(the_bytes)],
    node: TheNode,
    asker: TheAsker,
    response: Response,
) -> ReceivedReceipt:
    """Register a received EHF as the payer, if it says what its event says.

    What differs, by an øre or a letter, is refused, naming the element; nothing of
    it is kept. Embedded files are left out and named.
    """
    try:
        name, seller = _named(content)
        issued = _issued(node, seller, name)
        ours = write(ehf_document(issued.fact, issued.document.number))
        member = difference(content, ours)
        files = without_files(parse_ehf(content))
    except BrokenEhfError as error:
        values = {"reason": str(error)}
        raise ProblemError("ehf_unreadable", values) from None
    if member is not None:
        errors = [{"field": member, "code": "ehf_differs"}]
        raise ProblemError("ehf_differs", {"invoice": name, "member": member}, errors)
    # Of what is said, not of the bytes that came: the same document is one, however
    # it was written down on its way.
    command = RegisterInvoice(
        **issued.document._asdict(), ehf_sha256=hashlib.sha256(ours).hexdigest()
    )
    outcome = execute(node, command, asker, response)
    of = issued.document
    response.headers["Location"] = f"/v1/invoices/{of.seller}/{of.year}/{of.number}"
    left_out = [EmbeddedFile(**asdict(file)) for file in files]
    return ReceivedReceipt(**dict(receipt(outcome)), left_out=left_out)


def _named(content: bytes) -> tuple[str, str]:
    """What a document calls itself, and its seller."""
    root = parse_ehf(content)
    return text(root, "cbc:ID").strip(), text(root, SELLER).strip()


def _issued(node: TheNode, seller: str, name: str) -> Issued:
    number = _NUMBER.fullmatch(name)
    issued = None
    if number is not None and seller.isascii() and seller.isdigit():
        document = DocumentId(seller, int(number.group(1)), int(number.group(2)))
        issued = issued_document(node.journal, document)
    if issued is None:
        errors = [{"field": "ID", "code": "unknown_invoice"}]
        values = {"invoice": f"{seller[:20]} {name[:20]}"}
        raise ProblemError("unknown_invoice", values, errors)
    return issued
