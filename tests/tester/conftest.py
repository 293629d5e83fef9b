"""One room for the kernels of all tests here: forks of one template, in the sandbox."""

import pytest

from tests.tester import notebooks


@pytest.fixture(autouse=True, scope="session")
def one_room(room):
    """Let `notebooks.run` use the room of the other tests."""
    notebooks.rooms[:] = [room]
