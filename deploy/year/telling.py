"""What is said of the rows of a folder that was played: refused, or taken with doubts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final

from api.unread import named_member
from api.words import Language, problem, sentence
from api.written.names import NameOf, alike, in_words, shown
from deploy.year.because import Fallen, FallenRows
from deploy.year.columns import FormColumn
from deploy.year.enclosed import NOT_KEPT
from deploy.year.parts import UnreadRow
from deploy.year.plan import FILE_ORDER, Call, Noticed, Plan, Refused
from deploy.year.readers import Cell
from deploy.year.rows import CellFault, repeatable, wrong_numbers
from domain.payments.doubt import PaymentDoubt
from domain.refusal import Code
from domain.texts import CONTROL_CHARACTER
from domain.values import REGIONAL_AUTHORITY

OTHER_REGION: Final = "other_region"
"""Code of what is told of an organisation whose parent is of another region."""
SAME_ROW: Final = "same_row"
"""Code of what is told of a payment whose row stands in the folder twice."""
_NAMED: Final = {
    f"unknown_{each}": each
    for each in (
        *("network", "agreement", "post", "report"),
        *("call", "application", "body"),
    )
}
"""By the code of what is not there, the column that names it."""
_DOUBTS: Final = frozenset(PaymentDoubt)
_FORM_PROBLEMS: Final = NOT_KEPT | {
    *("not_found", "method_not_allowed", CONTROL_CHARACTER)
}


class Telling:
    """Says of each row what became of it, in a language; rows come in their order."""

    def __init__(self, plan: Plan, language: Language) -> None:
        """Begin with the rows that could not be read."""
        self.refused: list[Refused] = []
        self.noticed: list[Noticed] = []
        self.at_fault: dict[tuple[str, int], Sequence[str]] = {}
        """The columns that a refusal is about, by the row's place and line."""
        self._language = language
        self._fallen = FallenRows()
        self._orders: dict[str, int] = {}
        """By file or sheet, where its form stands among the others."""
        self._belonging, self._names = plan.belonging, plan.names
        authorities = {number: of for of, number in REGIONAL_AUTHORITY.items()}
        self._regions = {**plan.regions, **authorities}
        for each in plan.unread:
            self.refused.append(self._unread(each))
            self._fallen.add(Fallen(each.name, each.file, each.line, each.cells))
            self._orders[each.file] = FILE_ORDER[each.name]

    def sort(self) -> None:
        """Bring what was said into the order of the folder."""
        self.refused.sort(key=self._place)
        self.noticed.sort(key=self._place)

    def taken(self, call: Call, content: Mapping[str, Any]) -> None:
        """Tell of a row that is stored, by its answer."""
        self._notice(call, _warnings(content))
        self._notice(call, self._of_parent(call.row.cells))

    def same(self, call: Call) -> None:
        """Tell of a row that stands in the folder before: nothing is new."""
        if call.row.form.name == "payments":
            said = sentence(self._language, "doubt", SAME_ROW)
            self._notice(call, [{"code": SAME_ROW, "detail": said}])

    def _unread(self, row: UnreadRow) -> Refused:
        if row.key:
            faults = (CellFault(row.key, row.values), *row.others)
            reason = " ".join(cell_reason(self._language, *each) for each in faults)
        else:
            detail = problem(self._language, row.code, row.values).detail
            reason = " ".join([detail, *self._meant(row.code, row.cells)])
        return Refused(row.file, row.line, row.code, reason)

    def _place(self, told: Refused | Noticed) -> tuple[int, int]:
        """What brings rows into the order of the folder."""
        return self._orders[told.file], told.line

    def _of_parent(self, cells: Mapping[str, Cell]) -> Iterator[Mapping[str, str]]:
        """Tell of an organisation in another region than the one that is above it.

        Of a company of several regions this is right; a trust's region was mistyped.
        """
        above = str(cells.get("parent_org_number"))
        region = self._regions.get(above)
        if region is not None and region != cells["region"]:
            values = {"parent": above, "region": region.value}
            detail = sentence(self._language, "doubt", OTHER_REGION, values)
            yield {"code": OTHER_REGION, "detail": detail}

    def refuse(self, call: Call, content: Mapping[str, Any]) -> None:
        """Tell of a row that was refused, by the problem."""
        code = content["code"]
        if code in _FORM_PROBLEMS:
            code = "invalid_row"
        row = call.row
        more = (self._belonging.get(named, ()) for named in row.cells.items())
        first = self._fallen.first(code, row.cells, chain.from_iterable(more))
        because = "" if first is None else f"{first.place}:{first.line}"
        detail = self._by_columns(call, content)
        parts = [detail, *self._read_of(call, content)]
        parts += self._numbers_of(call, content)
        parts += self._meant(code, row.cells)
        reason = " ".join(parts)
        self.refused.append(Refused(row.place, row.line, code, reason, because))
        wrong = (column for _, column in _columns_of(call, content))
        self.at_fault[row.place, row.line] = [column.name for column in wrong]
        self._fallen.add(Fallen(row.form.name, row.place, row.line, row.cells))
        self._orders[row.place] = FILE_ORDER[row.form.name]

    def _by_columns(self, call: Call, content: Mapping[str, Any]) -> str:
        """What is wrong, with the columns' names in place of the members'."""
        detail = str(content["detail"])
        if content["code"] != Code.INVALID_ROW:
            return detail
        for field, column in _columns_of(call, content):
            name = shown(NameOf.COLUMN, column.name, self._language)
            detail = detail.replace(named_member(field, self._language), name)
        return detail

    def _read_of(self, call: Call, content: Mapping[str, Any]) -> Iterator[str]:
        """Give the cells that a refusal is about, and what they have."""
        for _, column in _columns_of(call, content):
            text = call.row.cells.get(column.name)
            if isinstance(text, str) and not column.personal and repeatable(text):
                name = shown(NameOf.COLUMN, column.name, self._language)
                values = {"column": name, "text": repeatable(text)}
                yield sentence(self._language, "cell", "has", values)

    def _meant(self, code: str, cells: Mapping[str, Cell]) -> Iterator[str]:
        """Ask whether the folder's name that differs only in case or signs is meant."""
        column = _NAMED.get(code, "")
        meant = alike(str(cells.get(column)), self._names.get(column, ()))
        if meant and repeatable(meant):
            yield sentence(
                self._language, "cell", "meant", {"meant": repeatable(meant)}
            )

    def _numbers_of(self, call: Call, content: Mapping[str, Any]) -> Iterator[str]:
        """Say which other organisation numbers of a refused row are none."""
        fields = [each["field"] for each in content.get("errors", ())]
        for column in call.row.form.columns:
            number = repeatable(str(call.row.cells.get(column.name)))
            wrong = column.name in wrong_numbers(call.row.form, call.row.cells)
            if wrong and column.member not in fields:
                name = shown(NameOf.COLUMN, column.name, self._language)
                values: dict[str, str | int] = {"column": name, "text": number}
                yield cell_reason(self._language, "wrong_check_digit", values)

    def _notice(self, call: Call, warnings: Iterable[Mapping[str, str]]) -> None:
        row = call.row
        self.noticed += [
            Noticed(row.place, row.line, warning["code"], warning["detail"])
            for warning in warnings
        ]
        self._orders[row.place] = FILE_ORDER[row.form.name]


def _columns_of(
    call: Call, content: Mapping[str, Any]
) -> Iterator[tuple[str, FormColumn]]:
    """Give the members that a problem is about, in a command or within one; as columns."""
    fields = [str(error["field"]) for error in content.get("errors", ())]
    for column in call.row.form.columns:
        for field in fields:
            if column.member and field.rpartition(".")[2] == column.member:
                yield field, column
                break


def _warnings(content: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    """Give the warnings of an answer; an entry of a bank has its own.

    What such a payment may be the same as is told as with one by hand, by its row.
    """
    yield from (each for each in content.get("warnings", ()) if "rule" not in each)
    for entry in content.get("entries", ()):
        for each in entry["warnings"]:
            if each["code"] in _DOUBTS:
                yield {"code": each["code"], "detail": each["why"]}


def cell_reason(language: Language, key: str, values: Mapping[str, str | int]) -> str:
    """Say why a cell cannot be read, where it stands, and what was read of it."""
    values = in_words(values, language)
    reason = sentence(language, "cell", key, values)
    has_text, has_place = bool(values.get("text")), "cell" in values
    read = {(True, True): "read_at", (True, False): "read", (False, True): "at"}
    if (has_text, has_place) not in read:
        return reason
    return f"{reason} {sentence(language, 'cell', read[has_text, has_place], values)}"
