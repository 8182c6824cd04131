"""Routes that FastAPI works out when they are first needed.

What it reads off a route's function (parameters, dependencies, models) takes longer
than all else in a process that starts, and most processes are asked on few routes.
"""

from collections.abc import Callable
from threading import RLock
from typing import Any, Final

from fastapi.routing import APIRoute
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send
from typing_extensions import override

_ONE_AT_A_TIME: Final = RLock()
"""Routes are worked out by requests, and by the thread that describes them all."""


class LateRoute(APIRoute):
    """A route that is found at once, and worked out by its first request or reader."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **said: Any) -> None:  # noqa: ANN401
        """Keep what is said of the route."""
        self._said = (path, endpoint, said)
        self._begins = path.partition("{")[0]
        Route.__init__(
            self,
            path,
            endpoint,
            methods=said["methods"],
            name=said["name"],
            include_in_schema=said["include_in_schema"],
        )
        # FastAPI answers no HEAD by itself, as Starlette's own routes do.
        self.methods = set(said["methods"] or ("GET",))

    @override
    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Look first whether the address begins so: of all routes most do not."""
        if not scope["path"].startswith(self._begins) and not scope.get("root_path"):
            return Match.NONE, {}
        return super().matches(scope)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        """Work the route out, which makes the attribute that is missing."""
        with _ONE_AT_A_TIME:
            if said := self.__dict__.pop("_said", None):
                path, endpoint, options = said
                super().__init__(path, endpoint, **options)
        if name in self.__dict__:
            return self.__dict__[name]
        raise AttributeError(name)

    @override
    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, worked out."""
        _ = self.dependant
        await super().handle(scope, receive, send)
