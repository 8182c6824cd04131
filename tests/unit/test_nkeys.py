"""NKeys are read and written as NATS does."""

import base64

import pytest

from federation.signed.keys import BrokenKeyError
from federation.signed.nkeys import nkey, read_nkey

KEY = nkey(bytes(range(32)))


def test_a_seed_is_read_back() -> None:
    text = KEY.seed_text()
    assert text.startswith("SU")
    assert len(text) == 58
    assert read_nkey(f"{text}\n").public == KEY.public
    assert KEY.public.startswith("U")
    assert len(KEY.public) == 56


def test_a_published_pair_is_known() -> None:
    """Out of the server's own documentation of NKeys."""
    seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"
    assert read_nkey(seed).public == (
        "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"
    )


def test_a_nonce_is_signed() -> None:
    signature = base64.b64decode(KEY.sign(b"nonce"))
    KEY.key.public_key().verify(signature, b"nonce")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SU",
        KEY.public,
        KEY.seed_text()[:-1],
        KEY.seed_text()[:-2] + "AA",
        KEY.seed_text().lower(),
        "S!" + KEY.seed_text()[2:],
        "SUÆ" + KEY.seed_text()[3:],
    ],
)
def test_what_is_no_seed_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(BrokenKeyError, match="seed of a NATS user") as refused:
        read_nkey(text)
    assert not text or text not in str(refused.value)
