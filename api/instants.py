"""Instants as people read them."""


def shown_instant(instant: str) -> str:
    """Return an instant as people read it: ``2026-07-10 12:00:00 UTC``.

    Of a region that was never heard, the key of the word for that.
    """
    return f"{instant[:10]} {instant[11:19]} UTC" if instant else "never_heard"
