"""This module knows the JSON-LD contexts of the fediverse, and what documents mean by them.

The set is closed: no context is ever fetched, and none may say that `actor` means something else.
It is for documents that bear a Linked Data signature, off the hot path.
https://www.w3.org/TR/json-ld11-api/ https://www.w3.org/TR/rdf-canon/
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyld import BUNDLED_CONTEXTS, FrozenDocumentLoader, jsonld
from pyld.canon import URDNA2015

from federation import limits
from federation.documents.readers import Document, many
from federation.errors import Malformed
from federation.origin import same_origin
from federation.vocabulary import AS2, SECURITY

_HERE = Path(__file__).parent / "contexts"
_OURS = {
    "https://gotosocial.org/ns": "gotosocial",
    "https://join-lemmy.org/context.json": "lemmy",
    "https://litepub.social/litepub/context.jsonld": "litepub",
    "https://litepub.social/context.jsonld": "litepub",
    "http://joinmastodon.org/ns": "mastodon",
    "https://joinmastodon.org/ns": "mastodon",
    "https://purl.archive.org/miscellany": "miscellany",
    "https://purl.archive.org/socialweb/webfinger": "webfinger",
    "http://smithereen.software/ns": "smithereen",
    "https://w3id.org/fep/044f": "fep-044f",
    "https://w3id.org/fep/5711": "fep-5711",
    "https://w3id.org/fep/7888": "fep-7888",
    "https://w3id.org/security/data-integrity/v1": "data-integrity",
    "https://w3id.org/security/data-integrity/v2": "data-integrity",
    "https://w3id.org/security/multikey/v1": "multikey",
}
# Pleroma and Mbin serve the same context from each of their hosts
_PATHS = {"/schemas/litepub-0.1.jsonld": "litepub", "/contexts": "lemmy"}
_PINNED: dict[str, Path] = {
    **BUNDLED_CONTEXTS,
    **{url: _HERE / f"{name}.jsonld" for url, name in _OURS.items()},
}
_OPTIONS = {
    "documentLoader": FrozenDocumentLoader(_PINNED),
    "processingMode": "json-ld-1.1",
    "base": None,  # else pyld takes a relative "Public" for http://example.org/base/Public
}

PLAIN: list[Any] = [
    AS2,
    SECURITY,
    "https://w3id.org/security/multikey/v1",
    "https://gotosocial.org/ns",
    "https://purl.archive.org/miscellany",
    "http://joinmastodon.org/ns",
    "https://join-lemmy.org/context.json",
    "https://purl.archive.org/socialweb/webfinger",
    "https://w3id.org/fep/044f",
    "https://w3id.org/fep/7888",
    {"_misskey_reaction": "https://misskey-hub.net/ns#_misskey_reaction"},
]
"""The context of the keys that `federation.documents` reads."""

_SECURITY_TERMS = "controller owner publicKey publicKeyPem"
_TERMS = frozenset(
    "id type actor attributedTo audience bcc bto cc content context inReplyTo inbox name object"
    f" outbox published tag target to updated url href {_SECURITY_TERMS}".split()
)
_HARMLESS = frozenset({"@language", "@protected", "@version"})
_ALIASED = frozenset({"@id", "@type"})
_MEANINGS = ("as:{}", f"{AS2}#{{}}", "@{}", "sec:{}", "https://w3id.org/security#{}")
# beside its own error pyld lets these escape from values of a kind it did not expect
_UNEXPECTED = (TypeError, ValueError, LookupError, AttributeError, RecursionError)
_FAULTS = (jsonld.JsonLdError, *_UNEXPECTED)

Expanded = list[dict[str, Any]]
"""A document in JSON-LD's expanded form: every name an IRI, every value in a list."""


def expand(document: Document) -> Expanded:
    """The document as its own contexts explain it.

    Refuses (`Malformed`) a key that no context explains, a context that is not pinned here, an
    inline one that gives a term which decides authority another meaning or changes how keys are
    read, whatever is no JSON-LD, and graphs: their reading differs from that of plain keys. The
    caller has measured the document.
    """
    known = _with_known_contexts(document)
    dropped: list[object] = []
    try:
        expanded: Expanded = jsonld.expand(known, _OPTIONS, on_property_dropped=dropped.append)
    except _FAULTS as error:
        raise _no_jsonld(error) from error
    if dropped:
        raise Malformed("its contexts do not explain every key")
    return expanded


def expand_plain(document: Document) -> Expanded:
    """The document as `PLAIN` explains it, whatever its own contexts say.

    Refuses (`Malformed`) what is no JSON-LD under those names.
    """
    try:
        expanded: Expanded = jsonld.expand(document | {"@context": PLAIN}, _OPTIONS)
    except _FAULTS as error:
        raise _no_jsonld(error) from error
    return expanded


def plain_names() -> dict[str, str]:
    """The names that `PLAIN` has, and the IRI that each stands for."""
    processor = jsonld.JsonLdProcessor()
    nothing = processor.process_context({}, None, _OPTIONS)
    terms = processor.process_context(nothing, PLAIN, _OPTIONS)["mappings"]
    return {name: term["@id"] for name, term in terms.items() if term}


def statements(expanded: Expanded) -> bytes:
    """What an expanded document states, as canonical N-Quads (URDNA2015).

    Refuses (`Malformed`) a graph with too many nodes without an id that look alike: to tell them
    apart takes a time that grows with the factorial of their number.
    """
    try:
        dataset = jsonld.to_rdf(expanded, _OPTIONS)
        quads: str = _Canonical().main(dataset, {"format": "application/n-quads"})
    except _FAULTS as error:
        raise _no_jsonld(error) from error
    return quads.encode()


class _Canonical(URDNA2015):  # type: ignore[misc]  # pyld has no types
    """The algorithm, stopped after `limits.LINKED_STEPS` steps."""

    def __init__(self) -> None:
        super().__init__()
        self._steps = 0

    def create_hash_to_related(self, id_: str, issuer: object) -> dict[str, list[str]]:
        """Called at the beginning of each step in which nodes that look alike are told apart.

        Of each order in which such nodes could stand, at least one step follows.
        """
        self._steps += 1
        if self._steps > limits.LINKED_STEPS:
            raise Malformed("too many nodes without an id look alike")
        related: dict[str, list[str]] = super().create_hash_to_related(id_, issuer)
        return related


def _no_jsonld(error: Exception) -> Malformed:
    return Malformed(f"not JSON-LD: {error}".split("\n")[0][:500])


def _with_known_contexts(value: Any) -> Any:
    """A copy that names only pinned contexts."""
    if isinstance(value, list):
        return [_with_known_contexts(item) for item in value]
    if not isinstance(value, dict):
        return value
    for key in ("@graph", "@included", "@reverse"):
        if key in value:
            raise Malformed(f"{key} is not read")
    return {
        key: [_known(context) for context in many(item)]
        if key == "@context"
        else _with_known_contexts(item)
        for key, item in value.items()
    }


def _known(context: Any) -> Any:
    if isinstance(context, dict):
        for key, meaning in context.items():
            _check_term(key, meaning)
        return context
    if not isinstance(context, str):
        raise Malformed("a context must be a URL or an object")
    if context in _PINNED:
        return context
    secure = context.replace("http://", "https://", 1)
    if secure in _PINNED:
        return secure
    for path, name in _PATHS.items():
        if context.endswith(path) and same_origin(context, context.removesuffix(path)):
            return next(url for url, ours in _OURS.items() if ours == name)
    raise Malformed(f"the context {context[:200]!r} is not known here, and is not fetched")


def _check_term(key: str, meaning: Any) -> None:
    if key.startswith("@") and key not in _HARMLESS:
        raise Malformed(f"an inline context may not set {key}")
    if isinstance(iri := _iri(meaning), str) and iri.startswith("@") and iri not in _ALIASED:
        raise Malformed(f"an inline context may not give {iri} another name")
    if key in _TERMS and iri not in _meanings(key):
        raise Malformed(f"an inline context may not redefine {key}")
    if key in {"as", "sec"} and meaning not in (f"{AS2}#", "https://w3id.org/security#"):
        raise Malformed(f"an inline context may not redefine {key}")
    if isinstance(meaning, dict) and not meaning.keys() <= {"@id", "@type", "@container"}:
        raise Malformed(f"the inline definition of {key} is not a plain one")


def _iri(meaning: Any) -> Any:
    return meaning.get("@id") if isinstance(meaning, dict) else meaning


def _meanings(key: str) -> Iterator[str]:
    return (meaning.format(key) for meaning in _MEANINGS)
