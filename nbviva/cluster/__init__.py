"""Grading on other machines: a Dask cluster that is there, or jobs on SLURM that become one, with the same reports.

Called by `cli`. Hand-ins and weeks travel as bytes, reports travel back; what decides a mark is `grading`, there as
here. Only a worker that was looked at and lacks nothing is given the week, and only where nobody listens. Its face:
`runner.on_cluster` (a scheduler that is there), `launch.on_site` (jobs of our own), `launch.check`.
"""
