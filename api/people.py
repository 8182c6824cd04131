"""Pseudonyms of people who act where nobody logs in, on one machine."""


def person_of(organisation: str, number: int = 1) -> str:
    """Pseudonym of one of an organisation's people, counted from 1.

    Who decides is a person and of one organisation, also where nobody logs in.
    """
    letters = (each for each in organisation if each.isascii() and each.isalnum())
    return f"person-{number}-{''.join(letters)[:20]}"
