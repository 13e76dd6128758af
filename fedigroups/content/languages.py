"""This module knows language tags (BCP 47): which are well formed, and what each is called."""

from __future__ import annotations

import re

_TAG = re.compile(r"[a-z]{2,3}(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?(?:-[a-z0-9]{5,8})*")

NAMES = {
    "ar": "العربية",
    "bg": "Български",
    "bn": "বাংলা",
    "br": "Brezhoneg",
    "ca": "Català",
    "cs": "Čeština",
    "cy": "Cymraeg",
    "da": "Dansk",
    "de": "Deutsch",
    "el": "Ελληνικά",
    "en": "English",
    "eo": "Esperanto",
    "es": "Español",
    "et": "Eesti",
    "eu": "Euskara",
    "fa": "فارسی",
    "fi": "Suomi",
    "fr": "Français",
    "ga": "Gaeilge",
    "gl": "Galego",
    "he": "עברית",
    "hi": "हिन्दी",
    "hr": "Hrvatski",
    "hu": "Magyar",
    "hy": "Հայերեն",
    "id": "Bahasa Indonesia",
    "is": "Íslenska",
    "it": "Italiano",
    "ja": "日本語",
    "ka": "ქართული",
    "ko": "한국어",
    "lt": "Lietuvių",
    "lv": "Latviešu",
    "nb": "Norsk bokmål",
    "nl": "Nederlands",
    "nn": "Norsk nynorsk",
    "no": "Norsk",
    "oc": "Occitan",
    "pl": "Polski",
    "pt": "Português",
    "pt-br": "Português (Brasil)",
    "ro": "Română",
    "ru": "Русский",
    "sk": "Slovenčina",
    "sl": "Slovenščina",
    "sq": "Shqip",
    "sr": "Српски",
    "sv": "Svenska",
    "ta": "தமிழ்",
    "th": "ไทย",
    "tr": "Türkçe",
    "uk": "Українська",
    "ur": "اردو",
    "vi": "Tiếng Việt",
    "zh": "中文",
}


def is_tag(tag: str) -> bool:
    """Whether `tag` has the shape of a language tag: `en`, `pt-BR`, `sr-Latn`, `es-419`."""
    return len(tag) <= 35 and _TAG.fullmatch(tag.lower()) is not None


def tag_or(tag: str, default: str = "") -> str:
    """`tag` as it is when well formed, otherwise `default`: only this goes into a `lang`."""
    return tag if is_tag(tag) else default


def name_of(tag: str) -> str:
    """What the language calls itself; the tag itself for one that we have no name for."""
    lower = tag.lower()
    return NAMES.get(lower) or NAMES.get(lower.split("-", 1)[0]) or tag
