"""What a node is told from outside: the only reader of the environment.

(Help is shown before this is loaded; ``deploy/cli/spoken.py`` reads its language.)

Every member is an environment variable with the prefix ``FAGNETT_``. Keys are
named by file, never given as values; a database's password belongs in the file
that libpq's ``PGPASSFILE`` names.
"""

from pathlib import Path
from typing import Final

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticKnownError
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.auth import Role
from api.clock import ClockSource
from api.provider.profile import ALGORITHMS, ORGANISATION_CLAIM
from api.words import DEFAULT, Language
from deploy.stores import NamedBucket
from domain.values import Region
from federation.documents.salted import DOCUMENT_BYTES_MAX

MISSING: Final = "missing"
"""What pydantic calls a setting that is not there."""


class StoreSettings(BaseSettings):
    """Where one region's journal and read models are, and whom they are from."""

    model_config = SettingsConfigDict(env_prefix="FAGNETT_", frozen=True)

    region: Region
    database: str = Field(
        description="`sqlite:///` and a path, or `postgresql://` and a DSN."
    )
    views: Path | None = Field(
        None, description="With SQLite: the file of the read models."
    )
    peers_file: Path = Field(description="All regions' public keys, one on a line.")


class DocumentSettings(StoreSettings):
    """Where what a node keeps for its people is: texts and files, and its desk."""

    desk: Path | None = Field(
        None, description="With SQLite: the file of sessions and of people's wishes."
    )
    documents_s3_url: str = Field(
        "",
        pattern=r"^((https://|http://(127\.0\.0\.1|localhost)[:/])[^?#]+)?$",
        description="A bucket in place of the folder, by path: "
        "`https://s3.example/bucket`.",
    )
    documents_s3_region: str = "us-east-1"
    documents_s3_key_id: str = ""
    documents_s3_secret_file: Path | None = Field(
        None, validate_default=True, description="Mode 0600."
    )
    documents: Path | None = Field(
        None,
        validate_default=True,
        description="The folder of texts and files. With SQLite it is beside the "
        "journal when left out; several processes of a region share one.",
    )

    @field_validator("documents_s3_secret_file")
    @classmethod
    def _is_with_its_bucket(
        cls, path: Path | None, info: ValidationInfo
    ) -> Path | None:
        """Ask for the secret of a bucket that is named."""
        if path is None and info.data.get("documents_s3_url"):
            raise PydanticKnownError(MISSING)
        return path

    @field_validator("documents")
    @classmethod
    def _are_somewhere(cls, path: Path | None, info: ValidationInfo) -> Path | None:
        """Ask for the folder where there is no file of a journal to put it beside."""
        is_server = not str(info.data.get("database")).startswith("sqlite:")
        if path is None and is_server and not info.data.get("documents_s3_url"):
            raise PydanticKnownError(MISSING)
        return path

    @property
    def bucket(self) -> NamedBucket | None:
        """The bucket of documents, where there is one."""
        secret = self.documents_s3_secret_file
        if not self.documents_s3_url or secret is None:
            return None
        key_id = self.documents_s3_key_id
        return NamedBucket(
            self.documents_s3_url, self.documents_s3_region, key_id, secret
        )


class KeySettings(StoreSettings):
    """What records or signs in a region's name without its node."""

    signing_key_file: Path = Field(description="The region's secret key, mode 0600.")
    promises_file: Path | None = Field(
        None,
        description="What the node has signed for; beside the secret key when left out. "
        "No backup may bring an older one back.",
    )

    @property
    def promises(self) -> Path:
        """The file of what the node has signed for."""
        beside = self.signing_key_file.with_suffix(".promises")
        return self.promises_file or beside


class CarrierSettings(KeySettings):
    """What asks the other regions in a region's name, and promises them something."""

    nats_url: str = Field(
        description="The region's own NATS server; with commas, those of its cluster."
    )
    nats_ca_file: Path = Field(description="Whose certificates a server may have.")
    nats_certificate_file: Path = Field(
        description="The node's certificate and its key, mode 0600."
    )
    nats_nkey_file: Path = Field(description="The seed of the node's NKey, mode 0600.")
    clock: ClockSource = ClockSource.SYSTEM


class ProviderSettings(BaseSettings):
    """Who signs people in, and vouches for programs; nobody without an issuer."""

    model_config = SettingsConfigDict(env_prefix="FAGNETT_", frozen=True)

    public_url: str = Field("", description="The node's address as browsers know it.")
    provider_issuer: str = Field("", description="As its own documents spell it.")
    provider_name: str = "HelseID"
    provider_client_id: str = ""
    provider_key_file: Path | None = Field(
        None, description="The client's private JWK, mode 0600."
    )
    provider_scope: str = "openid profile"
    provider_algorithms: str = Field(
        " ".join(ALGORITHMS), description="What its tokens may be signed with."
    )
    provider_audience: str = Field(
        "", description="Whom access tokens of programs are for; none without it."
    )
    provider_organisation_claims: str = Field(
        ORGANISATION_CLAIM, description="Of these the first says for whom one acts."
    )
    programs: dict[str, list[Role]] = Field(
        {}, description="By client id, the roles of a program."
    )


class MailSettings(BaseSettings):
    """The mail server that takes notices; none are sent without its address."""

    model_config = SettingsConfigDict(env_prefix="FAGNETT_", frozen=True)

    smtp_url: str = Field(
        "",
        pattern=r"^(smtps?://[^/]+)?$",
        description="`smtp://host:587`, with STARTTLS but on this machine; or `smtps://`.",
    )
    smtp_sender: str = Field("", description="The address that notices are from.")
    smtp_user: str = ""
    smtp_password_file: Path | None = Field(None, description="Mode 0600.")


class WebhookSettings(BaseSettings):
    """Where programs may have what is recorded sent, beside all that is public."""

    model_config = SettingsConfigDict(env_prefix="FAGNETT_", frozen=True)

    webhook_origins: str = Field(
        "",
        pattern=r"^((https://|http://(127\.0\.0\.1|localhost)(:|$|\s))[^/?#@\s]*(\s+|$))*$",
        description="With blanks between them: `https://receiver.example:8443`.",
    )


class NodeSettings(
    CarrierSettings,
    DocumentSettings,
    ProviderSettings,
    MailSettings,
    WebhookSettings,
):
    """One region's node."""

    witnesses: int = Field(
        2,
        ge=1,
        le=len(Region) - 1,
        description="So many others make entries witnessed.",
    )
    persons_key_file: Path = Field(description="32 bytes in hex, mode 0600.")
    token_key_file: Path = Field(
        description="Public JWK that bearer tokens verify with."
    )
    documents_bytes_max: int = Field(
        20 * 1024 * 1024, ge=1, le=DOCUMENT_BYTES_MAX, description="Of the largest."
    )
    documents_key_file: Path | None = Field(
        None,
        description="32 bytes in hex, mode 0600; beside the key of persons when left "
        "out, and made where there is none.",
    )

    @property
    def documents_key(self) -> Path:
        """The file of the key that the hashes of documents are salted with."""
        beside = self.persons_key_file.with_suffix(".documents")
        return self.documents_key_file or beside

    http_host: str = "127.0.0.1"
    http_port: int = 8080
    log_level: str = "INFO"


class CliSettings(BaseSettings):
    """The command line."""

    model_config = SettingsConfigDict(env_prefix="FAGNETT_", frozen=True)

    language: Language = Field(DEFAULT, description="Of what the command line prints.")
    postgres_dsn: str | None = Field(
        None,
        description="A PostgreSQL server for local federations and tests; without it "
        "one is started from the installed binaries.",
    )
