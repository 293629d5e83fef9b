"""The settings file of a cluster: read whole, or refused in one sentence that names line and field."""

import pytest

from nbviva.cluster.site import Certificates, SiteSettings, read_site
from nbviva.errors import SpecError

LEAST = 'host = "login1"\nshared = "/home/ada/nbviva"\njobs = 100\ntime = "04:00:00"\n'


def read(folder, text):
    """Read a file with this text."""
    (folder / "slurm.toml").write_text(text, "utf-8")
    return read_site(folder / "slurm.toml")


def test_four_fields_are_enough(tmp_path):
    found = read(tmp_path, LEAST)
    assert SiteSettings("login1", type(tmp_path)("/home/ada/nbviva"), 100, 6 << 30, "04:00:00") == found


def test_every_field_is_read(tmp_path):
    for name in ("ca", "cert", "key"):
        (tmp_path / name).touch()
    more = (
        'memory = "8G"\npartition = "teaching"\naccount = "ml4bio"\noptions = ["--qos=low"]\n'
        'python = "/opt/bin/python"\nbefore = ["module load bubblewrap"]\nport = 8786\ninterface = "ib0"\n'
        f'[certificates]\nauthority = "{tmp_path}/ca"\ncertificate = "{tmp_path}/cert"\nkey = "{tmp_path}/key"\n'
    )
    found = read(tmp_path, LEAST + more)
    assert (8 << 30, "teaching", "ml4bio", ("--qos=low",)) == (
        found.memory,
        found.partition,
        found.account,
        found.options,
    )
    assert ("/opt/bin/python", ("module load bubblewrap",)) == (found.python, found.before)
    assert (8786, "ib0") == (found.port, found.interface)
    assert Certificates(tmp_path / "ca", tmp_path / "cert", tmp_path / "key") == found.certificates


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (LEAST + "wokers = 3\n", r"line 5: 'wokers' is not known; remove it or correct its spelling"),
        (LEAST.replace("jobs = 100\n", ""), r"'jobs' is missing: how many at a time, as in jobs = 100"),
        (LEAST.replace("100", "true"), r"line 3: 'jobs' must be a whole number from 1"),
        (LEAST.replace("100", "0"), r"line 3: 'jobs' must be a whole number from 1"),
        (LEAST.replace("04:00:00", "4h"), r"line 4: 'time' must be a time of SLURM's"),
        (LEAST.replace("/home/ada", "home"), r"line 2: 'shared' must be a whole path"),
        (LEAST.replace("login1", "login 1"), r"line 1: 'host' must be a text without blanks"),
        (LEAST.replace('"login1"', '"$(id)"'), r"line 1: 'host' must be a text without blanks, quotes and signs"),
        (LEAST + 'memory = "much"\n', r"line 5: 'memory' must be a size such as"),
        (LEAST + 'options = ["--mem=3G"]\n', r"'options' has --mem, which nbviva sets by itself"),
        (LEAST + 'options = ["qos=low"]\n', r"'options' has 'qos=low': each must be an option of sbatch"),
        (LEAST + 'before = "module load"\n', r"'before' must be a list of texts"),
        (LEAST + 'before = ["a\\nb"]\n', r"'before' must be a list of lines"),
        (LEAST + "port = 70000\n", r"'port' must be a whole number from 0 to 65535"),
        (LEAST + '[certificates]\nkey = "/k"\n', r"'certificates' must have the paths authority, certificate, key"),
        (LEAST + "jobs = 3\n", r"is no valid TOML"),
    ],
)
def test_mistake_is_one_sentence(tmp_path, text, sentence):
    with pytest.raises(SpecError, match=sentence):
        read(tmp_path, text)


def test_certificates_that_are_not_there_are_said(tmp_path):
    paths = "".join(f'{name} = "{tmp_path}/none"\n' for name in ("authority", "certificate", "key"))
    with pytest.raises(SpecError, match=r"'certificates' names .*none, which is not there"):
        read(tmp_path, f"{LEAST}[certificates]\n{paths}")


def test_file_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(
        SpecError, match=r"slurm.toml cannot be read \(No such file or directory\): docs/scale.md shows"
    ):
        read_site(tmp_path / "slurm.toml")
