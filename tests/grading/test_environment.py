"""Which installed packages count for a kernel: what is named, what that requires, and nothing else."""

import shutil
import zipfile
from importlib.metadata import distributions

import pytest

from nbviva.grading import packages
from nbviva.grading.digest import of_kernel, run_causes
from nbviva.grading.packages import closure, installed
from nbviva.handin.unpacked import unpack
from nbviva.handin.walk import walk
from nbviva.kernel.room import GivenFiles


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A place for packages of the test's own: gives a function that installs one, with what it requires."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def install(name, version, *requires):
        for old in tmp_path.glob(f"{name}-*"):
            (old / "METADATA").unlink()
            (old / "top_level.txt").unlink()
            old.rmdir()
        folder = tmp_path / f"{name}-{version}.dist-info"
        folder.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        (folder / "METADATA").write_text("\n".join([*lines, *(f"Requires-Dist: {r}" for r in requires), ""]), "utf-8")
        (folder / "top_level.txt").write_text(name, "utf-8")
        forget()

    yield install
    forget()


def forget():
    """Look at what is installed anew, as another process would."""
    for found in (packages._packages, packages._holders, packages._requires, packages._of_packages, packages.installed):
        found.cache_clear()


def test_package_counts_where_it_is_named_or_required(site):
    site("leaf", "1")
    site("stem", "1", "leaf>=1", "absent", "tool; extra == 'dev'")
    site("tool", "1")
    digests = [of_kernel(["import stem"], [])]
    for name in ("tool", "leaf", "stem"):
        site(name, "2", *(["leaf"] if name == "stem" else []))
        digests.append(of_kernel(["import stem"], []))
    assert digests[0] == digests[1]
    assert 3 == len(set(digests))
    assert {"stem", "leaf"} == closure(["stem"])


def test_extra_that_is_asked_for_counts(site):
    site("tool", "1")
    site("leaf", "1", "tool; extra == 'dev'")
    site("stem", "1", "leaf[dev]")
    assert {"stem", "leaf", "tool"} == closure(["stem"])


def test_module_counts_however_it_is_imported(site):
    site("stem", "1")
    before = of_kernel(["import_module('stem')"], [])
    site("stem", "2")
    assert before != of_kernel(["import_module('stem')"], [])


def test_newly_installed_package_counts_where_it_was_named(site):
    before = of_kernel(["import stem"], [])
    site("stem", "1")
    assert before != of_kernel(["import stem"], [])


def test_kernel_always_counts_with_all_that_it_requires():
    everything = {packages.canonical(item.name) for item in distributions()}
    found = closure(["ipykernel", "ipython", "pyzmq", "numpy"])
    assert {"ipykernel", "ipython", "pyzmq", "numpy", "jupyter-client", "traitlets", "tornado"} <= found
    assert not {"pytest", "ruff", "mypy", "nbviva"} & found
    assert found < everything


def test_transcript_stays_true_when_a_tool_is_installed_and_a_report_does_not(site, tmp_path):
    def environment_of(*cells):
        return run_causes(walk(tmp_path), walk(tmp_path).files, GivenFiles(tmp_path, "data"), cells, b"", "")[
            "the environment"
        ]

    before, reported = environment_of((0, "a", "import stem")), installed()
    site("tool", "1")
    assert before == environment_of((0, "a", "import stem"))
    assert reported != installed()
    assert environment_of((0, "a", "import tool")) != before


def test_module_beside_the_notebook_counts(site, tmp_path):
    (tmp_path / "mine.py").write_text("import stem\n", "utf-8")
    before = run_causes(walk(tmp_path), walk(tmp_path).files, GivenFiles(tmp_path / "none", "data"), [], b"", "")[
        "the environment"
    ]
    site("stem", "1")
    assert (
        before
        != run_causes(walk(tmp_path), walk(tmp_path).files, GivenFiles(tmp_path / "none", "data"), [], b"", "")[
            "the environment"
        ]
    )


def test_module_in_an_archive_beside_the_notebook_counts(site, tmp_path):
    with zipfile.ZipFile(tmp_path / "code.zip", "w") as archive:
        archive.writestr("mine.py", "import stem\n")
    came = walk(tmp_path)

    def environment():
        opened = unpack(came.files)
        try:
            return run_causes(came, opened.files, GivenFiles(tmp_path / "none", "data"), [], b"", "")["the environment"]
        finally:
            shutil.rmtree(opened.aside)

    before = environment()
    site("stem", "1")
    assert before != environment()


def test_own_metadata_in_a_checkout_does_not_count(tmp_path, monkeypatch):
    """A program and a test see the same packages, though only one of them has the checkout on its path."""
    before = installed.__wrapped__()
    (tmp_path / "nbviva.egg-info").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert before == installed.__wrapped__()


def test_another_package_counts(tmp_path, monkeypatch):
    before = installed.__wrapped__()
    (tmp_path / "extra-1.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert {"extra-1.0.dist-info"} == set(installed.__wrapped__()) - set(before)


def test_what_an_import_puts_on_the_path_does_not_count(tmp_path, monkeypatch):
    """Some packages bring others along, in a folder of their own."""
    before = installed.__wrapped__()
    carried = tmp_path / "site-packages" / "carrier" / "vendored"
    (carried / "extra-1.0.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(carried)
    assert before == installed.__wrapped__()
