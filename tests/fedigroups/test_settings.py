"""Settings: defaults that work, sentences for what is wrong, and secrets that stay secret."""

from __future__ import annotations

import re
import stat
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import Misconfigured
from fedigroups import dotenv, secret_file, setting_words, settings
from fedigroups.setting_values import PREFIX
from fedigroups.settings import KNOBS, Settings, SettingsError, federation_config

SECRET = "5e" * 32


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(file: Path | None = None, **said: str) -> Settings:
    """What these settings (without their prefix) come to."""
    return settings.load({f"{PREFIX}{name}": text for name, text in said.items()}, file)


def faults(file: Path | None = None, **said: str) -> str:
    """The sentences about what is wrong with them."""
    with pytest.raises(SettingsError) as caught:
        load(file, **said)
    return str(caught.value)


def test_nothing_said_gives_a_server_on_this_machine(here: Path) -> None:
    found = load()
    assert found.origin == "http://localhost:8000"
    assert found.data_dir == here / "data"
    assert found.database_url == f"sqlite://{here}/data/fedigroups.sqlite3"
    assert found.instance_name == "localhost:8000"
    assert found.signup == "invite"
    assert (found.confirm_email, found.password_grant, found.rate_limits) == (True, False, True)
    assert (found.log, found.log_level) == ("console", "info")
    assert (found.nats_url, found.smtp_url, found.contact) == ((), "", "")


def test_everything_can_be_said(here: Path) -> None:
    found = load(
        ORIGIN="https://Groups.Example/",
        DATABASE_URL="postgres://fedigroups:pw@db.example/fedigroups",
        NATS_URL="nats://10.0.0.5:4222, tls://nats.example",
        DATA_DIR="/var/lib/fedigroups",
        SMTP_URL="smtps://fedigroups:pw@mail.example:465",
        SIGNUP="approval",
        ALLOW_NETWORKS="10.0.0.0/8, fd00::/8",
        SECRET=SECRET,
        INSTANCE_NAME="Welders' Groups",
        CONTACT="admin@groups.example",
        LOG_LEVEL="debug",
    )
    assert found.origin == "https://groups.example"
    assert found.nats_url == ("nats://10.0.0.5:4222", "tls://nats.example")
    assert found.allow_networks == (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
    assert found.secret == bytes.fromhex(SECRET)
    assert found.log == "json"
    assert not (here / "data").exists()


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("ORIGIN", "http://groups.example", "must begin with https://"),
        ("ORIGIN", "groups.example", "must be an origin"),
        ("ORIGIN", "https://groups.example/forum", "must end after the host"),
        ("ORIGIN", "https://groups.example?x=1", "must end after the host"),
        ("ORIGIN", "https://olga@groups.example", "must be an origin"),
        ("ORIGIN", "ftp://groups.example", "must be an origin"),
        ("DATABASE_URL", "mysql://db.example/groups", "must begin with sqlite:// or postgres://"),
        ("DATABASE_URL", "postgres://db.example", "names no database"),
        ("NATS_URL", "nats://a.example,http://b.example", "nats:// or tls://"),
        ("SMTP_URL", "mail.example", "smtp:// or smtps://"),
        ("SIGNUP", "everybody", "must be one of open, approval, invite, closed"),
        ("CONFIRM_EMAIL", "yes", "must be on or off"),
        ("PASSWORD_GRANT", "1", "must be on or off"),
        ("RATE_LIMITS", "none", "must be on or off"),
        ("ALLOW_NETWORKS", "10.0.0.1/8", "CIDR"),
        ("ALLOW_NETWORKS", "intranet", "CIDR"),
        ("SECRET", "short", "hexadecimal digits"),
        ("SECRET", "ab", "must have 64 hexadecimal digits, it has 2"),
        ("LOG", "xml", "must be one of console, json"),
        ("LOG_LEVEL", "loud", "must be one of debug, info, warning, error"),
        ("INSTANCE_NAME", "a\tb", "must be one line"),
        ("CONTACT", "olga", "must be an e-mail address"),
        ("CRASHPOINT", "everywhere", "must name one of receipt_before_commit"),
        ("CRASHPOINT", "after_send:0", "must count from 1"),
    ],
)
def test_a_bad_value_is_named_with_an_example(
    here: Path, name: str, text: str, sentence: str
) -> None:
    said = faults(**{name: text})
    assert f"{PREFIX}{name} " in said
    assert sentence in said
    assert "; for example " in said
    assert not (here / "data").exists(), "wrong settings must not leave a secret behind"


def test_all_faults_are_said_at_once(here: Path) -> None:
    said = faults(ORIGIN="groups.example", SIGNUP="everybody", CONTACT="olga", SINGUP="open")
    assert said.count("\n  - ") == 4


def test_an_unknown_name_is_refused_with_the_likely_right_one(here: Path) -> None:
    assert "FEDIGROUPS_SINGUP is no setting; did you mean FEDIGROUPS_SIGNUP?" in faults(
        SINGUP="open"
    )
    assert "FEDIGROUPS_QQ is no setting; `fedigroups config docs` lists them" in faults(QQ="open")


def test_names_of_other_programs_are_not_looked_at(here: Path) -> None:
    settings.load({"PATH": "/bin", "DATABASE_URL": "mysql://elsewhere", "fedigroups_x": "1"})


@pytest.mark.parametrize(
    ("name", "text"), [("CONFIRM_EMAIL", "off"), ("RATE_LIMITS", "off"), ("PASSWORD_GRANT", "on")]
)
def test_a_protection_may_be_given_up_on_loopback_only(here: Path, name: str, text: str) -> None:
    assert f"{PREFIX}{name} must be" in faults(ORIGIN="https://groups.example", **{name: text})
    for origin in (
        "http://localhost:3000",
        "http://127.0.0.3",
        "http://[::1]:80",
        "https://a.localhost",
    ):
        load(ORIGIN=origin, **{name: text})


def test_a_crash_on_purpose_is_for_loopback_only(here: Path) -> None:
    said = faults(ORIGIN="https://groups.example", CRASHPOINT="after_send")
    assert "FEDIGROUPS_CRASHPOINT kills the server on purpose" in said
    assert load(ORIGIN="http://127.0.0.3", CRASHPOINT="after_send:2").crashpoint == "after_send:2"


# Files


def test_a_dotenv_file_is_read_and_the_environment_wins(here: Path) -> None:
    (here / ".env").write_text(
        "# our server\n\nexport FEDIGROUPS_CONTACT=admin@groups.example  # Olga\n"
        "FEDIGROUPS_INSTANCE_NAME='Welders # and solderers'\nFEDIGROUPS_SIGNUP=closed\n"
        'FEDIGROUPS_LOG="json"\nPOSTGRES_PASSWORD=of-somebody-else\nFEDIGROUPS_SMTP_URL=\n'
    )
    found = load(here / ".env", SIGNUP="open")
    assert found.contact == "admin@groups.example"
    assert found.instance_name == "Welders # and solderers"
    assert found.signup == "open"
    assert found.log == "json"
    assert found.smtp_url == ""


def test_a_line_of_a_dotenv_file_that_cannot_be_read_is_named(here: Path) -> None:
    (here / ".env").write_text('FEDIGROUPS_LOG=json\nFEDIGROUPS_CONTACT "olga"\n')
    assert ".env, line 2, cannot be read" in faults(here / ".env")


def test_unknown_names_in_a_dotenv_file_are_refused_too(here: Path) -> None:
    (here / ".env").write_text("FEDIGROUPS_ORGIN=https://groups.example\n")
    assert "did you mean FEDIGROUPS_ORIGIN?" in faults(here / ".env")


@given(st.text(alphabet=st.characters(exclude_characters='"\r\n', exclude_categories=["C", "Z"])))
def test_whatever_is_quoted_in_a_dotenv_file_is_what_is_read(text: str) -> None:
    assert dotenv._pairs(f'NAME="{text}"', Path(".env"), []) == {"NAME": text}


@given(st.text())
def test_no_dotenv_file_breaks_the_reader(text: str) -> None:
    said: list[str] = []
    found = dotenv._pairs(text, Path(".env"), said)
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) for name in found)


def test_secrets_may_be_in_files(here: Path) -> None:
    (here / "secret").write_text(f"{SECRET}\n")
    (here / "url").write_text("postgres://fedigroups:pw@db.example/fedigroups\n")
    found = load(SECRET_FILE=str(here / "secret"), DATABASE_URL_FILE=str(here / "url"))
    assert found.secret == bytes.fromhex(SECRET)
    assert found.database_url == "postgres://fedigroups:pw@db.example/fedigroups"


def test_a_secret_said_twice_or_in_a_missing_file_is_a_fault(here: Path) -> None:
    assert "are both set" in faults(SECRET=SECRET, SECRET_FILE="/run/secrets/it")
    assert "FEDIGROUPS_SECRET_FILE cannot be read" in faults(SECRET_FILE=str(here / "nothing"))


def test_what_is_no_secret_has_no_file(here: Path) -> None:
    assert "FEDIGROUPS_SIGNUP_FILE is no setting" in faults(SIGNUP_FILE="/etc/signup")


# The secret


def test_a_secret_is_made_once_for_its_owner_alone(here: Path) -> None:
    first, second = load(), load()
    assert len(first.secret) == 32
    assert first.secret == second.secret
    assert stat.S_IMODE((here / "data" / "secret").stat().st_mode) == 0o600
    assert stat.S_IMODE((here / "data").stat().st_mode) == 0o700
    assert [path.name for path in (here / "data").iterdir()] == ["secret"]


def test_processes_that_start_at_once_have_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(lambda _: secret_file.anew(tmp_path / "data", ""), range(32)))
    assert len(found) == 1


@pytest.mark.parametrize("text", ["", "not hexadecimal", "abcd"])
def test_a_spoilt_secret_is_never_replaced(here: Path, text: str) -> None:
    (here / "data").mkdir()
    (here / "data" / "secret").write_text(text)
    with pytest.raises(Misconfigured, match="Restore it from a copy"):
        load()
    assert (here / "data" / "secret").read_text() == text


def test_a_data_folder_that_cannot_be_written_is_said(here: Path) -> None:
    (here / "data").touch()
    with pytest.raises(Misconfigured, match="FEDIGROUPS_DATA_DIR"):
        load()


@pytest.mark.parametrize(
    "show", [repr, str, lambda found: str(list(setting_words.describe(found)))]
)
def test_secrets_are_not_shown(here: Path, show: Any) -> None:
    found = load(
        SECRET=SECRET,
        DATABASE_URL="postgres://fedigroups:sesame@db.example/fedigroups",
        SMTP_URL="smtps://fedigroups:sesame@mail.example",
        NATS_URL="nats://fedigroups:sesame@nats.example,nats://x:sesame@nats.example",
    )
    assert "sesame" not in show(found)
    assert SECRET not in show(found)


def test_every_setting_is_described_as_it_would_be_written(here: Path) -> None:
    shown = dict(setting_words.describe(load(RATE_LIMITS="off", ALLOW_NETWORKS="10.0.0.0/8")))
    assert list(shown) == [f"{PREFIX}{name.upper()}" for name in KNOBS]
    assert shown["FEDIGROUPS_RATE_LIMITS"] == "off"
    assert shown["FEDIGROUPS_ALLOW_NETWORKS"] == "10.0.0.0/8"
    assert shown["FEDIGROUPS_DATABASE_URL"].startswith("sqlite://")


def test_the_settings_of_this_process_are_its_environment_and_the_file_beside(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEDIGROUPS_CONTACT", "olga@groups.example")
    (here / ".env").write_text("FEDIGROUPS_SIGNUP=closed\n")
    found = settings.here()
    assert (found.contact, found.signup) == ("olga@groups.example", "closed")


# What the protocol floor is told


def test_an_http_origin_may_reach_its_own_machine_by_http(here: Path) -> None:
    config = federation_config(load(ORIGIN="http://127.0.0.2:8000", ALLOW_NETWORKS="10.0.0.0/8"))
    assert config.allow_http
    assert config.allow_networks == (
        ip_network("10.0.0.0/8"),
        ip_network("127.0.0.0/8"),
        ip_network("::1/128"),
    )


def test_a_public_origin_reaches_public_https_only(here: Path) -> None:
    config = federation_config(load(ORIGIN="https://groups.example", SECRET=SECRET))
    assert not config.allow_http
    assert config.allow_networks == ()
    assert config.origin == "https://groups.example"
    assert config.secret == bytes.fromhex(SECRET)


def test_every_example_is_a_right_value(here: Path) -> None:
    for name, knob in KNOBS.items():
        origin = "http://localhost" if name == "crashpoint" else "https://groups.example"
        if "`" not in knob.example:
            bucket = {"S3_KEY": "AKIA", "S3_SECRET": "x"}
            load(**{"ORIGIN": origin, **bucket, name.upper(): knob.example})
