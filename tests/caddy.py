"""A Caddy in front of a server, with a certificate of an authority of the tests' own."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import trustme

from fedigroups.cli.stage import free_port, status

PROGRAM = Path(sys.executable).with_name("caddy")
START_SECONDS = 30.0


@dataclass
class Caddy:
    """A running Caddy: `https://localhost:PORT` leads to `upstream`, as `hand_on` says."""

    folder: Path
    upstream: int
    port: int
    admin: int
    authority: trustme.CA

    @property
    def origin(self) -> str:
        return f"https://localhost:{self.port}"

    def hand_on(self, before: str = "", within: str = "", certificate: str = "good") -> None:
        """From now on requests go on so: directives `before` the proxy's, and `within` it."""
        config = f"""
        {{
            admin 127.0.0.1:{self.admin}
            auto_https off
            persist_config off
        }}
        https://localhost:{self.port} {{
            tls {self.folder}/{certificate}.pem {self.folder}/{certificate}.key
            {before}
            reverse_proxy 127.0.0.1:{self.upstream} {{
                {within}
            }}
        }}
        """
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.admin}/load",
            config.encode(),
            {"Content-Type": "text/caddyfile"},
        )
        urllib.request.urlopen(request, timeout=10).close()

    def issue(
        self,
        name: str,
        authority: trustme.CA,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> None:
        """A certificate for localhost, by its name here."""
        issued = authority.issue_cert("localhost", not_before=since, not_after=until)
        issued.private_key_pem.write_to_path(self.folder / f"{name}.key")
        for part in issued.cert_chain_pems:
            part.write_to_path(self.folder / f"{name}.pem", append=True)


@contextmanager
def running(folder: Path, upstream: int) -> Iterator[Caddy]:
    """A Caddy for as long as the block lasts."""
    folder.mkdir()
    port, admin = free_port("127.0.0.1"), free_port("127.0.0.1")
    found = Caddy(folder, upstream, port, admin, trustme.CA())
    found.authority.cert_pem.write_to_path(folder / "authority.pem")
    found.issue("good", found.authority)
    (folder / "Caddyfile").write_text(f"{{\n admin 127.0.0.1:{admin}\n persist_config off\n}}\n")
    process = subprocess.Popen(
        [PROGRAM, "run", "--config", folder / "Caddyfile"],
        env={"HOME": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + START_SECONDS
        while status(f"http://127.0.0.1:{admin}/config/") != 200:
            assert process.poll() is None, "Caddy ended"
            assert time.monotonic() < end, "Caddy did not start"
            time.sleep(0.05)
        yield found
    finally:
        process.terminate()
        process.wait()
