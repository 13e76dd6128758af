"""What whoever lets people in knows of the instance: who may come, and how they are written to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from federation.sealing import Seal
from federation.wire import Wire
from fedigroups.accounts import mail
from fedigroups.accounts.attempts import Attempts
from fedigroups.accounts.mail import Letter
from fedigroups.vapid import Vapid


@dataclass(frozen=True, slots=True)
class Reception:
    """The instance, for sign-up, sign-in and OAuth; found at `app.state.reception`."""

    wire: Wire
    name: str
    signup: str
    confirm_email: bool
    password_grant: bool
    attempts: Attempts
    seal: Seal
    form_key: bytes
    """What the tokens in our forms are made with."""
    vapid: Vapid
    """By which push services know the instance."""
    posted: Callable[[], None]
    """Called when a letter was queued and committed."""
    sends_mail: bool
    """Whether there is a mail server: without one nobody is written to about what happens."""

    @property
    def origin(self) -> str:
        """Of every link in a letter: never what a request says."""
        return self.wire.config.origin

    @property
    def is_secure(self) -> bool:
        """Whether it is reached over TLS."""
        return self.origin.startswith("https:")

    async def write(self, recipient: str, letter: Letter) -> None:
        """Queue a letter, and wake whoever sends it; not inside a transaction."""
        await mail.post(self.seal, recipient, letter)
        self.posted()


def of(request: Request) -> Reception:
    """The reception of the app that was asked."""
    found: Reception = request.app.state.reception
    return found
