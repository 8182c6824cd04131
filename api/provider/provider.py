"""One provider, put together."""

from collections.abc import Callable

from sqlalchemy import Engine

from api.desk.once import OnceOnly
from api.provider.claims import ProviderTokens
from api.provider.code_flow import CodeFlow
from api.provider.known import ProviderDocuments
from api.provider.outward import Outward
from api.provider.profile import Profile
from api.provider.programs import Programs


class Provider:
    """Who signs people in, and vouches for programs."""

    def __init__(
        self,
        profile: Profile,
        outward: Outward,
        desk: Engine,
        pseudonym: Callable[[str, str], str],
        unix_seconds: Callable[[], int],
    ) -> None:
        once = OnceOnly(desk)
        known = ProviderDocuments(profile.issuer, outward, unix_seconds)
        tokens = ProviderTokens(profile.issuer, profile.algorithms, known)
        self.profile = profile
        self.people = CodeFlow(profile, outward, known, tokens, once, unix_seconds)
        self.programs = Programs(profile, tokens, once, self.person)
        self._outward = outward
        self._pseudonym = pseudonym
        """Of an issuer and a subject."""

    def person(self, subject: str) -> str:
        """Pseudonym of somebody whom the provider calls so, or of a program."""
        return self._pseudonym(self.profile.issuer, subject)

    @property
    def down_since(self) -> int | None:
        """POSIX seconds since when it does not answer; None while it does."""
        return self._outward.down_since
