"""This module writes the small documents under `/.well-known/` that are not about one actor."""

from __future__ import annotations

import html
import json

from federation import clock


def host_meta_xml(origin: str) -> str:
    """The XRD at `/.well-known/host-meta`: Mastodon looks here when WebFinger answers 404.

    We only ever write XML and read none (RFC 6415).
    """
    template = html.escape(_template(origin))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n'
        f'  <Link rel="lrdd" template="{template}"/>\n'
        "</XRD>\n"
    )


def host_meta_json(origin: str) -> str:
    """The same as JSON text (RFC 6415 appendix A), for `/.well-known/host-meta.json`."""
    link = {"rel": "lrdd", "type": "application/jrd+json", "template": _template(origin)}
    return json.dumps({"links": [link]})


def security_txt(origin: str, contact: str, expires_ms: int, languages: str = "en") -> str:
    """The text at `/.well-known/security.txt` (RFC 9116).

    `contact` is an e-mail address or an https URL, `expires_ms` the time after which nobody
    should rely on it (RFC 9116 asks for less than a year ahead).
    Raises `ValueError` for a contact that would break out of its line.
    """
    if not contact or any(character.isspace() for character in contact):
        raise ValueError(f"the security contact must be an address or a URL, not {contact!r}")
    reach = contact if contact.startswith(("https://", "mailto:", "tel:")) else f"mailto:{contact}"
    return (
        f"Contact: {reach}\n"
        f"Expires: {clock.rfc3339(expires_ms)}\n"
        f"Preferred-Languages: {languages}\n"
        f"Canonical: {origin}/.well-known/security.txt\n"
    )


def _template(origin: str) -> str:
    return f"{origin}/.well-known/webfinger?resource={{uri}}"
