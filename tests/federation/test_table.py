"""What stands in the source of a table's class is not looked for when the program starts."""

from __future__ import annotations

from tortoise import fields

from federation.table import Model


class Thing(Model):
    """A thing."""

    #: what the ORM would have found here
    colour = fields.TextField()


def test_the_source_of_a_table_is_not_read() -> None:
    assert Thing._meta.fields_map["colour"].description is None
