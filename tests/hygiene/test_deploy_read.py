"""What deploy/ has is taken by the programs that read it, as far as they are on this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import trustme
import yaml

import caddy
from federation import limits
from fedigroups.web import portraits, writing

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
UNITS = ("fedigroups.service", "fedigroups-backup.service", "fedigroups-backup.timer")
EXPOSED = 20
"""Of 100, as systemd counts what a service could do that it need not."""


def says(*words: str | Path) -> str:
    """What a program says of a file that it takes."""
    told = {"PATH": f"{os.environ['PATH']}:/usr/sbin", "HOME": "/nonexistent"}
    done = subprocess.run(words, env=told, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def needs(program: str) -> pytest.MarkDecorator:
    """Left out where a program is not."""
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")
    return pytest.mark.skipif(found is None, reason=f"{program} is not on this machine")


@needs("systemd-analyze")
def test_systemd_takes_the_units_and_finds_them_locked_up(tmp_path: Path) -> None:
    for name in UNITS:
        text = (DEPLOY / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("/opt/fedigroups/bin/fedigroups", "/bin/true"))
    assert says("systemd-analyze", "verify", "--man=no", *(tmp_path / one for one in UNITS)) == ""
    for name in UNITS[:2]:
        say = ("systemd-analyze", "security", "--offline=yes", f"--threshold={EXPOSED}")
        says(*say, tmp_path / name)


def test_caddy_takes_its_files(tmp_path: Path) -> None:
    several = yaml.safe_load((DEPLOY / "compose.scale.yaml").read_text(encoding="utf-8"))
    content = several["configs"]["caddyfile"]["content"].replace("$$", "$")
    (tmp_path / "Caddyfile").write_text(content.replace("{$SITE}", "groups.example"))
    for path in (DEPLOY / "Caddyfile", tmp_path / "Caddyfile"):
        said = says(caddy.PROGRAM, "validate", "--adapter", "caddyfile", "--config", path)
        assert "Valid configuration" in said


def test_every_proxy_takes_the_largest_form_at_whichever_address() -> None:
    largest = max(writing.FORM_BYTES, portraits.FORM_BYTES, limits.IMPORT_BYTES + limits.FORM_BYTES)
    for name in ("Caddyfile", "compose.scale.yaml", "nginx.conf"):
        text = (DEPLOY / name).read_text(encoding="utf-8")
        sizes = re.findall(r"(?:max_size|client_max_body_size) (\d+)(?:MB|m)\b", text)
        assert sizes == ["40"], name
        assert not re.search(r"request_body (?!\{)", text), name
    assert largest < 40_000_000


@needs("nginx")
def test_nginx_takes_its_site(tmp_path: Path) -> None:
    issued = trustme.CA().issue_cert("groups.example")
    issued.private_key_pem.write_to_path(tmp_path / "groups.example.key")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "groups.example.pem")
    site = (DEPLOY / "nginx.conf").read_text(encoding="utf-8").replace("/etc/ssl", str(tmp_path))
    kept = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{\naccess_log off;\n{kept}{site}\n}}"
    (tmp_path / "whole.conf").write_text(whole, encoding="utf-8")
    assert "test is successful" in says(
        "nginx", "-t", "-p", tmp_path, "-c", tmp_path / "whole.conf"
    )


def test_a_shell_takes_the_scripts() -> None:
    for name, shell in (("install.sh", "sh"), ("fedigroups.sh", "bash")):
        assert says(shell, "-n", DEPLOY / name) == ""
