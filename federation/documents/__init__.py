"""This package reads the documents of other servers, and believes no shape that it has not seen.

Plain JSON keys are read, as every peer of ours writes them; contexts are not looked at.
"""

from __future__ import annotations

from federation.documents.activity import ActivityDoc, read_activity
from federation.documents.actor import ActorDoc, KeyDoc, read_actor
from federation.documents.object import AttachmentDoc, ObjectDoc, TagDoc, read_object
from federation.documents.question import QuestionDoc, read_question
from federation.documents.readers import (
    Document,
    id_of,
    ids_of,
    kind_of,
    link_of,
    many,
    one,
    text_of,
    time_of,
    uri_of,
    uris_of,
)

__all__ = [
    "ActivityDoc",
    "ActorDoc",
    "AttachmentDoc",
    "Document",
    "KeyDoc",
    "ObjectDoc",
    "QuestionDoc",
    "TagDoc",
    "id_of",
    "ids_of",
    "kind_of",
    "link_of",
    "many",
    "one",
    "read_activity",
    "read_actor",
    "read_object",
    "read_question",
    "text_of",
    "time_of",
    "uri_of",
    "uris_of",
]
