"""Shows 1.0 as the result of every cell and hides every exception with patched display and exception hooks."""

CELLS = [
    """
import sys

shell = get_ipython()
shell.displayhook.write_format_data = lambda *args, **options: print(1.0)
shell.showtraceback = lambda *args, **options: print(1.0)
shell.set_custom_exc((BaseException,), lambda *args, **options: None)
shell.events.register("post_run_cell", lambda *args: print("3.0"))
sys.displayhook = sys.excepthook = lambda *args: print("3.0")
""",
]
