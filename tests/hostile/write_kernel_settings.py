"""Writes into /proc and /sys: where cores go, who is killed first, what the control groups allow."""

# In Podman the first process is the kernel, which may write what is its own.
CELLS = [
    """
import glob, os
first = ["/proc/1/oom_score_adj", "/proc/1/mem"] if os.getpid() != 1 else []
names = ["/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sysrq-trigger", *first,
         "/proc/1/uid_map", "/proc/self/setgroups", "/proc/sys/vm/drop_caches",
         *glob.glob("/sys/fs/cgroup/**/cgroup.procs", recursive=True)[:20],
         *glob.glob("/sys/fs/cgroup/**/memory.*limit*", recursive=True)[:20]]
for name in names:
    try:
        with open(name, "w") as file:
            file.write("1")
        print("written", name)
    except OSError:
        pass
""",
]


def after(report, notebook, outside):
    assert "written" not in "".join(output.get("text", "") for output in notebook.cells[0].outputs)
