"""Names a kernel of its own making, another language, and a start command."""


def tamper(notebook, folder):
    notebook["metadata"]["kernelspec"] = {"name": "../../evil", "language": "bash", "argv": ["/bin/sh", "start.sh"]}
    notebook["metadata"]["language_info"] = {"name": "bash", "file_extension": ".sh"}
    notebook["metadata"]["jupytext"] = {"formats": "ipynb,../x.py"}
    (folder / "start.sh").write_text("touch started")
    (folder / "kernel.json").write_text('{"argv": ["/bin/sh", "start.sh"], "language": "bash"}')


def after(report, notebook, outside):
    assert notebook.metadata["kernelspec"]["name"] == "python3"
    assert "jupytext" not in notebook.metadata
