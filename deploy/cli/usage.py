"""What is wrong with how a command was called, in bokmål, nynorsk and English.

typer says it in English. Each of its sentences is known here by its form, and said in
words of ours; one of a later release that nobody knows is passed on as it is.
"""

import re
from typing import Final

from typer._click.exceptions import UsageError
from typing_extensions import override

from api.words import Language, sentence

_FORMS: Final = {
    "missing_argument": r"Missing argument '(?P<name>[^']+)'.*",
    "missing_option": r"Missing option '(?P<name>[^']+)'.*",
    "missing_command": r"Missing command\.",
    "no_option": r"No such option: (?P<name>\S+)"
    r"(?: \(Possible options: (?P<near>.*)\)| ?Did you mean (?P<near_one>\S+)\?)?",
    "no_command": r"No such command (?P<name>.+?)\.(?: Did you mean (?P<near>.*)\?)?",
    "needs_value": r"Option '(?P<name>[^']+)' requires an? .*",
    "takes_no_value": r"Option '(?P<name>[^']+)' does not take a value\.",
    "extra": r"Got unexpected extra argument(?:s|\(s\))? \((?P<name>.*)\)",
    "not_a_day": r"Invalid value for (?P<name>.+?): (?:Value error, )?(?P<value>'.*')"
    r" does not match the formats? .*",
    "not_one_of": r"Invalid value for (?P<name>.+?): (?:Value error, )?(?P<value>'.*')"
    r" is not one of (?P<choices>.*?)\.",
    "not_a_number": r"Invalid value for (?P<name>.+?): Input should be a valid "
    r"(?:integer|number).*",
    "too_small": r"Invalid value for (?P<name>.+?): Input should be greater than or "
    r"equal to (?P<bound>\S+)",
    "too_large": r"Invalid value for (?P<name>.+?): Input should be less than or equal "
    r"to (?P<bound>\S+)",
    "not_there": r"Invalid value for (?P<name>.+?): \S+ (?P<value>'.*') does not exist\.",
    "a_file": r"Invalid value for (?P<name>.+?): \S+ (?P<value>'.*') is a file\.",
    "a_folder": r"Invalid value for (?P<name>.+?): \S+ (?P<value>'.*') is a directory\.",
    "unreadable": r"Invalid value for (?P<name>.+?): \S+ (?P<value>'.*') is not "
    r"(?:readable|writable)\.",
}
"""By key of our words, the form of typer's."""
SECTION: Final = "usage"


def in_words_of_ours(message: str, language: Language) -> str:
    """Say what typer says, in a language; what is not known, as it is."""
    for key, form in _FORMS.items():
        found = re.fullmatch(form, message, re.DOTALL)
        if found is None:
            continue
        said = {name: text for name, text in found.groupdict().items() if text}
        near = said.pop("near_one", said.get("near"))
        values = {name: text.replace("'", "") for name, text in said.items()}
        words = sentence(language, SECTION, key, values)
        if near is None:
            return words
        meant = {"near": near.replace("'", "")}
        return f"{words} {sentence(language, SECTION, 'near', meant)}"
    return message


class SpokenUsageError(UsageError):
    """A command is called as it cannot be; shown in the language that is spoken."""

    def __init__(self, error: UsageError, language: Language) -> None:
        super().__init__(in_words_of_ours(error.format_message(), language), error.ctx)
        self._language = language

    @override
    def show(self, file: object = None) -> None:
        """Say how the command is called, how to get help, and what is wrong."""
        import typer  # noqa: PLC0415

        if self.ctx is not None:
            usage = " ".join(self.ctx.command.collect_usage_pieces(self.ctx))
            prefix = sentence(self._language, "help", "usage")
            typer.echo(f"{prefix}{self.ctx.command_path} {usage}", err=True)
            asked = {"command": f"{self.ctx.command_path} --help"}
            typer.echo(sentence(self._language, SECTION, "try", asked), err=True)
            typer.echo("", err=True)
        values = {"reason": self.message}
        typer.echo(sentence(self._language, SECTION, "error", values), err=True)
