"""The words of which names, titles and texts of the sandbox's world are made."""

from __future__ import annotations

import re
import unicodedata

GENRES = (
    "Ambient", "Electronic", "House", "Deep House", "Techno", "Drum & Bass", "Dubstep", "Hip-hop & Rap",
    "Indie",
    "Jazz & Blues", "Folk & Singer-Songwriter", "Reggae", "Trance", "Rock", "Podcast", "Storytelling", "",
)  # fmt: skip

CITIES = (
    ("Berlin", "DE"), ("Hamburg", "DE"), ("Stockholm", "SE"), ("Malmö", "SE"), ("London", "GB"),
    ("Manchester", "GB"), ("Los Angeles", "US"), ("Brooklyn, NY", "US"), ("Toronto", "CA"), ("Montréal",
    "CA"),
    ("São Paulo", "BR"), ("東京", "JP"), ("大阪", "JP"), ("Москва", "RU"), ("Lagos", "NG"), ("Kraków", "PL"),
    ("İstanbul", "TR"), ("Reykjavík", "IS"), ("México D.F.", "MX"), ("القاهرة", "EG"),
    ("in the studio", None),
)  # fmt: skip

FIRST = (
    "Ada", "Björn", "Chloé", "Dmitri", "Emeka", "Fatou", "Grażyna", "Hana", "Íris", "João", "Kofi", "Léa",
    "Mina",
    "Nils", "Oluwa", "Paz", "Quentin", "Rasa", "Søren", "Tuğba", "Uwe", "Vera", "Wanja", "Yuki", "Zoë",
)  # fmt: skip

LAST = (
    "Adeyemi", "Bergström", "Çelik", "Durand", "Eriksen", "Fontaine", "García", "Hoffmann", "Ivanova",
    "Jónsdóttir",
    "Kowalski", "Lindqvist", "Müller", "Nakamura", "Okafor", "Petrov", "Quispe", "Rossi", "Santos", "Tanaka",
)  # fmt: skip

NOUNS = (
    "Signal", "Tape", "Harbour", "Lantern", "Velvet", "Static", "Meadow", "Circuit", "Glacier", "Ember",
    "Parallax",
    "Monsoon", "Orchid", "Relay", "Tundra", "Mirage", "Cassette", "Nébuleuse", "Schatten", "Зима", "夜明け",
    "Saudade",
)  # fmt: skip

ADJECTIVES = (
    "Slow", "Electric", "Hollow", "Golden", "Broken", "Distant", "Paper", "Midnight", "Liquid", "Northern",
    "Silent",
    "Analog", "Crooked", "Blue", "Weightless", "Rusted", "Tiny", "Überall", "Café", "Fjärran",
)  # fmt: skip

SUFFIXES = (
    "",
    "",
    "",
    " (Original Mix)",
    " [Free DL]",
    " — live",
    " feat. ダイスケ",
    " 🔥",
    " pt. 2",
    " (Remix)",
)

SENTENCES = (
    "Recorded in one take on a borrowed synth.",
    "Booking: booking@example.invalid\r\nPress: press@example.invalid",
    "Hörst du das? Dann sag's weiter. ♥",
    "Nouvel EP disponible partout.",
    "新しいアルバムが出ました。",
    "Новый релиз уже здесь",
    "Field recordings, tape loops and a broken piano.\n\nThanks to everyone who listened.",
    "Mix of the month: 60 minutes, no talking.",
    'They said "quiet", we said <louder> & longer',
    "#techno #berlin #vinylonly",
)

REMARKS = (
    "this one!", "What a drop 🔥🔥", "été 2019 dans une chanson", "ID at 2:31?", "素晴らしい", "Спасибо!",
    "goosebumps every time", "<3", "😭😭😭", "who is here in 2026", "@someone listen to this", "so clean",
)  # fmt: skip

TAGS = (
    "live", "vinyl", "deep house", "mix", "techno", "drum & bass", "tape", "lofi", "field recording", "ambient",
)  # fmt: skip

LABELS = ("Harbour Records", "Self-released", "Tundra Tapes", "Éditions du Matin", "Static & Sons")

NETWORKS = ("twitter", "instagram", "youtube", "bandcamp", "personal", "spotify")


def slug(text: str) -> str:
    """Return `text` as SoundCloud writes it in an address: ASCII, lower case, dashes."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
