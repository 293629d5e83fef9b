"""Patches the shell so that each cell runs as nothing and reports success."""

CELLS = [
    """
from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

async def nothing(self, *args, **options):
    return False

async def success(self, *args, **options):
    return ExecutionResult(ExecutionInfo("", False, False, False, None))

InteractiveShell.run_code = nothing
InteractiveShell.run_cell_async = success
""",
]
