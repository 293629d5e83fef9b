"""What tests of kinds have in common: a value as it arrives, messages made by hand, and fuzzing of one kind's trees."""

import json
import warnings

import pytest
from hypothesis import strategies as st

from nbviva.inside import Unreadable, decode, encode


def again(value, **options):
    """Give a value as it arrives when each kind crosses as itself."""
    return decode(encode(value, exact=True), exact=True, **options)


def unreadable(*tree, frames=(b"\0" * 8, b""), **options):
    """Give the reason for which a hand-written tree is not read."""
    with pytest.raises(Unreadable) as caught:
        decode([json.dumps(tree).encode(), *frames], exact=True, **options)
    return str(caught.value)


def trees(tags, leaves):
    """Give a strategy for trees of these tags, which hold these leaves."""
    return st.recursive(
        st.none() | st.booleans() | st.integers(-3, 12) | st.floats() | st.sampled_from([*leaves, "x", "nan"]),
        lambda inner: st.tuples(st.sampled_from([*tags, "list", "dict"]), st.lists(inner, max_size=5)).map(
            lambda pair: [pair[0], *pair[1]]
        ),
        max_leaves=12,
    )


def mutated(value, data):
    """Give a valid message with some bytes changed, cut or added."""
    frames = encode(value, exact=True)
    index = data.draw(st.integers(0, len(frames) - 1))
    place = data.draw(st.integers(0, len(frames[index])))
    new = data.draw(st.binary(max_size=2) | st.sampled_from([b"-", b"9", b"[", b'"', b"null", b"true", b"1e9"]))
    cut = data.draw(st.integers(0, 2))
    old = bytes(frames[index])
    frames[index] = old[:place] + new + old[place + cut :]
    return frames


def reads_or_refuses(frames, **options):
    """Read; any exception but Unreadable is the test's failure. What is read can be written again, or is refused."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            encode(decode(frames, exact=True, **options), exact=True)
        except Unreadable:
            return
