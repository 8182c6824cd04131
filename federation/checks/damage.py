"""What is told of a journal that is not what it should be."""


class DamageError(Exception):
    """A journal is not what its regions recorded and signed; names the place."""
