"""Attaches widgets, attachments and hundreds of unknown keys to the notebook and to its cells."""


def tamper(notebook, folder):
    script = "<script>alert(1)</script>"
    notebook["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {"a": script}}}
    notebook["metadata"].update({f"key{number}": {"deep": [[[script]]]} for number in range(500)})
    for cell in notebook["cells"]:
        cell["attachments"] = {"x.svg": {"image/svg+xml": script}}
        cell["metadata"]["execution"] = {"iopub.status.busy": script}
        cell["id"] = script


def after(report, notebook, outside):
    assert "<script>" not in str(notebook)
