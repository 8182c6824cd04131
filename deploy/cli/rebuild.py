"""``fagnett rebuild``: the read models are folded anew from the journals."""

from pathlib import Path

import typer

from api.words import Language, sentence
from deploy.cli.progress import told
from deploy.cli.upkeep import check_exists, explained, stored
from deploy.databases import open_journal
from deploy.views import open_views
from projections.engine import Projector


def rebuild_views(
    home: Path | None,
    words: Language,
) -> None:
    """Fold all read models again from the journals; the rows are the same."""
    with explained(words), stored(home, words) as stores:
        for region, store in stores.items():
            check_exists(store.database)
            journal = open_journal(store.database, region)
            views = open_views(store.database, store.views)
            projector = Projector(journal, views)
            projector.prepare()
            entries = projector.rebuild()
            views.dispose()
            journal.close()
            values: dict[str, str | int] = {"region": region.value, "entries": entries}
            typer.echo(sentence(words, "upkeep", "rebuilt", values))
            for reason in projector.state.stopped_at.values():
                told(str(reason))
