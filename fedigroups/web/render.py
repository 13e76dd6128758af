"""This module turns templates into pages; every value is escaped unless it was cleaned before."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from federation import clock
from fedigroups.content import emoji, languages, sanitise
from fedigroups.content.emoji import Emoji
from fedigroups.groups.views import Person
from fedigroups.moderation import wording
from fedigroups.web import announced, refusals, static, translation, visitors, words
from fedigroups.web import site as sites


def cleaned(html: str, language: str = "") -> Markup:
    """A stranger's text in its frame: the one place where HTML is not escaped.

    `html` is what `fedigroups.content.sanitise.clean` answered.
    """
    tag = languages.tag_or(language)
    said = f' lang="{tag}"' if tag else ""
    return Markup(f'<div class="prose" dir="auto"{said}>{html}</div>')  # noqa: S704 - see above


@pass_context
def pictured(context: Context, html: str, known: Emoji) -> str:
    """Clean HTML with pictures for the custom emoji in it, which reach the reader through us."""
    shown = context["site"].pictures.shown
    return emoji.pictured(html, known, lambda url: shown(url, "icon"))


@pass_context
def drawn(context: Context, text: str, known: Emoji) -> str:
    """A name or title of a stranger's, escaped, with pictures for the custom emoji in it."""
    if not known:
        return text
    return Markup(pictured(context, str(escape(text)), known))  # noqa: S704 - escaped before


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    texts: Any = environment  # the extension adds its methods when it is loaded
    texts.install_gettext_callables(translation.gettext, translation.ngettext, newstyle=True)
    environment.filters.update(
        when=words.when,
        rfc3339=clock.rfc3339,
        exact=words.exact,
        day=words.day,
        lasted=words.lasted,
        initial=words.initial,
        view_on=words.view_on,
        in_reply_to=words.in_reply_to,
        label=sanitise.label,
        excerpt=sanitise.excerpt,
        cleaned=cleaned,
        pictured=pictured,
        drawn=drawn,
        language_name=languages.name_of,
    )
    environment.globals.update(
        static=static.url,
        spoken=translation.spoken,
        languages=translation.LANGUAGES,
        plural=words.plural,
        number=words.number,
        untitled=words.UNTITLED,
        refused=refusals.of_text,
        written_languages=languages.NAMES,
        join_words=words.JOIN,
        join_long=words.JOIN_LONG,
        posting_words=words.POSTING,
        approving_words=words.APPROVING,
        role_words=words.ROLES,
        standing_words=words.STANDINGS,
        staff_words=words.STAFF,
        ended_words=words.ENDED,
        decision_words=words.DECISIONS,
        appeal_words=words.APPEALS,
        report_words=words.REPORTS,
        category_words=words.CATEGORIES,
        canned=wording.CANNED,
    )
    environment.filters.update(_people(environment))
    return environment


def _people(environment: Environment) -> dict[str, Any]:
    """The filters that show who somebody is, which remember what they said."""
    people: Any = environment.get_template("people.html").module
    remembered = lru_cache(words.REMEMBERED)(people.who)

    @pass_context
    def who(context: Context, person: Person) -> Markup:
        said: Markup = remembered(person, drawn(context, person.name, person.emoji))
        return said

    return {"mark": lru_cache(words.REMEMBERED)(people.mark), "who": who}


_templates = _environment()
_IN_URIS = "!#$%&'()*+,/:;=?@[]~"

_EVERY_PAGE: Mapping[str, Any] = {
    "title": "",
    "description": "",
    "canonical": "",
    "activity": "",
    "feed": "",
    "feed_title": "",
    "indexed": True,
    "query": "",
    "nav": "",
    "live": "",
    "polls": {},
}


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """The page that `template` makes of `values`.

    With `activity` (the id of what the page is about) it links to that as its ActivityStreams
    form, in the head and in the HTTP `Link` header.
    """
    site = sites.of(request)
    me = visitors.known(request)
    signed_in = visitors.seems_signed_in(request)
    fresh = announced.shown(request, me.dismissed if me else None)
    known = {
        **_EVERY_PAGE,
        "announced": fresh,
        "me": me,
        "signed_in": signed_in,
        "sign_in": "" if signed_in else _way_in(request, values.get("next", "")),
        **values,
        "site": site,
    }
    text = _templates.get_template(template).render(known)
    sent = dict(headers or {})
    if activity := values.get("activity"):
        sent["Link"] = activity_link(activity)
    if me is not None:  # on pages of refusals, too
        sent.setdefault("Cache-Control", "private, no-cache")
    return HTMLResponse(text, status, headers=sent)


def _way_in(request: Request, wanted: str) -> str:
    """The page on which strangers sign in: it leads on to what is `wanted`, or back to here."""
    return visitors.leading_on("/login", wanted or visitors.whereabouts(request))


def activity_link(uri: str) -> str:
    """The value of a `Link` header that names the ActivityStreams form of a page.

    Ids of other servers may have any letter in them; headers are ASCII (RFC 3987 section 3.1).
    """
    return f'<{quote(uri, safe=_IN_URIS)}>; rel="alternate"; type="application/activity+json"'
