"""Builds what a kernel lives in, and ends it.

Called by Jupyter's kernel manager (`provisioner.SandboxProvisioner`) and by a batch (`fork_server.ForkServer`). What it
shows to a kernel is listed in `world`, what a kernel may use in `limits`. It never speaks to the kernel that it started
and knows nothing of marks. Its face: `provisioner`, `fork_server`, `limits.Limits`.
"""
