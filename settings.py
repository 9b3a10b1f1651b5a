"""Every operator's knob, typed, read once by `run.py` from SMOVIE_*, or from the file that SMOVIE_*_FILE names."""

import os
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from rapidfuzz import process

from smovie.throttles import parse_limit

PREFIX = "SMOVIE_"
_FILE = "_FILE"

SECRET_MIN = 16  # characters; a shorter one can be found by trying, with any token that it signed

Words = Annotated[frozenset[str], NoDecode]  # separated by commas or blanks
Secrets = Annotated[tuple[SecretStr, ...], NoDecode]  # so are these
Networks = Annotated[frozenset[IPv4Network | IPv6Network], NoDecode]  # and these; an address is a network of one


def _is_limit(text: str) -> str:
    try:
        parse_limit(text)
    except ValueError:
        raise PydanticCustomError("limit", "not a limit like 30/minute or 5/10 minutes; 0 lifts it") from None
    return text


Limit = Annotated[str, BeforeValidator(str), AfterValidator(_is_limit)]  # as "5/10 minutes"; empty or 0: no limit


class UnknownSetting(Exception):
    """A SMOVIE_ name that is none of ours."""


class Settings(BaseSettings):
    """How this instance runs. Names in the environment are these in capitals behind SMOVIE_."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", hide_input_in_errors=True)

    port: int = Field(8888, ge=0, le=65_535, description="0: one from the kernel")
    address: str = Field("127.0.0.1", description="where to listen; empty for every interface")
    data_dir: Path = Field(Path(".smovie"), description="embedded database, outbox, secret key")
    media_dir: Path | None = Field(None, description="films and subtitles to play; unset: media in the data dir")
    public_url: str | None = Field(None, description="how users reach this server, for links in mails")
    allowed_origins: Words = Field(frozenset(), description="web sites that may call from a browser")
    trusted_proxies: Networks = Field(
        frozenset(), description="addresses and networks (10.0.0.0/8) whose X-Forwarded-For is believed"
    )

    mongo_url: SecretStr | None = Field(None, description="a replica set; unset: the embedded mongod")
    mongo_database: str = Field("smovie", pattern=r"^[A-Za-z0-9_-]{1,38}$")
    mongo_driver: Literal["motor", "pymongo"] = "motor"

    redis_url: SecretStr | None = Field(None, description="redis:// or rediss://; instances share rooms and throttles")
    mirror_patience_ms: int = Field(60, ge=10, le=10_000, description="without Redis' answer rooms go on alone")

    secret_key: SecretStr | None = Field(None, description="signs tokens; unset: made once and kept in the data dir")
    previous_secret_keys: Secrets = Field((), description="what these signed still holds, while keys rotate")
    bcrypt_cost: int = Field(12, ge=4, le=16)
    mail_url: SecretStr | None = Field(
        None, description="smtp://user:password@host:587; unset: .eml files in the outbox"
    )
    mail_from: str = "SMovie <no-reply@localhost>"

    facebook_app_id: str | None = Field(None, pattern=r"^[0-9]{0,32}$", description="unset: no sign-in with Facebook")
    facebook_app_secret: SecretStr | None = Field(None, description="of that app", validate_default=True)
    facebook_graph_url: str = Field(
        "https://graph.facebook.com/v25.0", description="https, with a version",
        pattern=r"^(https://|http://(127\.0\.0\.1|localhost)[:/])[!-~]+$",
    )  # fmt: skip

    log_format: Literal["auto", "json", "text"] = Field("auto", description="auto: text on a terminal, else JSON")
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    limit_comments_per_10s: int = Field(5, ge=0, description="per user over all tabs; 0: no limit")
    limit_frames_per_10s: int = Field(20, ge=0, description="other frames per connection; 0: no limit")
    limit_connections_per_user: int = Field(20, ge=0, description="0: no limit")
    limit_connections_per_address: int = Field(100, ge=0, description="before they sign in; 0: no limit")
    limit_listener_bytes: int = Field(512 << 10, ge=16 << 10, description="unsent bytes past which a listener waits")
    limit_node_bytes: int = Field(64 << 20, ge=1 << 20, description="… of all listeners: the fullest are closed first")

    # Those of django-allauth where it has one. An address is a client's; a /64 network counts as one.
    limit_logins_per_address: Limit = Field("30/minute", description="with a password or by others' token")
    limit_failed_logins_per_address: Limit = "10/minute"
    limit_failed_logins_per_account: Limit = Field("5/5 minutes", description="a right password clears the count")
    limit_refreshes_per_address: Limit = "60/minute"
    limit_registrations_per_address: Limit = "20/minute"
    limit_registration_mails_per_mailbox: Limit = Field("5/10 minutes", description="past it no mail is written")
    limit_confirmations_per_address: Limit = "20/minute"
    limit_confirmation_mails_per_address: Limit = Field("20/minute", description="asked for again")
    limit_confirmation_mails_per_mailbox: Limit = Field("1/3 minutes", description="past it no mail is written")
    limit_forgotten_passwords_per_address: Limit = "20/minute"
    limit_forgotten_passwords_per_account: Limit = Field("5/minute", description="past it no mail is written")
    limit_password_resets_per_address: Limit = Field("20/minute", description="by the link from the mail")
    limit_password_changes_per_user: Limit = Field("5/minute", description="by who is signed in")
    limit_email_changes_per_user: Limit = "10/minute"
    limit_name_changes_per_user: Limit = "10/hour"
    limit_avatars_per_user: Limit = Field("20/hour", description="decoding one may take a second of a core")
    limit_exports_per_user: Limit = "10/hour"
    limit_reauthentications_per_user: Limit = "10/minute"
    limit_reactions_per_user: Limit = Field("60/minute", description="given and taken back, over all tabs")
    limit_reports_per_user: Limit = Field("10/10 minutes", description="of comments")
    limit_reviews_per_user: Limit = Field("30/10 minutes", description="given, changed and taken back")
    limit_progress_per_user: Limit = Field("240/minute", description="told by all their players")
    limit_search_clicks_per_address: Limit = Field("60/minute", description="reports of what was chosen")
    limit_watchlist_changes_per_user: Limit = Field("120/minute", description="put, changed and taken off")
    limit_notifications_per_user: Limit = Field("60/hour", description="of replies to one user; past it none is kept")
    limit_notifications_per_sender: Limit = Field("10/hour", description="… of one sender's to one user")

    @field_validator("redis_url")
    @classmethod
    def _is_redis_url(cls, value: SecretStr | None) -> SecretStr | None:
        try:
            parts = urlsplit(value.get_secret_value()) if value else None
            if parts is None or (parts.scheme in ("redis", "rediss") and parts.hostname and parts.port != 0):
                return value
        except ValueError:
            pass
        raise PydanticCustomError("redis_url", "not redis://[user:password@]host[:port][/number] or rediss://…")

    @field_validator("trusted_proxies", mode="before")  # after the next one: the last is called first
    @classmethod
    def _to_networks(cls, words: Iterable[str]) -> frozenset[IPv4Network | IPv6Network]:
        try:
            return frozenset(map(ip_network, words))
        except ValueError as exc:
            raise PydanticCustomError("network", "{problem}", {"problem": str(exc)}) from None

    @field_validator("allowed_origins", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return frozenset(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("facebook_app_secret")
    @classmethod
    def _goes_with_its_id(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if bool(value) != bool(info.data.get("facebook_app_id")):
            raise PydanticCustomError("facebook", "set SMOVIE_FACEBOOK_APP_ID and its secret, or neither")
        return value

    @field_validator("previous_secret_keys", mode="before")
    @classmethod
    def _split_secrets(cls, value: Any) -> Any:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("previous_secret_keys")
    @classmethod
    def _are_long(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(key) < SECRET_MIN for key in value):
            raise PydanticCustomError(
                "short_secret",
                f"a key is shorter than {SECRET_MIN} characters: leave it out, what it signed is not safe",
            )
        return value

    @property
    def has_short_secret(self) -> bool:
        """Whether tokens are signed with a key that can be found by trying."""
        return self.secret_key is not None and 0 < len(self.secret_key) < SECRET_MIN

    def public(self) -> dict[str, object]:
        """Every setting as `--print-config` shows it: secrets masked."""
        shown: dict[str, object] = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, SecretStr):
                value = "********"
            elif isinstance(value, tuple):
                value = " ".join("********" for _ in value)
            elif isinstance(value, frozenset):
                value = " ".join(sorted(map(str, value)))
            elif isinstance(value, Path):
                value = str(value)
            shown[f"{PREFIX}{name.upper()}"] = value
        return shown


def read_settings(**given: Any) -> Settings:
    """Settings from the environment; `given` (from the command line) wins where it is not None.

    Errors: UnknownSetting with the nearest known name; pydantic's ValidationError; OSError for a secret's file.
    """
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    from_files: dict[str, Any] = {}
    for name, value in os.environ.items():
        if not name.startswith(PREFIX) or name in known:
            continue
        setting = name.removesuffix(_FILE)
        if not name.endswith(_FILE) or setting not in known:
            raise UnknownSetting(_advice(name, known))
        from_files[setting.removeprefix(PREFIX).lower()] = Path(value).read_text().strip()
    chosen = {name: value for name, value in given.items() if value is not None}
    return Settings(**{**from_files, **chosen})


def _advice(name: str, known: set[str]) -> str:
    nearest = process.extractOne(name, known, score_cutoff=60)
    hint = f"did you mean {nearest[0]}?" if nearest else "run.py --print-config lists the known ones."
    return f"unknown setting {name}: {hint}"
