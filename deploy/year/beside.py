"""Files beside the tables of a folder, which cells name: rules of calls, attachments."""

import unicodedata
from codecs import BOM_UTF8
from pathlib import Path
from typing import Final

import orjson
from pydantic import ValidationError

from api.presets import preset_rules
from deploy.year.lines import FolderError, ReadAllowance
from deploy.year.readers import UnreadableCellError
from deploy.year.several import attachments_of
from domain.grants.rules import CallRules
from federation.documents.salted import DOCUMENT_BYTES_MAX
from federation.regular import NotRegularError, TooLargeError, read_regular

RULES_BYTES_MAX: Final = 1024 * 1024


class FilesBeside:
    """The files of one folder; of a workbook that is alone there are none.

    Only what stands in the folder itself is read, no link, and no more than may be.
    """

    def __init__(self, folder: Path | None, allowance: ReadAllowance) -> None:
        self._folder = folder
        self._allowance = allowance
        self.contents: dict[str, bytes] = {}
        """What was read so far, by its name in cells."""

    def read(self, name: str, bytes_max: int) -> bytes:
        """Read a file; raise :class:`UnreadableCellError` where that cannot be done."""
        if name not in self.contents:
            path = self._path(name)
            try:
                content = read_regular(path, bytes_max, follow=False)
            except TooLargeError:
                raise UnreadableCellError("file_too_large") from None
            except (NotRegularError, OSError):
                raise UnreadableCellError("no_such_file") from None
            try:
                self._allowance.take(name, size=len(content))
            except FolderError:
                raise UnreadableCellError("file_too_large") from None
            self.contents[name] = content
        return self.contents[name]

    def _path(self, name: str) -> Path:
        """Place of a file; a name with a folder in it is none."""
        plain = not {"/", "\\", "\0"} & {*name} and not name.startswith(".")
        if self._folder is None or not plain:
            raise UnreadableCellError("no_such_file")
        for form in ("NFC", "NFD"):
            # As cells are kept, and as some machines keep names of files.
            path = self._folder / unicodedata.normalize(form, name)
            if path.exists():
                return path
        raise UnreadableCellError("no_such_file")


def rules_in(cell: str, beside: FilesBeside) -> str:
    """Read rules of a call: by the name of a preset, or of a file. As JSON."""
    content = preset_rules(cell)
    if content is None:
        content = beside.read(cell, RULES_BYTES_MAX).removeprefix(BOM_UTF8)
    try:
        CallRules.model_validate_json(content)
        rules = orjson.loads(content)
    except (ValidationError, orjson.JSONDecodeError):
        raise UnreadableCellError("not_rules") from None
    if "deadline" not in rules:
        # A call without one says so with null: nobody leaves its last day out by accident.
        raise UnreadableCellError("not_rules")
    return orjson.dumps(rules, option=orjson.OPT_SORT_KEYS).decode()


def files_in(cell: str, beside: FilesBeside) -> str:
    """Read the files of attachments, and leave the cell as it is."""
    for _, file in attachments_of(cell):
        if file:
            beside.read(file, DOCUMENT_BYTES_MAX)
    return cell
