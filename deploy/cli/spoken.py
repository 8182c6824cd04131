"""Help in bokmål, nynorsk and English.

Commands and options say which words are theirs, and these are looked up when help
is shown. It is plain text: what draws boxes takes longer to load than all else.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

import typer
from typer._click.exceptions import NoArgsIsHelpError, UsageError
from typer._coercion import resolve_type_descriptor
from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.models import OptionInfo
from typing_extensions import override

from api.words import Language, negotiate, sentence

if TYPE_CHECKING:
    from typer._click import Command, HelpFormatter, Parameter

LOCALES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")
"""The first that is set says in which language a program speaks (POSIX)."""
LANGUAGE: Final = "--language"
_SPOKEN: Final = "fagnett.language"
_SAID_BY_TYPER: Final = {
    "[default: ": "default",
    "; default: ": "default",
    "[env var: ": "variable",
    "required]": "required",
}


def spoken(arguments: Sequence[str]) -> Language:
    """Language of help: as asked, else as the environment has it.

    The arguments are looked through as they are, since ``--help`` is answered
    before what stands after it is read.
    """
    asked = None
    for given, following in zip_longest(arguments, arguments[1:]):
        name, _, value = given.partition("=")
        if name == LANGUAGE:
            asked = value or following
    for each in (asked, os.environ.get("FAGNETT_LANGUAGE")):
        if each in set(Language):
            return Language(each)
    locale = next(filter(None, map(os.environ.get, LOCALES)), "")
    return negotiate(locale.partition(".")[0].replace("_", "-"))


def spoken_group(key: str) -> typer.Typer:
    """Group of commands; it is named by the key of its words."""
    return typer.Typer(
        name=key,
        cls=SpokenGroup,
        help=key,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )


def everywhere(command: "Command", language: Language) -> dict[str, Any]:
    """Defaults of a command and all below it, with a language."""
    defaults: dict[str, Any] = {"language": language}
    for name, below in getattr(command, "commands", {}).items():
        defaults[name] = everywhere(below, language)
    return defaults


class _Help:
    """Writes the help of a command or group in the language that is spoken."""

    def __init__(self, command: "Command", ctx: typer.Context) -> None:
        arguments = ctx.find_root().meta.get(_SPOKEN, ())
        self._language = spoken(arguments)
        self._command = command
        self._ctx = ctx

    def say(self, section: str, key: str) -> str:
        return sentence(self._language, section, key)

    def write(self, formatter: "HelpFormatter") -> None:
        """Write usage, what the command does, its options and the commands below."""
        usage = " ".join(self._command.collect_usage_pieces(self._ctx))
        path, prefix = self._ctx.command_path, self.say("help", "usage")
        formatter.write_usage(path, usage, prefix)
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(self.say("command", self._command.help or ""))
        for heading, rows in (
            ("arguments", self._records("argument")),
            ("options", self._records("option")),
            ("commands", self._commands()),
        ):
            if records := list(rows):
                with formatter.section(self.say("help", heading)):
                    formatter.write_dl(records)

    def _records(self, kind: str) -> Iterator[tuple[str, str]]:
        own = self._command.get_help_option(self._ctx)
        for param in self._command.get_params(self._ctx):
            record = param.get_help_record(self._ctx)
            if record is not None and param.param_type_name == kind:
                name, text = record
                words = self.say("option", "help" if param is own else _said(param))
                yield name, words + self._more(text.removeprefix(_said(param)))

    def _more(self, text: str) -> str:
        """What typer adds in brackets: a default, a variable, that it must be."""
        for english, key in _SAID_BY_TYPER.items():
            plain = sentence(Language.EN, "help", key)
            text = text.replace(english, english.replace(plain, self.say("help", key)))
        return text

    def _commands(self) -> Iterator[tuple[str, str]]:
        for name, each in getattr(self._command, "commands", {}).items():
            text = self.say("command", each.help)
            yield name, text.partition("\n\n")[0]


def _said(param: "Parameter") -> str:
    return str(getattr(param, "help", None) or "")


@contextmanager
def _usage_spoken(ctx: Any) -> Iterator[None]:  # noqa: ANN401 - typer's own
    """Say what is wrong with a call in the language that is spoken."""
    try:
        yield
    except UsageError as error:
        from deploy.cli.usage import SpokenUsageError  # noqa: PLC0415

        if isinstance(error, SpokenUsageError | NoArgsIsHelpError):
            raise
        language = spoken(ctx.find_root().meta.get(_SPOKEN, ()))
        raise SpokenUsageError(error, language) from None


class SpokenCommand(TyperCommand):
    """A command whose help is words by key."""

    @override
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Say what is wrong with the arguments in the language that is spoken."""
        with _usage_spoken(ctx):
            return super().parse_args(ctx, args)

    @override
    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        _Help(self, ctx).write(formatter)


class _ForAllBelow(TyperOption):
    """``--language`` of a group. typer's own reading of it would load pydantic."""

    def __init__(self) -> None:
        super().__init__(
            param_decls=[LANGUAGE],
            type_descriptor=resolve_type_descriptor(str, OptionInfo()),
            metavar=f"<{'|'.join(Language)}>",
            expose_value=False,
            help="language",
        )

    @override
    def process_value(self, ctx: Any, value: Any) -> Any:
        """Make it the default of every command below."""
        if value is None:
            return
        if value not in set(Language):
            message = f"{value!r} is not one of {', '.join(Language)}."
            raise typer.BadParameter(message, ctx, self)
        ctx.default_map = everywhere(ctx.command, Language(value))


class SpokenGroup(TyperGroup):
    """A group whose help is words by key, with a language for all below it."""

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - typer's own
        super().__init__(**attributes)
        self.params.append(_ForAllBelow())

    @override
    def get_help_option(self, ctx: Any) -> Any:
        """``--help``, which is false where it is not given.

        As typer has it, it is nothing then, and reading that would load pydantic.
        """
        option = super().get_help_option(ctx)
        if option is not None:
            option.default = False
        return option

    @override
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Keep all arguments, which may name the language of help."""
        ctx.meta.setdefault(_SPOKEN, tuple(args))
        with _usage_spoken(ctx):
            return super().parse_args(ctx, args)

    @override
    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find a command; say in the language that is spoken that there is none."""
        with _usage_spoken(ctx):
            return super().resolve_command(ctx, args)

    @override
    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        _Help(self, ctx).write(formatter)
