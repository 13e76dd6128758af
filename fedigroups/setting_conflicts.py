"""This module knows which settings do not go together, and says so in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fedigroups import setting_values as values
from fedigroups.setting_values import PREFIX, Knob


def unprotected(found: Mapping[str, Any]) -> Iterator[str]:
    """A protection may be off where only this machine can come in."""
    if values.is_loopback(found["origin"]):
        return
    for name, right in (("confirm_email", True), ("rate_limits", True), ("password_grant", False)):
        if found[name] is not right:
            yield (
                f"{PREFIX}{name.upper()} must be {values.written(right)} for {found['origin']}: "
                "it is a protection, which may be given up only with an origin on loopback; "
                "for example "
                "FEDIGROUPS_ORIGIN=http://localhost:8000"
            )
    if found["crashpoint"]:
        yield (
            f"{PREFIX}CRASHPOINT kills the server on purpose, for tests: take it away for "
            f"{found['origin']}; it is for an origin on loopback, for example "
            "FEDIGROUPS_ORIGIN=http://localhost:8000"
        )


def incomplete(found: Mapping[str, Any], knobs: Mapping[str, Knob]) -> Iterator[str]:
    """A bucket needs an access key."""
    for name in ("s3_key", "s3_secret"):
        if found["s3_url"] and not found[name]:
            knob = knobs[name]
            yield (
                f"{PREFIX}{name.upper()} is missing: {PREFIX}S3_URL needs it; "
                f"for example {knob.example}"
            )
