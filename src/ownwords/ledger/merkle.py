"""Merkle tree of RFC 9162: roots, inclusion and consistency proofs, from hashes alone.

A tree over n leaves is stored as its complete subtrees: `(level, index)` names the one over leaves `index << level` up to
`(index + 1) << level`. Such a node never changes once it is there, so a log only ever adds nodes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

#: (level, index) of a complete subtree; level 0 = leaf hashes.
Place = tuple[int, int]
Node = Callable[[Place], bytes]
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256 of 0x00 and the leaf (RFC 9162, 2.1.1)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of 0x01 and both children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def peaks(size: int) -> list[Place]:
    """The complete subtrees that a tree of `size` leaves is made of, largest first."""
    return list(_cover(0, size))


def grow(size: int, old_peaks: Mapping[Place, bytes], leaf_hashes: Sequence[bytes]) -> dict[Place, bytes]:
    """Every complete subtree that comes into being when `leaf_hashes` follow `size` leaves, leaf level included.

    old_peaks   the hashes of `peaks(size)`
    """
    made: dict[Place, bytes] = {(0, size + k): value for k, value in enumerate(leaf_hashes)}
    level, start, stop = 0, size, size + len(leaf_hashes)
    while start < stop:
        first, last = start >> 1, stop >> 1
        for index in range(first, last):
            left, right = (level, 2 * index), (level, 2 * index + 1)
            made[level + 1, index] = node_hash(made[left] if left in made else old_peaks[left], made[right])
        level, start, stop = level + 1, first, last
    return made


def root(size: int, node: Node) -> bytes:
    """The root over the first `size` leaves."""
    return EMPTY_ROOT if size == 0 else _range_hash(0, size, node)


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over these leaf hashes, with nothing stored."""
    return root(len(leaf_hashes), grow(0, {}, leaf_hashes).__getitem__)


def inclusion_path(index: int, size: int, node: Node) -> list[bytes]:
    """The proof that leaf `index` (from 0) is in the tree of `size` leaves, nearest sibling first (2.1.3.1)."""
    return [_range_hash(low, high, node) for low, high in reversed(_inclusion_ranges(index, size))]


def consistency_path(old: int, new: int, node: Node) -> list[bytes]:
    """The proof that the tree of `new` leaves begins with the tree of `old` leaves (2.1.4.1); empty if either is trivial."""
    return [_range_hash(low, high, node) for low, high in _consistency_ranges(old, new)]


def places_for_inclusion(index: int, size: int) -> set[Place]:
    """The stored nodes that `inclusion_path` will ask for."""
    return {place for low, high in _inclusion_ranges(index, size) for place in _cover(low, high)}


def places_for_consistency(old: int, new: int) -> set[Place]:
    """The stored nodes that `consistency_path` will ask for."""
    return {place for low, high in _consistency_ranges(old, new) for place in _cover(low, high)}


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether `path` shows that the leaf hash `leaf` is number `index` (from 0) of the tree with `root` (2.1.3.2)."""
    if not 0 <= index < size:
        return False
    here, last, value = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if here & 1 or here == last:
            value = node_hash(sibling, value)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            value = node_hash(value, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and value == root


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether `path` shows that the tree with `new_root` begins with the tree with `old_root` (2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old in (0, new):
        return not path and (old_root == (EMPTY_ROOT if old == 0 else new_root))
    steps = list(path) if old & (old - 1) else [old_root, *path]
    if not steps:
        return False
    here, last = old - 1, new - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    value_old = value_new = steps[0]
    for sibling in steps[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            value_old, value_new = node_hash(sibling, value_old), node_hash(sibling, value_new)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            value_new = node_hash(value_new, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and value_old == old_root and value_new == new_root


def _split(n: int) -> int:
    """The largest power of two below `n`."""
    return 1 << (n - 1).bit_length() - 1


def _cover(low: int, high: int) -> Iterator[Place]:
    """The complete subtrees of leaves `low` to `high`, where `low` is as aligned as the tree makes it."""
    while low < high:
        level = (high - low).bit_length() - 1
        yield level, low >> level
        low += 1 << level


def _range_hash(low: int, high: int, node: Node) -> bytes:
    """MTH(D[low:high]) (2.1.1): the complete subtrees, folded from the right."""
    hashes = [node(place) for place in _cover(low, high)]
    value = hashes.pop()
    while hashes:
        value = node_hash(hashes.pop(), value)
    return value


def _inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """Leaf ranges of the siblings on the way down from the root."""
    ranges, low, high = [], 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    return ranges


def _consistency_ranges(old: int, new: int) -> list[tuple[int, int]]:
    """Leaf ranges of a consistency proof, in the order of the proof."""
    if old in (0, new):
        return []
    ranges, low, high, is_whole = [], 0, new, True
    while old != high:
        middle = low + _split(high - low)
        if old <= middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low, is_whole = middle, False
    return ([] if is_whole else [(low, high)]) + ranges[::-1]


def to_hex(path: Iterable[bytes]) -> list[str]:
    """A proof for JSON."""
    return [value.hex() for value in path]


def from_hex(path: Iterable[str]) -> list[bytes]:
    """A proof from JSON.

    raises   ValueError if one is not hexadecimal
    """
    return [bytes.fromhex(value) for value in path]
