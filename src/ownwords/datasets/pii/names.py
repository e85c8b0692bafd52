"""The shapes of names and addresses in running text."""

from __future__ import annotations

from ownwords.core import handles
from ownwords.datasets._texts import FORGOTTEN
from ownwords.datasets.pii.masking import Shape, Within

_NAME = r"[A-Za-z0-9_]+"
#: The rest of a name once it began: `.bsky.social`, `-smith`, `@mastodon.social`, or another name glued to it.
_REST = rf"(?:[.-]{_NAME}|@+{_NAME}|@*{FORGOTTEN})*"
#: Scripts that put no space between words touch a name: `ありがとう@bob_99さん`.
_SPOKEN = rf"(^|[^A-Za-z0-9])(?:@*{FORGOTTEN}|@+{_NAME}|[uU](?:ser)?/(?:{FORGOTTEN}|[A-Za-z0-9_-]+)){_REST}"
BARE = rf"(?-u:\b{handles.BARE}\b)"
#: A host that was a forgotten name, or a local part that was one, is still an address. Before the @ stands a letter of ASCII: after
#: another script an @ begins a name, as it does for the store.
_LOCAL = rf"(?:[\w.+%-]|{FORGOTTEN})*(?:[A-Za-z0-9_]|{FORGOTTEN})"
_EMAIL = (
    rf"(^|[^\w@.+%-])/?(?:mailto:|u/|user/)?{_LOCAL}@(?:(?:(?:[\w-]|{FORGOTTEN})+\.)+\p{{L}}{{2,}}|[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}})\b"
)
#: A whole id of a person or a record, `x:20` or `test:777000777`. The store takes those of the forgotten out of every row, so for law 2
#: whatever has the shape is taken out for everyone; the price is `ratio:1000`.
_NETWORKS = "|".join(sorted(handles.HOSTS))
_SITE = r"(?:[A-Za-z0-9.-]+/(?:user|post)-)?"
_KNOWN_IDS = rf"(?-u:\b)(?i:{_NETWORKS}):@?{_SITE}{_NAME}{_REST}"
_ID = r":@?[a-z0-9_-]*[0-9]{3}[a-z0-9_]*"
_IDS = rf"(?-u:\b)(?i:(?:[a-f][a-f0-9_.-]*)?[g-z][a-z0-9_.-]*{_ID}){_REST}"
#: A network whose name could be a group of an IPv6 address: nothing is parted from the id by a further colon.
_HEXADECIMAL_IDS = rf"(^|[^:A-Za-z0-9_])(?i:[a-f][a-f0-9_.-]*{_ID}){_REST}(:?(?:$|[^:A-Za-z0-9_]))"
_GLUED_EMAIL = rf"[\w.+-]*\w{FORGOTTEN}(?:\.[A-Za-z0-9-]+)+"
_GLUED = rf"{FORGOTTEN}{_REST}"
#: What would have been one name with the word that is [user] now: `bob_99.work@home`, `bob_99:123`.
_JOINED = rf"(?i)\[user\](?:[.-]?\[user\]|{_ID}{_REST})+"


ADDRESSES = Shape("email", _EMAIL, keeps=1, hints=(r"@[^@\s]+\.",))
#: Every address as `[email]` and every name as `[user]`, whether it stands there or the store wrote `[forgotten]`. Some twice: of two
#: names side by side, the first match used up what parts them.
NAMES = (
    Within(
        ("[@/]", FORGOTTEN),
        (
            ADDRESSES,
            Shape("user", _SPOKEN, keeps=1),
            Shape("user", _SPOKEN, keeps=1),
        ),
    ),
    Within(
        (":[@0-9A-Za-z_-]",),
        (
            Shape("user", _KNOWN_IDS),
            Shape("user", _IDS),
            Shape("user", _HEXADECIMAL_IDS, keeps=2),
            Shape("user", _HEXADECIMAL_IDS, keeps=2),
        ),
    ),
    Within((FORGOTTEN,), (Shape("email", _GLUED_EMAIL), Shape("user", _GLUED))),
    Shape("user", BARE + _REST, hints=("_", "[0-9]")),
    Shape("user", _JOINED, hints=(r"\[user\](?::|[.-]?\[user)",)),
)
