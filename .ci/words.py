"""Find the texts of pages, and bring the catalogs of all languages up to them: `make words`.

What is new has no translation yet: write it into `fedigroups/web/locale/*.po`. Pages read those
files when the server starts; nothing is compiled.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.pofile import read_po, write_po

from fedigroups.accounts import preferences
from fedigroups.oauth import scopes

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "fedigroups" / "web"
MODERATION = ROOT / "fedigroups" / "moderation"
"""What people are told of decisions, wherever they read it."""
REASONS = tuple(
    ROOT / "fedigroups" / name
    for name in (
        *("groups/policies.py", "groups/importing.py", "accounts/mailing.py"),
        *("personal/import_files.py", "personal/imports.py"),
    )
)
"""Why they may not join or write, and why a row of a file is left out; what comes by mail."""
MAILS = ROOT / "fedigroups" / "mails"
LOCALE = PAGES / "locale"
METHODS = [("**.py", "python"), ("**.html", "jinja2")]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "plural": (1, 2), "noted": None}

HEADER = """msgid ""
msgstr ""
"Language: {}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""


def texts() -> Catalog:
    """Every text that pages say, as it is in the code now."""
    found = Catalog()
    options = {"**.html": {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}}
    for folder in (PAGES, MODERATION, MAILS):
        for name, line, text, comments, context in extract_from_dir(
            folder, METHODS, options, keywords=KEYWORDS
        ):
            found.add(text, None, [(name, line)], auto_comments=comments, context=context)
    for text in (*refusals(), *shown_from_below()):
        found.add(text)
    return found


def refusals() -> Iterator[str]:
    """The texts of what refuses, and of kinds of mail."""
    for file in REASONS:
        for _, text, _, _ in extract_from_file("python", file, keywords=KEYWORDS):
            yield str(text)


def shown_from_below() -> Iterator[str]:
    """The texts that the rules below have as tables of words."""
    yield from preferences.VISIBILITIES.values()
    yield from preferences.MAIL_ABOUT.values()
    yield from (scopes.sentence(one) for one in scopes.ORDER)


def catalogs() -> Iterator[tuple[str, Catalog]]:
    """The catalogs as they are in the files, with their languages."""
    for path in sorted(LOCALE.glob("*.po")):
        with path.open("rb") as file:
            yield path.stem, read_po(file, locale=path.stem)


def untranslated(catalog: Catalog) -> list[str]:
    """The texts that the catalog does not have, or not for certain."""
    missing = []
    for message in texts():
        known = catalog.get(message.id) if message.id else message
        if message.id and (known is None or known.fuzzy or not whole(known)):
            missing.append(str(message.id))
    return missing


def whole(message: Message) -> bool:
    """Whether every form is written."""
    return all(message.string) if isinstance(message.string, tuple) else bool(message.string)


def main() -> None:
    """Write the catalogs anew, in the order of the code, without lines: they change too often."""
    wanted = texts()
    for language, catalog in catalogs():
        catalog.update(wanted, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        with (LOCALE / f"{language}.po").open("wb") as file:
            file.write(HEADER.format(language).encode())
            write_po(file, catalog, no_location=True, omit_header=True, width=100)
        missing = untranslated(catalog)
        print(f"{language}: {len(catalog)} texts, {len(missing)} to translate")
        for text in missing:
            print("   ", text)


if __name__ == "__main__":
    main()
