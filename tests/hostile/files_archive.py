"""Hands in archives that unpack to far more than they are, and into places above."""

import io
import tarfile
import zipfile


def tamper(notebook, folder):
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("../../zeros", bytes(200 << 20))
    with tarfile.open(folder / "data.tar.gz", "w:gz") as tar:
        for name in ("../../../evil", "/tmp/evil", "toys.ipynb"):  # noqa: S108 - a path that must not be written
            info = tarfile.TarInfo(name)
            info.size = 1
            tar.addfile(info, io.BytesIO(b"x"))
