"""What a package says of itself is true, and is said once."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from nbviva.errors import EXTRAS, missing_extra

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
OWN = PROJECT["project"]
PACKAGES = {"vl_convert": "vl-convert-python"}  # where a package is not called as its module


def locked():
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    return {canonicalize_name(line.split("==")[0]): line.split("==")[1] for line in lines}


def wanted():
    groups = (OWN["dependencies"], *OWN["optional-dependencies"].values(), *PROJECT["dependency-groups"].values())
    return [need for lines in groups for line in lines if (need := Requirement(line)).name != "nbviva"]


@pytest.mark.parametrize("need", wanted(), ids=str)
def test_what_is_needed_is_in_the_lock_file_in_a_version_that_will_do(need):
    assert need.specifier.contains(locked()[canonicalize_name(need.name)])


@pytest.mark.parametrize(("module", "extra"), EXTRAS.items())
def test_a_module_of_an_extra_is_installed_by_that_extra(module, extra):
    lines = OWN["optional-dependencies"][extra]
    assert canonicalize_name(PACKAGES.get(module, module)) in {canonicalize_name(Requirement(x).name) for x in lines}


def test_a_missing_extra_is_one_sentence_with_the_command():
    sentence = missing_extra(ModuleNotFoundError("No module named 'typst.sub'", name="typst.sub"))
    assert "This needs typst, which is not installed: run 'pip install \"nbviva[sheet]\"'." == str(sentence)
    assert missing_extra(ModuleNotFoundError("No module named 'graders'", name="graders")) is None


@pytest.mark.parametrize("words", [["-m", "nbviva"], ["-c", "from nbviva.cli.main import main; main()"]])
def test_the_version_is_that_of_the_package(words):
    done = subprocess.run([sys.executable, *words, "--version"], capture_output=True, text=True, check=True)
    assert f"nbviva {version('nbviva')}\n" == done.stdout


def test_the_citation_and_the_changelog_know_the_version_and_its_date():
    citation = (ROOT / "CITATION.cff").read_text("utf-8")
    told = re.search(r"^version: (\S+)\ndate-released: (\S+)$", citation, re.MULTILINE)
    newest = re.findall(r"^## (\d\S+) - (\S+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert newest[0] == told.groups()
    own, last = Version(OWN["version"]), Version(told[1])
    assert own == last or (own.is_devrelease and own > last), "after a release comes the next one's .dev0"


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ("github-workflows", ".github/workflows/check.yml"),
        ("github-workflows", "docs/course-workflow.yml"),
        ("citation-file-format", "CITATION.cff"),
    ],
)
def test_what_other_programs_read_has_the_form_that_they_want(schema, path):
    command = [Path(sys.executable).parent / "check-jsonschema", "--builtin-schema", f"vendor.{schema}", ROOT / path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
