"""RFC 9162 trees; the vectors are those of the Certificate Transparency reference implementation."""

import hashlib

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ownwords.ledger import merkle

LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
HASHES = [merkle.leaf_hash(hashlib.sha256(str(n).encode()).digest()) for n in range(300)]
NODE = merkle.grow(0, {}, HASHES).__getitem__


def by_definition(leaf_hashes: list[bytes]) -> bytes:
    """MTH as RFC 9162, 2.1.1 writes it down."""
    if len(leaf_hashes) < 2:
        return leaf_hashes[0] if leaf_hashes else hashlib.sha256(b"").digest()
    k = 1
    while k * 2 < len(leaf_hashes):
        k *= 2
    return hashlib.sha256(b"\x01" + by_definition(leaf_hashes[:k]) + by_definition(leaf_hashes[k:])).digest()


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_the_reference_vectors(size):
    assert merkle.root_of([merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES[:size]]).hex() == ROOTS[size]


def test_proofs_are_those_of_the_reference_vectors():
    leaf_hashes = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES]
    node = merkle.grow(0, {}, leaf_hashes).__getitem__
    assert merkle.inclusion_path(0, 1, node) == []
    assert merkle.to_hex(merkle.inclusion_path(5, 8, node)) == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert merkle.to_hex(merkle.consistency_path(2, 5, node)) == [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ]


@settings(deadline=None)
@given(st.integers(0, 300))
def test_root_is_the_one_of_the_definition(size):
    assert merkle.root(size, NODE) == by_definition(HASHES[:size])


@settings(deadline=None)
@given(st.lists(st.integers(0, 40), max_size=8))
def test_growing_in_parts_gives_the_same_nodes(parts):
    known, size = {}, 0
    for n in parts:
        old = {place: known[place] for place in merkle.peaks(size)}
        known |= merkle.grow(size, old, HASHES[size : size + n])
        size += n
        assume(size <= 300)
    assert known == merkle.grow(0, {}, HASHES[:size])


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_every_inclusion_proof_verifies_and_no_changed_one_does(data):
    size = data.draw(st.integers(1, 300))
    index = data.draw(st.integers(0, size - 1))
    path, root = merkle.inclusion_path(index, size, NODE), merkle.root(size, NODE)
    assert merkle.verify_inclusion(HASHES[index], index, size, path, root)
    assert not merkle.verify_inclusion(flip(HASHES[index], data), index, size, path, root)
    assert not merkle.verify_inclusion(HASHES[index], index, size, path, flip(root, data))
    assert not merkle.verify_inclusion(HASHES[index], index, size, [*path, root], root)
    if path:
        assert not merkle.verify_inclusion(HASHES[index], index, size, changed(path, data), root)
        assert not merkle.verify_inclusion(HASHES[index], index, size, path[:-1], root)
        other = data.draw(st.integers(0, size - 1).filter(lambda n: n != index))
        assert not merkle.verify_inclusion(HASHES[index], other, size, path, root)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_every_consistency_proof_verifies_and_no_changed_one_does(data):
    new = data.draw(st.integers(0, 300))
    old = data.draw(st.integers(0, new))
    path, old_root, new_root = merkle.consistency_path(old, new, NODE), merkle.root(old, NODE), merkle.root(new, NODE)
    assert merkle.verify_consistency(old, old_root, new, new_root, path)
    assert not merkle.verify_consistency(old, flip(old_root, data), new, new_root, path)
    assert not merkle.verify_consistency(old, old_root, new, new_root, [*path, new_root])
    if path:
        assert not merkle.verify_consistency(old, old_root, new, flip(new_root, data), path)
        assert not merkle.verify_consistency(old, old_root, new, new_root, changed(path, data))
        assert not merkle.verify_consistency(old, old_root, new, new_root, path[:-1])


@settings(deadline=None)
@given(st.data())
def test_the_places_named_for_a_proof_suffice(data):
    new = data.draw(st.integers(1, 300))
    old = data.draw(st.integers(1, new))
    places = {place: NODE(place) for place in merkle.places_for_inclusion(old - 1, new)}
    assert merkle.inclusion_path(old - 1, new, places.__getitem__) == merkle.inclusion_path(old - 1, new, NODE)
    places = {place: NODE(place) for place in merkle.places_for_consistency(old, new)}
    assert merkle.consistency_path(old, new, places.__getitem__) == merkle.consistency_path(old, new, NODE)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (-1, 3)])
def test_no_proof_holds_outside_the_tree(index, size):
    assert not merkle.verify_inclusion(HASHES[0], index, size, [], HASHES[0])


def test_a_shorter_log_is_no_continuation():
    assert not merkle.verify_consistency(5, merkle.root(5, NODE), 3, merkle.root(3, NODE), [])


def flip(value: bytes, data: st.DataObject) -> bytes:
    bit = data.draw(st.integers(0, 255))
    return bytes(byte ^ (1 << bit % 8 if k == bit // 8 else 0) for k, byte in enumerate(value))


def changed(path: list[bytes], data: st.DataObject) -> list[bytes]:
    where = data.draw(st.integers(0, len(path) - 1))
    return [flip(value, data) if k == where else value for k, value in enumerate(path)]
