"""What a server or another region's node answers, and what is wrong with it."""

from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final, TypeVar

from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.js.errors import APIError

from federation.tasks import bounded
from federation.transport.ports import FencedError, NotStoredError, TransportError

T = TypeVar("T")

SOON_SECONDS: Final = 1.0
"""Time in which a server answers what it is asked, or the question was lost."""
ANSWER_SECONDS: Final = 10.0
"""Longest that anything may take that is asked: the client waits for some of it without
end."""
_WRONG_LAST_SEQUENCE: Final = 10071
_NO_ROOM: Final = {10023, 10047, 10077}
"""Error codes for the limit of the server, of the account, of the stream."""
ODD: Final = (
    *(ValueError, LookupError, TypeError, AttributeError),
    *(ArithmeticError, RecursionError),
)
"""Errors that the client raises on an answer that is not of JetStream's form: it looks
at none before it takes it apart, and other regions answer as they like."""


async def answered(asked: Coroutine[Any, Any, T]) -> T:
    """Answer to a question; raise :class:`TransportError` where it is none."""
    try:
        return await bounded(asked, ANSWER_SECONDS)
    except APIError as error:
        if error.err_code == _WRONG_LAST_SEQUENCE:
            raise FencedError(str(error.description)) from None
        if error.err_code in _NO_ROOM:
            text = f"the store of the stream is full: {error.description}"
            raise NotStoredError(text) from None
        raise TransportError(str(error.description)) from None
    except (NatsError, OSError, TimeoutError) as error:
        raise TransportError(str(error) or type(error).__name__) from None
    except ODD as error:
        raise _odd(error) from None


async def leave(subscription: Subscription) -> None:
    """Listen no more; a server that does not hear of it forgets by itself."""
    with suppress(NatsError, OSError, TimeoutError):
        await bounded(subscription.unsubscribe(), SOON_SECONDS)


def _odd(error: Exception) -> TransportError:
    """Its type, not its text: that may hold what was answered."""
    return TransportError(f"an answer of an odd form: {type(error).__name__}")
