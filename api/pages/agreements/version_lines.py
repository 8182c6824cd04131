"""Versions of an agreement side by side: what each says, and what it changes."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from api.folders import FOLDER
from api.pages.rendering import Speaker
from domain.agreements.agreement import PartTimePost, Terms

SECTIONS = ("tasks", "obligations", "aims", "economy")
"""Of a cooperation."""


class VersionCell(NamedTuple):
    """What one version says of one thing."""

    text: str
    before: str | None = None
    """What the version to the right says, where it says something else."""
    is_money: bool = False


class VersionLine(NamedTuple):
    """What all versions say of one thing; without cells, a heading."""

    label: str
    cells: Sequence[VersionCell] = ()

    @property
    def is_same(self) -> bool:
        """Whether all versions say the same."""
        return len({cell.text for cell in self.cells}) == 1


class VersionTeller:
    """Tells terms in the reader's language."""

    def __init__(self, speaker: Speaker) -> None:
        self._page = speaker
        self._say = Speaker(speaker.language, "agreement").say

    def lines(self, versions: Sequence[Terms]) -> list[VersionLine]:
        """Lines of some versions, the newest first; none of what no version says."""
        found = [*self._of_version(versions), *self._of_posts(versions)]
        return [*found, *self._of_more(versions)]

    def changes(self, terms: Terms, before: Terms | None) -> list[tuple[str, str]]:
        """What a version changes in another: labels and words, ``15 → 20``."""
        if before is None:
            return []
        return [
            (line.label, f"{line.cells[0].before or '–'} → {line.cells[0].text or '–'}")
            for line in self.lines([terms, before])
            if line.cells and line.cells[0].before is not None
        ]

    def _of_version(self, versions: Sequence[Terms]) -> Iterator[VersionLine]:
        day = self._page.short_day
        yield _line(
            self._say("effective_from"), versions, lambda t: day(t.effective_from)
        )
        yield _line(
            self._say("duration"),
            versions,
            lambda t: self._days(t.starts_on, t.ends_on),
        )

    def _of_posts(self, versions: Sequence[Terms]) -> Iterator[VersionLine]:
        names = list(dict.fromkeys(p.post for terms in versions for p in terms.posts))
        for name in names:
            if len(names) > 1:
                yield VersionLine(self._page.say("post_named", post=name))
            for label, told, is_money in self._post_lines():
                yield _line(
                    label,
                    versions,
                    lambda terms, told=told, name=name: _of_post(terms, name, told),  # type: ignore[misc]
                    is_money=is_money,
                )
        if len(names) > 1:
            yield _line(
                self._page.say("cost_in_all"),
                versions,
                lambda t: self._page.kr(sum(p.annual_cost_ore for p in t.posts)),
                is_money=True,
            )

    def _post_lines(
        self,
    ) -> Iterator[tuple[str, Callable[[PartTimePost], str], bool]]:
        page = self._page
        yield self._say("percent"), lambda p: page.percent(p.percent), False
        yield page.say("annual_cost"), lambda p: page.kr(p.annual_cost_ore), True
        yield page.say("post_content"), lambda p: p.content, False
        yield page.say("post_days"), lambda p: self._days(p.starts_on, p.ends_on), False

    def _of_more(self, versions: Sequence[Terms]) -> Iterator[VersionLine]:
        say, page = self._say, self._page
        yield _line(
            say("frequency"), versions, lambda t: page.say(f"each_{t.frequency.value}")
        )
        yield _line(
            say("vacancy"), versions, lambda t: say(f"vacancy_{t.vacancy.value}")
        )
        yield _line(say("vat"), versions, self._vat)
        for label, told in (
            (say("notice"), self._notice),
            (say("travel"), self._travel),
            (say("archive_reference"), lambda t: t.archive_reference or ""),
            (say("wage_growth"), self._growth),
            (say("endorsement_waived"), lambda t: self._waived(t.endorsement_waived)),
            (say("cooperation_waived"), lambda t: self._waived(t.cooperation_waived)),
        ):
            if any(told(terms) for terms in versions):
                yield _line(label, versions, told)
        for name in SECTIONS:
            if any(terms.cooperation for terms in versions):
                yield _line(say(name), versions, lambda t, name=name: _section(t, name))  # type: ignore[misc]

    def _vat(self, terms: Terms) -> str:
        treatment = self._say(f"vat_{terms.vat_treatment.value}")
        return f"{treatment}: {terms.vat_reason}" if terms.vat_reason else treatment

    def _waived(self, reason: str | None) -> str:
        """Why something is left out; a folder has no room for that."""
        return self._page.say("from_a_folder") if reason == FOLDER else reason or ""

    def _notice(self, terms: Terms) -> str:
        if terms.notice_months is None:
            return ""
        return self._page.count("months", terms.notice_months)

    def _travel(self, terms: Terms) -> str:
        return self._say(f"travel_{terms.travel.value}") if terms.travel else ""

    def _growth(self, terms: Terms) -> str:
        growth = terms.wage_growth
        if growth is None:
            return ""
        factor = self._page.decimal(growth.factor)
        words = {"factor": factor, "source": growth.source}
        return self._page.say("grown_by", version=growth.of_version, **words)

    def _days(self, start: object, end: object) -> str:
        first, last = self._page.short_day(start), self._page.short_day(end)  # type: ignore[arg-type]
        return f"{first}–{last}"


def _line(
    label: str,
    versions: Sequence[Terms],
    told: Callable[[Terms], str],
    *,
    is_money: bool = False,
) -> VersionLine:
    texts = [told(terms) for terms in versions]
    older = [*texts[1:], None]
    cells = [
        VersionCell(text, None if before in {None, text} else before, is_money)
        for text, before in zip(texts, older, strict=True)
    ]
    return VersionLine(label, cells)


def _of_post(terms: Terms, name: str, told: Callable[[PartTimePost], str]) -> str:
    found = next((post for post in terms.posts if post.post == name), None)
    return "" if found is None else told(found)


def _section(terms: Terms, name: str) -> str:
    return "" if terms.cooperation is None else getattr(terms.cooperation, name)
