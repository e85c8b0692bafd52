"""Personal X archives as zips, with the parts and the small oddities of the real ones."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from ownwords.faces.demo.network import Archive
    from ownwords.faces.demo.people import Person
    from ownwords.faces.demo.threads import Post

_EPOCH_MS = 1_288_834_974_657
_PACKED_AT = (2025, 12, 1, 0, 0, 0)
_MADE_AT = "2025-12-01T00:00:00.000Z"
#: From so many characters on, X keeps the whole text in note-tweet.js and only its beginning in tweets.js.
_SHORT = 280
#: What each archive's protected-history.js says: opened long ago, nothing, or protected.
_HISTORY = ("Unprotect", "Unprotect", "Unprotect", "Unprotect", "", "Protect")


def tweet_id(post: Post) -> int:
    """The number X would have given it: milliseconds since its own epoch above 22 low bits."""
    return ((int(post.at.timestamp() * 1000) - _EPOCH_MS) << 22) | (post.native & 0x3FFFFF)


def user_id(person: Person) -> int:
    """A number of an X account, of the long kind given since 2016."""
    return 1_100_000_000_000_000_000 + (person.native >> 12)


def handle(person: Person) -> str:
    """The handle on X, which is not the one on Kentong."""
    return f"{person.handle.partition('_')[0]}_x{person.handle[-2:]}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _with_handles(post: Post) -> str:
    """The text as X has it: an answer begins with the handle it answers, a retweet with RT."""
    text = post.text.partition(" ")[2] if post.mentions else post.text
    if post.about is not None:
        return f"RT @{handle(post.about.author)}: {_with_handles(post.about)}"
    answers_other = post.parent is not None and post.parent.author is not post.author
    return f"@{handle(post.parent.author)} {text}" if answers_other and post.parent else text


def is_long(post: Post) -> bool:
    """Whether it is kept as a note."""
    return post.about is None and len(_with_handles(post)) > _SHORT


def _shown(post: Post) -> str:
    text = _escaped(_with_handles(post))
    return f"{text[: _SHORT - 40]}… https://t.co/{tweet_id(post) % 36**6:010x}" if is_long(post) else text


def _tweet(post: Post) -> dict[str, object]:
    number = str(tweet_id(post))
    other = post.about.author if post.about else post.parent.author if post.parent and post.parent.author is not post.author else None
    mentioned = [] if other is None else [{"name": other.name, "screen_name": handle(other), "id_str": str(user_id(other))}]
    answered: dict[str, object] = {}
    if post.parent is not None:
        answered = {
            "in_reply_to_status_id_str": str(tweet_id(post.parent)),
            "in_reply_to_status_id": str(tweet_id(post.parent)),
            "in_reply_to_user_id": str(user_id(post.parent.author)),
            "in_reply_to_user_id_str": str(user_id(post.parent.author)),
            "in_reply_to_screen_name": handle(post.parent.author),
        }
    return {
        "tweet": {
            "edit_info": {"initial": {"editTweetIds": [number], "editsRemaining": "5", "isEditEligible": post.about is None}},
            "retweeted": False,
            "source": '<a href="https://mobile.twitter.com" rel="nofollow">Twitter Web App</a>',
            "entities": {"hashtags": [], "symbols": [], "user_mentions": mentioned, "urls": []},
            "favorite_count": str(post.native % 12),
            **answered,
            "id_str": number,
            "truncated": False,
            "retweet_count": "0",
            "id": number,
            "created_at": post.at.strftime("%a %b %d %H:%M:%S +0000 %Y"),
            "favorited": False,
            "full_text": _shown(post),
            "lang": {"id": "in"}.get(post.language, post.language),
        }
    }


def _note(post: Post) -> dict[str, object]:
    """A note has a number of its own, a little lower than its tweet's, and the same second."""
    core = {"styletags": [], "urls": [], "text": _with_handles(post), "mentions": [], "cashtags": [], "hashtags": []}
    number = tweet_id(post) - (70 << 22)
    life = {"value": "1", "name": "Active", "originalName": "Active", "annotations": {}}
    made = _iso(post.at.replace(microsecond=0))
    return {"noteTweet": {"noteTweetId": str(number), "updatedAt": made, "lifecycle": life, "createdAt": made, "core": core}}


def _like(post: Post) -> dict[str, object]:
    number = str(tweet_id(post))
    return {"like": {"tweetId": number, "fullText": _shown(post), "expandedUrl": f"https://twitter.com/i/web/status/{number}"}}


def _talks(archive: Archive, *, is_group: bool) -> list[dict[str, object]]:
    """Private messages by conversation, newest first, as direct-messages.js and direct-messages-group.js have them."""
    talks: dict[str, list[dict[str, object]]] = {}
    for post in reversed(archive.messages):
        parties = sorted([user_id(post.author), *(user_id(person) for person in post.audience)])
        if (len(parties) > 2) != is_group:
            continue
        name = str(parties[0] + len(parties)) if is_group else f"{parties[0]}-{parties[-1]}"
        sent: dict[str, object] = {"reactions": [], "urls": [], "text": _escaped(post.text), "mediaUrls": []}
        sent |= {"senderId": str(user_id(post.author)), "id": str(tweet_id(post)), "createdAt": _iso(post.at), "editHistory": []}
        if not is_group:
            sent["recipientId"] = str(user_id(post.audience[0]))
        talks.setdefault(name, []).append({"messageCreate": sent})
    return [{"dmConversation": {"conversationId": name, "messages": messages}} for name, messages in talks.items()]


def _facts(owner: Person, history: str) -> dict[str, list[dict[str, object]]]:
    """The small parts on the account itself."""
    number, opened = str(user_id(owner)), owner.joined_at + timedelta(days=40)
    account = {"email": f"{handle(owner)}@mail.example", "createdVia": "web", "username": handle(owner), "accountId": number}
    born = {"age": ["30"], "birthDate": owner.born_on.isoformat()} if owner.born_on else {}
    profile = {"description": {"bio": "", "website": "", "location": owner.voice.home}}
    return {
        "account": [{"account": {**account, "createdAt": _iso(owner.joined_at), "accountDisplayName": owner.name}}],
        "account-suspension": [],
        "ageinfo": [{"ageMeta": {"ageInfo": born}}] if born else [],
        "profile": [{"profile": profile}],
        "protected-history": [{"protectedHistory": {"protectedAt": _iso(opened), "action": history}}] if history else [],
    }


def _parts(archive: Archive, history: str) -> dict[str, list[dict[str, object]]]:
    newest_first = list(reversed(archive.tweets))
    return {
        **_facts(archive.owner, history),
        "tweets": [_tweet(post) for post in newest_first],
        "note-tweet": [_note(post) for post in newest_first if is_long(post)],
        "like": [_like(post) for post in archive.likes],
        "direct-messages": _talks(archive, is_group=False),
        "direct-messages-group": _talks(archive, is_group=True),
    }


def _variable(name: str) -> str:
    return f"YTD.{name.replace('-', '_')}.part0"


def _manifest(owner: Person, parts: dict[str, list[dict[str, object]]]) -> str:
    config = {
        "userInfo": {"accountId": str(user_id(owner)), "userName": handle(owner), "displayName": owner.name},
        "archiveInfo": {"sizeBytes": "0", "generationDate": _MADE_AT, "isPartialArchive": False, "maxPartSizeBytes": "53687091200"},
        "dataTypes": {
            name: {"files": [{"fileName": f"data/{name}.js", "globalName": _variable(name), "count": str(len(items))}]}
            for name, items in parts.items()
        },
    }
    return "window.__THAR_CONFIG = " + json.dumps(config, indent=2)


def packed(archive: Archive, history: str) -> bytes:
    """One archive as the bytes of its zip; the same archive gives the same bytes."""
    parts = _parts(archive, history)
    files = {
        f"data/{name}.js": f"window.{_variable(name)} = " + json.dumps(items, indent=2, ensure_ascii=False) for name, items in parts.items()
    }
    files |= {"data/manifest.js": _manifest(archive.owner, parts), "Your archive.html": "<!doctype html><title>Your archive</title>\n"}
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as out:
        for name in sorted(files):
            out.writestr(zipfile.ZipInfo(name, _PACKED_AT), files[name], zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def write(folder: Path, archives: list[Archive], left_out: frozenset[int]) -> list[Archive]:
    """`twitter-N.zip` for each archive whose owner is not left out; returns those."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = []
    for place, archive in enumerate(archives):
        if archive.owner.native not in left_out:
            (folder / f"twitter-{place + 1}.zip").write_bytes(packed(archive, _HISTORY[place % len(_HISTORY)]))
            kept.append(archive)
    return kept
