"""What the tests share: one server for most of them, and a database for each."""

import itertools
import os
from pathlib import Path

import pytest

from arc_server import ArcServer


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """With default settings. Tests keep apart by using their own databases."""
    with ArcServer(tmp_path_factory.mktemp("shared")) as shared:
        _shared.append(shared)
        yield shared


_shared = []


@pytest.fixture(autouse=True)
def the_shared_server_survives():
    """A crash is the failure of the test that caused it, not of all that follow."""
    yield
    for shared in _shared:
        if shared.process.poll() is not None:
            words = f"exit code {shared.process.returncode}\n{shared.log()[-1000:]}"
            shared.start()
            pytest.fail(f"the server has died: {words}")


_numbers = itertools.count(1)


@pytest.fixture
def database():
    """The name of a database that nobody else uses."""
    return f"test_{next(_numbers)}"


@pytest.fixture(scope="session")
def real_data():
    """The folder of real data sets that scripts/fetch_dependencies.sh fills."""
    dependencies = os.environ.get("ARC_DEPS_DIR") or Path.home() / ".cache" / "arc-deps"
    folder = Path(dependencies) / "data-1"
    assert (folder / ".complete").exists(), f"no data in {folder}: run ./dev setup --data"
    return folder
