"""The tables of whose word every command is, and in which role, as ``domain/README.md`` prints it."""

from domain.catalogue import COMMANDS
from domain.fact import Fact
from domain.refusal import RefusalCode
from domain.role import Role


def table() -> str:
    """Return a row for every command."""
    rows = [
        "| command | who asks | what must have been said | whom it binds | said again |",
        "|---|---|---|---|---|",
    ]
    for command, kind in COMMANDS.items():
        of = kind.authority
        after = ", ".join(
            f"{_name(each)} (`{code}`)" for each, code in of.after.items()
        )
        again = f"`{of.again}`" if isinstance(of.again, RefusalCode) else of.again.value
        cells = (f"`{command.__name__}`", of.asks, after or "nothing", of.effect, again)
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def roles_table() -> str:
    """Return a row for every role, with the commands that it sends."""
    rows = ["| role | sends |", "|---|---|"]
    for role in Role:
        sent = (c for c, kind in COMMANDS.items() if role in kind.authority.by)
        names = ", ".join(f"`{command.__name__}`" for command in sent)
        rows.append(f"| {role} | {names or 'nothing'} |")
    return "\n".join(rows)


def _name(fact: type[Fact]) -> str:
    """Return ``report.approved``: the stored name without its version."""
    return fact.TYPE.rpartition(".")[0]
