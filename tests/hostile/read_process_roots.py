"""Goes through other processes' roots, working folders, open files and mount tables."""

from forge import LOOK

CELLS = [
    LOOK,
    """
look("/proc/*/root", "/proc/*/root" + course + "/*", "/proc/*/cwd", "/proc/*/cwd/*", "/proc/*/mountinfo")
look("/proc/*/fd/*", "/proc/*/map_files/*", "/proc/[0-9]*/cmdline", "/dev/fd/*")
for name in glob.glob("/proc/*/fd/*"):
    try:
        print(name, os.readlink(name))
    except OSError:
        pass
""",
]
