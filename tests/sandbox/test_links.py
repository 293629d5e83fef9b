"""Whatever the unsandboxed side opens in a kernel's world, a link that is put there leads it nowhere."""

from pathlib import Path

import pytest

from nbviva.sandbox import backends, bubblewrap, self_check
from nbviva.sandbox.world import SOCKETS

pytestmark = pytest.mark.skipif(bubblewrap.refusal() is not None, reason=str(bubblewrap.refusal()))


def kinds():
    """Give all kinds of kernel that can be had here."""
    usable = [name for name in ("podman",) if backends.BACKENDS[name].refusal() is None]
    return [*self_check.KINDS, *usable]


@pytest.mark.parametrize("kind", kinds())
def test_no_link_is_followed_where_the_asker_comes_in(kind, tmp_path):
    """Nor one to a file, nor in the place of a folder."""
    (tmp_path / "file").write_text("of the machine")
    with self_check.side_by_side(kind) as (kernel, _):
        came = Path(kernel.folder, "s")
        kernel.run(f"import os; os.symlink({str(tmp_path)!r}, '{SOCKETS}/folder')")
        kernel.run(f"os.symlink({str(tmp_path / 'file')!r}, '{SOCKETS}/file')")
        assert (True, True) == ((came / "file").is_symlink(), (came / "folder").is_symlink())
        for name in ("file", "folder/file"):
            with pytest.raises(OSError, match="symbolic links"):
                (came / name).read_text()
