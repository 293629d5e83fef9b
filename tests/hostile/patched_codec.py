"""Patches the codec in the kernel so that every answer is encoded as a good one."""

CELLS = [
    """
import sys

for name, module in list(sys.modules.items()):
    if name in ("nbviva.inside", "nbviva.inside.encoder", "nbviva.inside.decoder", "nbviva.inside.agent", "__main__"):
        encode = getattr(module, "encode", None)
        module.encode = lambda value, *args: encode(("ok", 7.0), *args)
        module.decode = lambda *args, **options: ("read", 0, "double")
names = get_ipython().kernel.shell_handlers["viva_ask"].__globals__
real = names["encode"]
names["encode"] = lambda value, *args: real(("ok", True), *args)
""",
]
