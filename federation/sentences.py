"""This module makes sentences that know of what they were made, so that pages can say them anew."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Self

_KEPT = '["'


class Sentence(str):
    """English words, with the `template` and the `values` of which they were made.

    A value that is a sentence itself is named `refusal`: what stands around it says who met it, and
    where, for whoever reads a log.
    """

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str = "", /, **values: object) -> Self:
        """The template, `{name}` in it being the value of that name; one without values stays."""
        if isinstance(template, cls) and not values:
            return template
        made = super().__new__(cls, template.format(**values) if values else template)
        made.template, made.values = template, values
        return made

    def kept(self) -> str:
        """What a database keeps of it: `read` makes the sentence again, if its values are plain."""
        is_plain = all(isinstance(value, str | int) for value in self.values.values())
        if is_plain and (self.values or self.startswith(_KEPT)):
            return json.dumps([self.template, self.values])
        return str(self)

    @classmethod
    def read(cls, text: str) -> Self:
        """The sentence that was kept so."""
        if not text.startswith(_KEPT):
            return cls(text)
        template, values = json.loads(text)
        return cls(template, **values)
