"""This module remembers how a member wants threads: their order, and whether only unread ones."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from fedigroups.groups.views import SORTS, Sort
from fedigroups.web import cookies

SECONDS = 365 * 86_400
SHOWS = ("all", "unread")


@dataclass(frozen=True, slots=True)
class Order:
    """How the threads of a group, and those of the feed, are shown."""

    sort: Sort = "active"
    unread: bool = False


def asked(request: Request) -> Order:
    """What the address says (`?sort=`, `?show=`), and for the rest what the browser remembers."""
    kept = cookies.read(request, cookies.ORDER).split(".")
    sort, show = request.query_params.get("sort", ""), request.query_params.get("show", "")
    chosen = sort if sort in SORTS else kept[0]
    return Order(
        next((one for one in SORTS if one == chosen), "active"),
        (show if show in SHOWS else kept[-1]) == "unread",
    )


def remember(request: Request, response: Response, order: Order) -> Response:
    """Have the browser remember what its address says; without a word there, nothing changes."""
    if request.query_params.keys() & {"sort", "show"}:
        value = f"{order.sort}.{SHOWS[order.unread]}"
        cookies.give(request, response, cookies.ORDER, value, SECONDS)
    return response
