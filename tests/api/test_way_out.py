"""Where a node sends what programs want: never into its own network, by no detour."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from api.way_out import Delivery, UnsafeAddressError, WayOut
from tests.support.receiving import Receiver, serving


@pytest.mark.parametrize(
    "address",
    [
        *("http://hooks.example/", "ftp://hooks.example/", "https://", "x"),
        *("https://127.0.0.1/", "https://localhost/", "https://10.0.0.1/"),
        *("https://169.254.169.254/latest", "https://[::1]/", "https://[fd00::1]/"),
        *("https://[::ffff:10.0.0.1]/", "https://[64:ff9b::a00:1]/"),
        *("https://[64:ff9b:1::a00:1]/", "https://[::10.0.0.1]/"),
        *("https://[::ffff:0:10.0.0.1]/", "https://[fec0::1]/", "https://[5f00::1]/"),
        *("https://[2002:a00:1::]/", "https://224.0.0.1/", "https://0.0.0.0/"),
        *("https://user@hooks.example/", "https://hooks.example/#x"),
        *("http://127.0.0.1:1/", "https://hooks.example/\n"),
    ],
)
def test_an_address_within_the_network_is_refused(address: str) -> None:
    with pytest.raises(UnsafeAddressError):
        WayOut(["http://127.0.0.1:2"]).require_safe(address)


@pytest.mark.parametrize("found", [["10.1.1.1"], ["93.184.216.34", "::1"], []])
def test_a_name_that_means_an_address_within_is_not_sent_to(found: list[str]) -> None:
    """Whatever it meant when it was named (DNS rebinding)."""

    async def look_up(_host: str, _port: int) -> list[str]:
        return found

    way = WayOut(look_up=look_up)
    sent = way.send(Delivery("https://hooks.example/", {}, b"{}"))
    assert asyncio.run(sent) == 0


def test_the_name_that_was_looked_up_is_what_its_certificate_must_be_of(
    tmp_path: Path,
) -> None:
    """And the receiver hears the name, though its number was connected to."""
    key, other = tmp_path / "key.pem", tmp_path / "other.pem"
    certificate(key, "hooks.test")
    certificate(other, "other.test")
    for file, status in ((key, 204), (other, 0)):
        serves = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        serves.load_cert_chain(file)
        receiver = Receiver()
        with serving(receiver, serves):
            origin = f"https://hooks.test:{receiver.port}"
            way = WayOut(
                [origin],
                look_up=_here,
                tls=lambda file=file: ssl.create_default_context(cafile=str(file)),  # type: ignore[misc]
            )
            sent = way.send(Delivery(f"{origin}/a", {}, b"{}"))
            assert asyncio.run(sent) == status
            hosts = [got.headers["host"] for got in receiver.got]
            assert hosts == ([f"hooks.test:{receiver.port}"] if status else [])


async def _here(_host: str, _port: int) -> list[str]:
    return ["127.0.0.1"]


def certificate(file: Path, name: str) -> None:
    """Write a certificate of a name that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
