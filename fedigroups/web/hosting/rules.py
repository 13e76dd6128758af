"""The page of the rules of a group that run by themselves: hosts make and try them there."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import storage
from federation.errors import Malformed
from fedigroups import audit
from fedigroups.api.body import Body
from fedigroups.moderation import automatic, watching
from fedigroups.moderation.automatic import Rule
from fedigroups.moderation.models import AutomaticRule
from fedigroups.moderation.watching import Tried
from fedigroups.web import forms, versions, words
from fedigroups.web.authority import Host, for_hosts
from fedigroups.web.hosting import fields
from fedigroups.web.hosting.frame import page, seen
from fedigroups.web.translation import gettext as _

MOST = 1_000_000


def routes() -> list[BaseRoute]:
    """The page."""
    return [Route("/groups/{name}/settings/rules", for_hosts(rules), methods=["GET", "POST"])]


async def rules(request: Request, host: Host) -> Response:
    """`/groups/{name}/settings/rules`: what there is; a rule is made, changed, tried or removed."""
    problems: dict[str, str] = {}
    blank = typed = Rule("words")
    about, tried = 0, None
    if request.method == "POST":
        sent = await forms.read(request)
        typed, about = _typed(sent), sent.number("rule")
        try:
            if sent.text("do") == "try":
                tried = await _tried(host, sent)
            else:
                async with storage.transaction():
                    await _check(host, about, sent)
                    done = await _done(host, sent.text("do"), about, typed)
                    await audit.by(host.actor, "moderate automatic", name=host.group.name, act=done)
                return seen(host, "settings/rules", done)
        except Malformed as error:
            problems = fields.blamed(error, "words")
    found = await watching.rules(host.group)
    return page(
        request,
        host,
        "rules",
        _("Rules that run by themselves"),
        problems=problems,
        typed=typed,
        blank=blank,
        about=about,
        tried=tried,
        kinds=words.RULES,
        found=found,
        marks={one.id: versions.mark(_stands(one)) for one in found},
    )


def _stands(rule: AutomaticRule) -> dict[str, object]:
    return {name: getattr(rule, name) for name in ("kind", "amount", "days", "words")}


async def _check(host: Host, about: int, sent: Body) -> None:
    """Raises `Malformed` for a rule that another host changed since the page was made."""
    rule = await AutomaticRule.get_or_none(group_id=host.group.id, id=about) if about else None
    if rule is not None:
        versions.check(sent, _stands(rule), f"seen-{about}")


def _typed(sent: Body) -> Rule:
    kind = sent.text("kind")
    return Rule(
        kind,
        sent.number("amount", most=MOST),
        sent.number("days", most=MOST),
        automatic.several(kind, sent.text("words")),
    )


async def _done(host: Host, what: str, about: int, typed: Rule) -> str:
    """Do it; the word for what was done."""
    if what == "remove":
        await watching.remove(host.group, about)
        return "rule_removed"
    if about:
        await watching.change(host.group, about, typed)
        return "rule_changed"
    await watching.add(host.group, typed)
    return "rule_added"


async def _tried(host: Host, sent: Body) -> tuple[int, list[Tried]]:
    """What the rule in the form would have done; without one, all that the group has."""
    if "kind" not in sent:
        return await watching.dry_run(host.group)
    automatic.check(_typed(sent))
    return await watching.dry_run(host.group, [_typed(sent)])
