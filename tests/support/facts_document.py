"""The catalogue of facts as a document, from the classes that hold them."""

import ast
import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from enum import Enum
from textwrap import dedent
from types import ModuleType
from typing import Any, Final, NamedTuple, get_args

from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from domain.catalogue import EARLIER, FACTS, STREAMS
from domain.fact import Message, canonical

HEAD: Final = """# The facts

What stands in `data` of an entry, by its `type`; a file of the class catalogue, written by `make written`. Members are written in canonical
JSON (`federation/README.md`), and no other member may be there. One that may be absent takes no space when it is; of one that came later, which is not in older entries, stands what it means then.
Amounts are whole øre, in members whose names end in `_ore`. A date is a day in Norway (Europe/Oslo). The stream of a fact is `region:kind:key`.
"""
PLAIN: Final = {
    "int": "integer",
    "str": "text",
    "bool": "`true` or `false`",
    "date": "date",
}
BECAME: Final = {
    "agreement.version_countered.v1": "as v2; the terms say no reason for what they leave out",
    "agreement.version_proposed.v1": "as v3; members that came with v2 or v3 are not there",
    "agreement.version_proposed.v2": "as v3; the terms say no reason for what they leave out",
    "bank.entry_imported.v1": "as v2; `payee_not_told` is not there",
    "invoice.approved.v1": "as v2; members that came with it are not there",
    "invoice.disputed.v1": "as v3; members that came with v2 are not there",
    "invoice.disputed.v2": "as v3; it may be of a credit of another document",
    "invoice.issued.v1": "as v4 without `seller`, `buyer` and `buyer_reference`; the parties' numbers stand for their names, the agreement for the reference",
    "invoice.issued.v2": "as v4; members that came with v3 or v4 are not there",
    "invoice.issued.v3": "as v4; `arithmetic` and `network_names` are not there",
    "mandate.granted.v1": "as v2 without `purpose`; an auditor's may have no last day, and be any organisation's",
    "organisation.billing_details_recorded.v1": "as v2; no `account.named.v1` beside it",
    "payment.registered.v1": "as v3; the day and the amount may be any",
    "payment.registered.v2": "as v3; it may take back more than was paid",
}
"""Names that are no longer written, and how they are read."""


class Member(NamedTuple):
    """A member of a fact or of a part of one."""

    name: str
    kind: str
    """Its type, as the class says it."""
    absent: str
    """What it means that it is not there; empty where it always is."""
    words: str


def members(kind: type[Message]) -> Iterator[Member]:
    """Give the members of a class in the order in which it has them."""
    said = {
        statement.target.id: (statement, words)
        for of in reversed(kind.__mro__)
        if issubclass(of, Message) and of is not Message
        for statement, words in _statements(of)
        if isinstance(statement.target, ast.Name)
    }
    for name, field in kind.model_fields.items():
        statement, words = said[name]
        yield Member(name, _kind(statement.annotation), _absent(field), words)


def _absent(field: FieldInfo) -> str:
    if field.is_required():
        return ""
    if field.default is None:
        return "may be absent"
    default = field.default.value if isinstance(field.default, Enum) else field.default
    shown = canonical(default).decode()
    return f"where absent: `{shown}`"


def _statements(kind: type[Message]) -> Iterator[tuple[ast.AnnAssign, str]]:
    (found,) = ast.parse(dedent(inspect.getsource(kind))).body
    assert isinstance(found, ast.ClassDef)
    after = [*found.body[1:], None]
    for statement, following in zip(found.body, after, strict=True):
        if not isinstance(statement, ast.AnnAssign):
            continue
        said = isinstance(following, ast.Expr) and isinstance(
            following.value, ast.Constant
        )
        words = following.value.value if said else ""  # type: ignore[union-attr]
        yield statement, " ".join(str(words).split())


def _kind(annotation: ast.expr) -> str:
    """Return a type as its class says it, without bounds and absence."""
    text = ast.unparse(annotation).removesuffix(" | None")
    text = re.sub(r"Annotated\[(.*), Field\(.*\)\]", r"\1", text)
    return re.sub(r"(?:tuple|list)\[(.*?)(?:, \.\.\.)?\]", r"list of \1", text)


def parts(kind: Any) -> Iterator[type]:
    """Give the classes and enumerations that a type is made of, each once or more."""
    for each in get_args(kind):
        yield from parts(each)
    if isinstance(kind, type) and issubclass(kind, Message):
        yield kind
        for field in kind.model_fields.values():
            yield from parts(field.annotation)
    elif isinstance(kind, type) and issubclass(kind, Enum):
        yield kind


def document() -> str:
    """Return the document."""
    text = "\n".join([HEAD, *_facts(), *_parts(), *_values(), *_earlier()])
    return text.rstrip().replace("``", "") + "\n"


def _facts() -> Iterator[str]:
    for name, fact in sorted(FACTS.items()):
        yield f"## {name}\n\n{_said(fact)} In a stream of kind `{STREAMS[fact].kind}`.\n"
        yield _table(fact)


def _parts() -> Iterator[str]:
    found = {each.__name__: each for fact in FACTS.values() for each in parts(fact)}
    yield "# Parts of facts\n"
    for name, kind in sorted(found.items()):
        if kind not in FACTS.values() and issubclass(kind, Message):
            yield f"## {name}\n\n{_said(kind)}\n"
            yield _table(kind)
    yield "# One of a few\n\n| | what it is | values |\n|---|---|---|"
    for name, kind in sorted(found.items()):
        if issubclass(kind, Enum):
            values = ", ".join(f"`{each.value}`" for each in kind)
            yield f"| {name} | {_said(kind)} | {values} |"
    yield ""


def _values() -> Iterator[str]:
    names = {
        word
        for fact in FACTS.values()
        for kind in (fact, *parts(fact))
        if issubclass(kind, Message)
        for member in members(kind)
        for word in re.findall(r"\w+", member.kind)
    }
    yield "# Kinds of values\n\n| | is |\n|---|---|"
    for name, kind in sorted(_aliases().items()):
        if name in names:
            yield f"| {name} | {_bounds(TypeAdapter(kind).json_schema())} |"
    yield ""


def _aliases() -> Mapping[str, Any]:
    """Return the kinds of values by their names, wherever in the domain they are."""
    found: dict[str, Any] = {}
    modules = [m for n, m in sorted(sys.modules.items()) if n.startswith("domain.")]
    for module in modules:
        found |= _annotated(module)
    return found


def _annotated(module: ModuleType) -> dict[str, Any]:
    return {
        name: value
        for name, value in vars(module).items()
        if hasattr(value, "__metadata__") and not name.startswith("_")
    }


def _bounds(schema: Mapping[str, Any]) -> str:
    kind = {"string": "text", "integer": "integer"}.get(schema.get("type", ""), "text")
    if schema.get("format") == "date":
        kind = "date, `YYYY-MM-DD`"
    said = [kind]
    if "minimum" in schema or "maximum" in schema:
        said.append(f"{schema.get('minimum', '…')} to {schema.get('maximum', '…')}")
    if "maxLength" in schema:
        said.append(f"at most {schema['maxLength']} characters")
    if "pattern" in schema:
        said.append(f"`{schema['pattern']}`".replace("|", "\\|"))
    return ", ".join(said)


def _earlier() -> Iterator[str]:
    yield "# Earlier names\n\nThey are written no more, and read as what took their place.\n"
    yield "| type | is |\n|---|---|"
    for name in sorted(EARLIER):
        yield f"| {name} | {BECAME[name]} |"


def _table(kind: type[Message]) -> str:
    lines = ["| member | is | |", "|---|---|---|"]
    for member in members(kind):
        shown = " ".join(PLAIN.get(word, word) for word in member.kind.split(" "))
        words = ". ".join(each for each in (member.absent, member.words) if each)
        lines.append(
            f"| `{member.name}` | {shown} | {words} |".replace(" |  |", " | |")
        )
    return "\n".join(lines) + "\n"


def _said(kind: type) -> str:
    """Return the first sentences of a class's description."""
    text = inspect.getdoc(kind) or ""
    return " ".join(text.split("\n\n")[0].split())
