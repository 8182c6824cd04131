"""What a faulty cell says, as far as it depends on the rest of the folder."""

from tests.support.years.rows import Book


def report_of_nobody(book: Book) -> str:
    """The name of a report that is not in the folder."""
    return f"report-{len(book.files['reports'])}"


def stranger(book: Book) -> str:
    """A valid organisation number that is not registered."""
    return book.stranger


def mistyped(book: Book) -> str:
    """An organisation number with a wrong control digit."""
    number = book.trust()
    return number[:8] + str((int(number[8]) + 3) % 10)


def coordinator(book: Book) -> str:
    """The coordinating trust of the first network."""
    return book.networks[0].trust


def no_coordinator(book: Book) -> str:
    """A trust that coordinates no network."""
    return book.trust(*(network.trust for network in book.networks))


def post_of_another(book: Book) -> str:
    """The name of a post that stands in some agreement."""
    return (
        book.agreements[0].versions[0].posts[0].name if book.agreements else "fault-0-p"
    )
