"""A real browser on pages of ours: what ran on them, whom they asked, and what left its place.

Chromium is driven over its debugging pipe. It has no network: what it asks of our host the tests'
network answers, everything else is refused and noted, by us or by a proxy that is none.
"""

from __future__ import annotations

import asyncio
import base64
import fcntl
import json
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PROGRAM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-default-apps", "--disable-extensions", "--disable-dev-shm-usage"),
    *("--hide-scrollbars", "--mute-audio", "--remote-debugging-pipe"),
    *(
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        "--proxy-bypass-list=<-loopback>",
    ),
)
WIDTHS = (360, 1280)
PATIENCE = 60.0
MESSAGE_BYTES = 64 << 20

ESCAPES = """(() => {
  const found = [], say = (what, one) => found.push(`${what}: ${one.outerHTML.slice(0, 80)}`);
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth + 1)
    for (const one of document.body.querySelectorAll("*"))
      if (one.getBoundingClientRect().right > root.clientWidth + 1) say("wider than the page", one);
  const clips = one => getComputedStyle(one).overflowX !== "visible";
  for (const frame of document.querySelectorAll(".prose")) {
    const box = frame.getBoundingClientRect();
    if (getComputedStyle(frame).overflowY === "visible") say("not clipped", frame);
    for (const one of frame.querySelectorAll("*")) {
      const style = getComputedStyle(one), at = one.getBoundingClientRect();
      if (["fixed", "sticky", "absolute"].includes(style.position)) say(style.position, one);
      let above = one.parentElement;
      while (above !== frame && !clips(above)) above = above.parentElement;
      if (above === frame && at.width && (at.left < box.left - 1 || at.right > box.right + 1))
        say("outside", one);
      if (one.id || one.getAttribute("name")) say("named", one);
      for (const {name} of one.attributes)
        if (name.startsWith("on") || name === "style") say(name, one);
    }
  }
  const leads = /^(https?|mailto|xmpp|gemini|matrix):/;
  for (const one of document.querySelectorAll("[href], [src], [action], [formaction], [data]"))
    for (const name of ["href", "src", "action", "formAction", "data"])
      if (typeof one[name] === "string" && one[name] && !leads.test(one[name])) say(name, one);
  return found;
})()"""
"""What of a page is out of place or leads where no page of ours does, for the window's width."""

Answer = tuple[int, dict[str, str], bytes]
Site = Callable[[str], Awaitable[Answer]]


@dataclass
class Visit:
    """What happened while a page was open."""

    landed: str = ""
    ran: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    escapes: list[str] = field(default_factory=list)

    @property
    def harm(self) -> dict[str, list[str]]:
        """Everything that a page of ours does not do; empty when all is well."""
        every = {
            "ran": self.ran,
            "asked": self.asked,
            "opened": self.opened,
            "escapes": self.escapes,
        }
        return {name: list(dict.fromkeys(what)) for name, what in every.items() if what}


class Browser:
    """One page of a browser; `site` answers for the one host that is there."""

    def __init__(self, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self.host = host
        self._reader, self._writer = reader, writer
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._session = ""
        self._loaded = asyncio.Event()
        self._site: Site | None = None
        self.now = Visit()

    async def visit(
        self,
        url: str,
        site: Site,
        *,
        bypass_policy: bool = False,
        widths: Sequence[int] = WIDTHS,
    ) -> Visit:
        """Open the page, look at it in every width, and say what happened."""
        self._site, self.now = site, Visit()
        self._loaded.clear()
        await self.send("Page.setBypassCSP", enabled=bypass_policy)
        await self.send("Page.navigate", url=url)
        async with asyncio.timeout(PATIENCE):
            await self._loaded.wait()
        for width in widths:
            size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
            await self.send("Emulation.setDeviceMetricsOverride", **size)
            await asyncio.sleep(0.2)
            self.now.escapes += await self.value(ESCAPES)
        self.now.landed = await self.value("location.href")
        return self.now

    async def value(self, script: str) -> Any:
        """What a script of the test finds on the page; no policy of the page is asked."""
        answer = await self.send("Runtime.evaluate", expression=script, returnByValue=True)
        return answer["result"].get("value")

    async def start(self) -> None:
        """Open the page, and listen to all that can happen on it."""
        made = await self.send("Target.createTarget", url="about:blank")
        target = made["targetId"]
        attached = await self.send("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        await self.send("Page.enable")
        await self.send("Runtime.enable")
        await self.send("Runtime.addBinding", name="pwned")
        await self.send("Fetch.enable", patterns=[{"urlPattern": "*"}])
        await self.send("Target.setDiscoverTargets", discover=True)
        self.now = Visit()

    async def send(self, method: str, **params: Any) -> Any:
        """The result of a command."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        result = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._writer.write(json.dumps(message).encode() + b"\0")
        try:
            async with asyncio.timeout(PATIENCE):
                return await result
        finally:
            del self._waiting[number]

    async def listen(self) -> None:
        """Take what the browser says, for as long as it does."""
        while True:
            said = json.loads((await self._reader.readuntil(b"\0"))[:-1])
            if "id" not in said:
                self._happened(said["method"], said.get("params", {}))
            elif (waiting := self._waiting.get(said["id"])) and not waiting.done():
                if "error" in said:
                    waiting.set_exception(RuntimeError(str(said["error"])))
                else:
                    waiting.set_result(said["result"])

    def wanted_out(self, line: str) -> None:
        """Note a request that came past us: a connection opened early, a socket, a look-up.

        What a browser asks of its makers is not the page's doing: hosts of tests end in .example.
        """
        if ".example" in line and f" {self.host}:" not in line:
            self.now.asked.append(line)

    def _happened(self, event: str, facts: dict[str, Any]) -> None:
        if event == "Runtime.bindingCalled":
            self.now.ran.append(facts["payload"])
        elif event == "Page.javascriptDialogOpening":
            self.now.ran.append(facts["message"])
            self._do(self.send("Page.handleJavaScriptDialog", accept=False))
        elif event == "Page.loadEventFired":
            self._loaded.set()
        elif event == "Page.downloadWillBegin":
            self.now.opened.append(facts["url"])
            self._loaded.set()
        elif event == "Target.targetCreated" and facts["targetInfo"]["type"] == "page":
            self.now.opened.append(facts["targetInfo"]["url"])
        elif event == "Fetch.requestPaused":
            self._do(self._answer(facts["requestId"], facts["request"]["url"]))

    def _do(self, work: Awaitable[Any]) -> None:
        async def done() -> None:
            with suppress(RuntimeError):  # the page that asked may be gone
                await work

        task = asyncio.create_task(done())
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, request: str, url: str) -> None:
        if urlsplit(url).hostname != self.host or self._site is None:
            self.now.asked.append(url)
            await self.send("Fetch.failRequest", requestId=request, errorReason="AccessDenied")
            return
        status, headers, body = await self._site(url)
        await self.send(
            "Fetch.fulfillRequest",
            requestId=request,
            responseCode=status,
            responseHeaders=[{"name": name, "value": value} for name, value in headers.items()],
            body=base64.b64encode(body).decode(),
        )


@asynccontextmanager
async def opened(host: str, folder: Path) -> AsyncIterator[Browser]:
    """A browser that knows `host` and nothing else, with its files in `folder`."""
    read, write = map(_high, os.pipe()), map(_high, os.pipe())
    (theirs_in, ours_out), (ours_in, theirs_out) = tuple(read), tuple(write)
    trapped: list[Callable[[str], None]] = []
    trap = await asyncio.start_server(lambda r, w: _note(trapped, r, w), "127.0.0.1", 0)
    proxy = f"--proxy-server=http://127.0.0.1:{trap.sockets[0].getsockname()[1]}"
    process = await asyncio.create_subprocess_exec(
        *("/bin/sh", "-c", f'exec "$0" "$@" 3</dev/fd/{theirs_in} 4>/dev/fd/{theirs_out}'),
        *(PROGRAM, *FLAGS, proxy, f"--user-data-dir={folder}"),
        pass_fds=(theirs_in, theirs_out),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    os.close(theirs_in)
    os.close(theirs_out)
    reader, writer = await _streams(ours_in, ours_out)
    browser = Browser(host, reader, writer)
    listening = asyncio.create_task(browser.listen())
    trapped.append(browser.wanted_out)
    try:
        await browser.start()
        yield browser
    finally:
        listening.cancel()
        writer.close()
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        trap.close()
        with suppress(asyncio.CancelledError, asyncio.IncompleteReadError):
            await listening


def _high(descriptor: int) -> int:
    """The same under a number that the shell does not need for something else."""
    higher = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 20)
    os.close(descriptor)
    return higher


async def _streams(
    incoming: int, outgoing: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=MESSAGE_BYTES)
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(incoming, "rb", 0)
    )
    transport, protocol = await loop.connect_write_pipe(
        asyncio.streams.FlowControlMixin, os.fdopen(outgoing, "wb", 0)
    )
    return reader, asyncio.StreamWriter(transport, protocol, None, loop)


async def _note(
    told: list[Callable[[str], None]], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Whoever comes to the proxy wanted to leave this machine."""
    with suppress(ConnectionError):
        line = (await reader.readline()).decode("latin-1").strip()
        for tell in told:
            tell(line)
    writer.close()
