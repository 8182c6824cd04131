"""A small certificate authority, for a federation that has no other.

Who holds a certificate of it belongs to the federation; which region speaks,
and what it may do, its NKey says. A certificate and its key are one file.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID_DAYS: Final = 825
AUTHORITY_DAYS: Final = 3650
CLOCK_DAYS: Final = 1
"""Valid from this long ago: clocks differ."""


@dataclass(frozen=True, slots=True)
class CertificateAuthority:
    """Signs certificates."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def new(cls, now: datetime) -> Self:
        """Make an authority with a key of its own."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("Fagnett")
        usage = _usage(signs_certificates=True)
        certificate = (
            _builder(name, name, key.public_key(), now, AUTHORITY_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .sign(key, SHA256())
        )
        return cls(certificate, key)

    @classmethod
    def read(cls, pem: bytes) -> Self:
        """Read what :meth:`secret_pem` gave; raise :class:`ValueError`."""
        key = load_pem_private_key(pem, None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            message = "this is not the key of a certificate authority"
            raise TypeError(message)
        return cls(x509.load_pem_x509_certificate(pem), key)

    def public_pem(self) -> str:
        """What everybody checks certificates with."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def secret_pem(self) -> str:
        """Certificate and key; who has them lets anybody in."""
        return self.public_pem() + _key_pem(self.key)

    def issue(self, name: str, now: datetime, hosts: list[str]) -> str:
        """Certificate and key in PEM: a server's where there are hosts."""
        key = ec.generate_private_key(ec.SECP256R1())
        uses = [ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = _builder(
            _name(name), self.certificate.subject, key.public_key(), now, VALID_DAYS
        )
        if hosts:
            uses.append(ExtendedKeyUsageOID.SERVER_AUTH)
            names = x509.SubjectAlternativeName([_host(host) for host in hosts])
            builder = builder.add_extension(names, critical=False)
        certificate = (
            builder.add_extension(
                x509.BasicConstraints(ca=False, path_length=None), critical=True
            )
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
            .sign(self.key, SHA256())
        )
        return certificate.public_bytes(Encoding.PEM).decode() + _key_pem(key)


def ends_at(pem: bytes) -> datetime:
    """When a certificate ends; raise ``ValueError`` where there is none."""
    return x509.load_pem_x509_certificate(pem).not_valid_after_utc


def public_key_hash(pem: str) -> str:
    """SHA-256 of a certificate's public key, in hex: how servers pin it."""
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    form = PublicFormat.SubjectPublicKeyInfo
    return hashlib.sha256(key.public_bytes(Encoding.DER, form)).hexdigest()


def _builder(
    name: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    days: int,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=CLOCK_DAYS))
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    form = PrivateFormat.PKCS8
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()
