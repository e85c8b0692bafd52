"""What is planted in the network with its truth: personal data, and posts that say what another one said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ownwords.faces.demo.people import LAST_POST, snowflake

if TYPE_CHECKING:
    from random import Random

    from ownwords.faces.demo.threads import Crowd, Post

#: Sentences round a piece of personal data, per language; none of the data can reach anybody.
_AROUND = {
    "en": {
        "email": ("write to me at {}", "send the list to {} please", "my new address is {}"),
        "phone": ("call me on {} after six", "text {} if you find it", "the number is {}"),
        "id_number": ("the form wanted my NIK {} again", "they wrote NIK {} on the box"),
        "card": ("paid with card {} and the receipt shows all of it", "who prints {} on a receipt"),
    },
    "id": {
        "email": ("kirim saja ke {}", "alamat surelku {}", "daftarnya ke {} ya"),
        "phone": ("telepon {} habis magang", "kabari ke {} kalau ketemu", "nomornya {}"),
        "id_number": ("formulirnya minta NIK {} lagi", "di kardus tertulis NIK {}"),
        "card": ("bayar pakai kartu {} dan tercetak semua di struk", "siapa sih yang mencetak {} di struk"),
    },
}
_KINDS = ("email", "phone", "id_number", "card")


@dataclass(frozen=True, slots=True)
class PlantedPii:
    """One piece of invented personal data in a text.

    kind         email, phone, id_number or card
    start, end   characters in the text
    """

    record_id: str
    kind: str
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PlantedDuplicate:
    """A post that says again, exactly or nearly, what another person's post said before."""

    record_id: str
    of: str
    kind: str


def luhn(digits: str) -> str:
    """`digits` with the check digit that card numbers end with."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


def _value(kind: str, post: Post, rng: Random) -> str:
    if kind == "email":
        return f"{post.author.handle.replace('_', '.')}@{rng.choice(('mail', 'post', 'surat'))}.example"
    if kind == "phone":
        # Ranges kept free for fiction (GB, US), and an Indonesian form whose first subscriber digits are all nought.
        british, american = f"+44 7700 900{rng.randrange(1000):03d}", f"+1 202 555 01{rng.randrange(100):02d}"
        return rng.choice((british, american, f"+62 890-0000-{rng.randrange(10**4):04d}"))
    if kind == "id_number":
        return f"3174{rng.randrange(1, 9):02d}{rng.randrange(1, 29):02d}{rng.randrange(1, 13):02d}{rng.randrange(60, 100)}0000"
    digits = luhn("400000" + f"{rng.randrange(10**9):09d}")
    return " ".join(digits[k : k + 4] for k in range(0, 16, 4))


def plant_pii(posts: list[Post], rng: Random, count: int) -> list[tuple[Post, PlantedPii]]:
    """Add a sentence with one piece of personal data to `count` of `posts`."""
    chosen = rng.sample(range(len(posts)), count)
    planted = []
    for place in chosen:
        post, kind = posts[place], rng.choice(_KINDS)
        value = _value(kind, post, rng)
        before, after = rng.choice(_AROUND[post.language][kind]).split("{}")
        start = len(post.text) + 1 + len(before)
        post.text = f"{post.text} {before}{value}{after}"
        planted.append((post, PlantedPii("", kind, value, start, start + len(value))))
    return planted


def _nearly(text: str, rng: Random) -> str:
    """`text` with an end, a beginning or a spelling of its own."""
    change = rng.randrange(3)
    if change == 0:
        return text + rng.choice((" 🙏", " (again)", "!", " please share"))
    if change == 1:
        return rng.choice(("PSA: ", "copied: ", "Info: ")) + text
    words = text.split(" ")
    place = rng.choice([place for place, word in enumerate(words) if word.isalpha()])
    words[place] = words[place].swapcase()
    return " ".join(words)


def plant_duplicates(posts: list[Post], crowd: Crowd, rng: Random, n_exact: int, n_near: int) -> list[tuple[Post, Post, str]]:
    """New posts that repeat long enough ones of `posts`: (copy, original, exact or near)."""
    long_enough = [post for post in posts if len(post.text) >= 90 and post.at < LAST_POST - timedelta(days=40)]
    copies = []
    for kind, count in (("exact", n_exact), ("near", n_near)):
        for _ in range(count):
            original = rng.choice(long_enough)
            at = original.at + timedelta(seconds=rng.randrange(3600, 30 * 86_400))
            author = crowd.anybody(rng)
            while author is original.author or (author.last_post is not None and author.last_post < at):
                author = crowd.anybody(rng)
            text = original.text if kind == "exact" else _nearly(original.text, rng)
            native = snowflake(at, rng.getrandbits(22))
            copy = replace(original, native=native, author=author, at=at, text=text, kind="post", visibility="public")
            copies.append((copy, original, kind))
    return copies
