"""A browser without a screen, for nodes and providers that are servers."""

import re
from urllib.parse import urljoin

import httpx

BROWSER = {"Accept": "text/html", "Accept-Language": "en"}


class Surfer:
    """A browser: it keeps cookies, follows where it is led, and fills in forms."""

    def __init__(self, home: str) -> None:
        self._home = home
        self._client = httpx.Client(headers=BROWSER, timeout=30)
        self.led: list[str] = []

    def close(self) -> None:
        """Forget everything."""
        self._client.close()

    def cookie(self, name: str) -> str | None:
        """Return what the browser holds under a name."""
        return self._client.cookies.get(name)

    def open(self, address: str) -> httpx.Response:
        """Open an address, and follow."""
        return self._follow(self._client.get(urljoin(self._home, address)))

    def fill_in(
        self, page: httpx.Response, action: str = "", **fields: str
    ) -> httpx.Response:
        """Send a form of a page, with its hidden fields."""
        forms = re.findall(r"<form(.*?)</form>", page.text, re.DOTALL)
        (form,) = [each for each in forms if action in each.partition(">")[0]]
        found = re.search(r'action="([^"]*)"', form)
        assert found is not None, form
        hidden = {}
        for each in re.findall(r"<input[^>]*hidden[^>]*>", form):
            name, value = (
                re.search(rf'{part}="([^"]*)"', each) for part in ("name", "value")
            )
            assert name is not None
            hidden[name[1]] = value[1] if value else ""
        target = urljoin(str(page.url), found[1])
        return self._follow(self._client.post(target, data={**hidden, **fields}))

    def _follow(self, answer: httpx.Response) -> httpx.Response:
        while answer.is_redirect:
            where = urljoin(str(answer.url), answer.headers["location"])
            self.led.append(where)
            answer = self._client.get(where)
        return answer
