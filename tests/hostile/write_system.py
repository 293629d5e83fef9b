"""Writes into every folder of the system that there is, and makes it writable first."""

CELLS = [
    """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
print("mount", libc.mount(None, b"/", None, 32 | 4096, None), libc.umount2(b"/usr", 2), libc.chroot(b"/tmp"))
places = ["/", "/etc", "/usr", "/usr/bin", "/usr/local/bin", "/var/tmp", "/run", "/dev", "/root", "/lib", "/opt",
          "/sys",          "/opt/nbviva", "/etc/alternatives"]
for place in places:
    try:
        os.chmod(place, 0o777)
    except OSError:
        pass
    try:
        with open(f"{place}/@CANARY@", "w") as file:
            file.write("mine")
        print("written", place)
    except OSError:
        pass
""",
]


def after(report, notebook, outside):
    assert "written" not in "".join(output.get("text", "") for output in notebook.cells[0].outputs)
