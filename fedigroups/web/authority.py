"""This module decides who meets the pages of hosts and of staff.

For everybody else they are not there. Strangers sign in first; whoever is signed in and has no say
finds nothing (404); whoever has some say, and not enough of it, is told so (403).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps

from starlette.requests import Request
from starlette.responses import Response

from federation.errors import Blocked, NotHere
from federation.models import Actor
from fedigroups.accounts.entry_models import Session
from fedigroups.accounts.roles import is_staff
from fedigroups.groups import membership, policies
from fedigroups.groups.distribute import Hosted
from fedigroups.groups.models import Group, Member
from fedigroups.web.answers import Endpoint
from fedigroups.web.visitors import signed_in


@dataclass(frozen=True, slots=True)
class Host:
    """Whoever is signed in and looks after the group in the address."""

    session: Session
    hosted: Hosted
    member: Member

    @property
    def group(self) -> Group:
        """The group."""
        return self.hosted.group

    @property
    def actor(self) -> Actor:
        """The person."""
        return self.session.account.actor

    @property
    def is_owner(self) -> bool:
        """Whether the group is theirs, and not only in their care."""
        return self.member.role == "owner"


HostPage = Callable[[Request, Host], Awaitable[Response]]
StaffPage = Callable[[Request, Session], Awaitable[Response]]


def for_hosts(page: HostPage, *, owner: bool = False) -> Endpoint:
    """The page for moderators of the open group in the address; `owner`: for its owner alone."""

    @wraps(page)
    async def endpoint(request: Request, session: Session) -> Response:
        host = await _host(request.path_params["name"], session)
        if owner and not host.is_owner:
            raise Blocked("that is for the owner of the group")
        return await page(request, host)

    return signed_in(endpoint)


def for_staff(page: StaffPage, *, admin: bool = False) -> Endpoint:
    """The page for whoever looks after this instance; with `admin`, for whoever runs it."""

    @wraps(page)
    async def endpoint(request: Request, session: Session) -> Response:
        if not is_staff(session.account):
            raise NotHere("there is nothing here")
        if admin and not session.account.admin:
            raise Blocked("that is for who runs this server")
        return await page(request, session)

    return signed_in(endpoint)


async def _host(name: str, session: Session) -> Host:
    """Raises `NotHere` for a group that is not there, and for one that is not in their care."""
    group = await Group.get_or_none(name=name, hosted=True, state="open").select_related("actor")
    member = await membership.standing(group, session.account.actor) if group else None
    if group is None or member is None or not policies.is_staff(member):
        raise NotHere("there is nothing here")
    return Host(session, Hosted(group, group.actor), member)
