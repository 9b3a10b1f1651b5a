"""Settings: what an operator may say, and how they learn of a slip."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from run import main
from settings import PREFIX, Settings, UnknownSetting, read_settings
from smovie.throttles import Throttle, parse_limit

Environment = pytest.MonkeyPatch


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Environment:
    """An environment of one's own, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return monkeypatch


def test_nothing_has_to_be_set(environment: Environment) -> None:
    settings = read_settings()
    assert (settings.port, settings.address) == (8888, "127.0.0.1")
    assert settings.mongo_url is settings.mail_url is settings.secret_key is None
    assert settings.allowed_origins == settings.trusted_proxies == frozenset()
    assert (settings.mongo_driver, settings.log_level, settings.bcrypt_cost) == ("motor", "info", 12)


def test_a_setting_is_read_from_the_environment_and_the_command_line_wins(environment: Environment) -> None:
    environment.setenv("SMOVIE_PORT", "9000")
    environment.setenv("SMOVIE_DATA_DIR", "/srv/smovie")
    assert read_settings(port=None, address="0.0.0.0").port == 9_000
    assert read_settings(port=0).port == 0
    assert read_settings().data_dir == Path("/srv/smovie")


def test_settings_do_not_change(environment: Environment) -> None:
    with pytest.raises(ValidationError):
        read_settings().port = 1  # type: ignore[misc]


@pytest.mark.parametrize("text", ["https://a.example,https://b.example", " https://a.example  https://b.example,, "])
def test_a_list_is_split_at_commas_and_blanks(environment: Environment, text: str) -> None:
    environment.setenv("SMOVIE_ALLOWED_ORIGINS", text)
    environment.setenv("SMOVIE_TRUSTED_PROXIES", "")
    settings = read_settings()
    assert settings.allowed_origins == {"https://a.example", "https://b.example"}
    assert settings.trusted_proxies == frozenset()
    environment.setenv("SMOVIE_TRUSTED_PROXIES", "::1, 10.0.0.0/8 127.0.0.1")
    assert read_settings().public()["SMOVIE_TRUSTED_PROXIES"] == "10.0.0.0/8 127.0.0.1/32 ::1/128"


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("SMOVIE_PROT", "SMOVIE_PORT"),
        ("SMOVIE_MONGO_URI", "SMOVIE_MONGO_URL"),
        ("SMOVIE_ALOWED_ORIGIN", "SMOVIE_ALLOWED_ORIGINS"),
        ("SMOVIE_SECRETKEY_FILE", "SMOVIE_SECRET_KEY"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_known_one(environment: Environment, name: str, known: str) -> None:
    environment.setenv(name, "1")
    with pytest.raises(UnknownSetting) as refused:
        read_settings()
    assert name in str(refused.value)
    assert f"did you mean {known}?" in str(refused.value)


def test_names_of_others_are_left_alone(environment: Environment) -> None:
    environment.setenv("SMOVIES_PORT", "1")
    environment.setenv("PORT", "1")
    assert read_settings().port == 8888


def test_a_secret_may_stand_in_a_file(environment: Environment, tmp_path: Path) -> None:
    kept = tmp_path / "key"
    kept.write_text("  from the file\n")
    environment.setenv("SMOVIE_SECRET_KEY_FILE", str(kept))
    secret = read_settings().secret_key
    assert secret is not None
    assert secret.get_secret_value() == "from the file"


def test_a_secret_file_that_is_not_there_stops_the_start(environment: Environment, tmp_path: Path) -> None:
    environment.setenv("SMOVIE_SECRET_KEY_FILE", str(tmp_path / "none"))
    with pytest.raises(OSError, match="none"):
        read_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "high"), ("PORT", "65536"), ("PORT", "-1"), ("BCRYPT_COST", "3"), ("LOG_LEVEL", "loud"),
        ("MONGO_DRIVER", "mongoengine"), ("MONGO_DATABASE", "a b"), ("LIMIT_LISTENER_BYTES", "1"),
        ("FACEBOOK_APP_ID", "smovie"), ("FACEBOOK_APP_SECRET", "without its id"),
        ("FACEBOOK_GRAPH_URL", "http://graph.example/v25.0"), ("FACEBOOK_GRAPH_URL", "file:///etc/passwd"),
        ("LIMIT_LOGINS_PER_ADDRESS", "30"), ("LIMIT_LOGINS_PER_ADDRESS", "many"),
        ("LIMIT_LOGINS_PER_ADDRESS", "0/minute"), ("LIMIT_LOGINS_PER_ADDRESS", "5/fortnight"),
        ("LIMIT_LOGINS_PER_ADDRESS", "5/minute; 9/hour"),
        ("REDIS_URL", "localhost:6379"), ("REDIS_URL", "http://localhost"), ("REDIS_URL", "redis://"),
        ("REDIS_URL", "redis://localhost:99999"),
        ("TRUSTED_PROXIES", "localhost"), ("TRUSTED_PROXIES", "10.0.0.1/8"), ("TRUSTED_PROXIES", "10.0.0.1 1.2.3"),
    ],
)  # fmt: skip
def test_a_value_out_of_bounds_is_refused_in_a_line_that_names_it(
    environment: Environment, name: str, value: str
) -> None:
    environment.setenv(PREFIX + name, value)
    done = CliRunner().invoke(main, ["--print-config"])
    assert done.exit_code == 1
    assert f"{PREFIX}{name}: " in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize("text", ["30/minute", "5/10 minutes", "1 per 3 minutes", "100/day", "", " ", "0"])
def test_a_limit_is_read_as_it_is_written(environment: Environment, text: str) -> None:
    environment.setenv("SMOVIE_LIMIT_LOGINS_PER_ADDRESS", text)
    assert read_settings().public()["SMOVIE_LIMIT_LOGINS_PER_ADDRESS"] == text


def test_every_throttle_has_a_limit(environment: Environment) -> None:
    limits = [parse_limit(getattr(read_settings(), f"limit_{throttle}")) for throttle in Throttle]
    assert None not in limits


def test_previous_keys_are_several_and_may_stand_in_a_file(environment: Environment, tmp_path: Path) -> None:
    kept = tmp_path / "keys"
    kept.write_text("the-key-of-last-year\nthe-key-of-the-year-before\n")
    environment.setenv("SMOVIE_PREVIOUS_SECRET_KEYS_FILE", str(kept))
    keys = [key.get_secret_value() for key in read_settings().previous_secret_keys]
    assert keys == ["the-key-of-last-year", "the-key-of-the-year-before"]


def test_a_short_previous_key_is_refused_and_not_repeated(environment: Environment) -> None:
    environment.setenv("SMOVIE_PREVIOUS_SECRET_KEYS", "hidden phrase, of-sixteen-letters-or-more")
    done = CliRunner().invoke(main, ["--print-config"])
    assert done.exit_code == 1
    assert "SMOVIE_PREVIOUS_SECRET_KEYS: a key is shorter than 16 characters" in done.output
    with pytest.raises(ValidationError) as refused:
        read_settings()
    assert "hidden" not in str(refused.value) + done.output


@pytest.mark.parametrize(("key", "is_short"), [(None, False), ("x" * 15, True), ("x" * 16, False)])
def test_a_short_key_is_known_for_one(environment: Environment, key: str | None, is_short: bool) -> None:
    assert Settings(secret_key=key).has_short_secret is is_short


def test_what_is_printed_masks_secrets_and_only_them(environment: Environment) -> None:
    environment.setenv("SMOVIE_SECRET_KEY", "hidden-1")
    environment.setenv("SMOVIE_MONGO_URL", "mongodb://user:hidden-2@db.example/")
    environment.setenv("SMOVIE_MAIL_URL", "smtp://user:hidden-3@mail.example")
    environment.setenv("SMOVIE_PREVIOUS_SECRET_KEYS", "hidden-4-hidden-4, hidden-5-hidden-5")
    environment.setenv("SMOVIE_FACEBOOK_APP_ID", "170000000000001")
    environment.setenv("SMOVIE_FACEBOOK_APP_SECRET", "hidden-6")
    environment.setenv("SMOVIE_ALLOWED_ORIGINS", "https://b.example https://a.example")
    done = CliRunner().invoke(main, ["--print-config", "--port", "9000"])
    assert done.exit_code == 0
    assert "hidden" not in done.output
    shown = dict(line.split("=", 1) for line in done.output.splitlines())
    assert shown["SMOVIE_SECRET_KEY"] == shown["SMOVIE_MONGO_URL"] == shown["SMOVIE_MAIL_URL"] == "********"
    assert shown["SMOVIE_PREVIOUS_SECRET_KEYS"] == "******** ********"
    assert shown["SMOVIE_PORT"] == "9000"
    assert shown["SMOVIE_ALLOWED_ORIGINS"] == "https://a.example https://b.example"
    assert set(shown) == {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}


def test_half_of_a_facebook_app_is_none_and_an_empty_one_is_no_app(environment: Environment) -> None:
    environment.setenv("SMOVIE_FACEBOOK_APP_ID", "170000000000001")
    done = CliRunner().invoke(main, ["--print-config"])
    assert (done.exit_code, "SMOVIE_FACEBOOK_APP_SECRET: set " in done.output) == (1, True)
    environment.setenv("SMOVIE_FACEBOOK_APP_SECRET", "its secret")
    assert read_settings().facebook_app_id == "170000000000001"
    environment.setenv("SMOVIE_FACEBOOK_APP_ID", "")
    environment.setenv("SMOVIE_FACEBOOK_APP_SECRET", "")
    assert not read_settings().facebook_app_id


def test_a_wrong_secret_is_not_repeated(environment: Environment) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(secret_key=["hidden"])
    assert "Input should be" in refused.value.errors()[0]["msg"]
    assert not [secret for secret in Settings(secret_key="hidden").public().values() if secret == "hidden"]
    assert "hidden" not in repr(Settings(secret_key="hidden"))


@pytest.mark.parametrize("command", [[], ["serve"], ["check"]])
def test_an_unknown_name_stops_every_command_before_it_begins(environment: Environment, command: list[str]) -> None:
    environment.setenv("SMOVIE_PROT", "1")
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 1
    assert "did you mean SMOVIE_PORT?" in done.output
    assert not list(Path.cwd().iterdir())
