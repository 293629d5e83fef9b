"""Breaks out of the block that its prose is shown in, with backticks that a control character keeps apart at first."""

from forge import active

SCRIPT = "\n\n<script>attack()</script>\n\n"
TEXT = (
    "``\x00`"
    + SCRIPT
    + "``\x1b[m`"
    + SCRIPT
    + "~~~"
    + SCRIPT
    + "`" * 40
    + SCRIPT
    + "``\u202e`"
    + SCRIPT
    + "``\r`"
    + SCRIPT
)


def tamper(notebook, folder):
    notebook["cells"].insert(0, {"cell_type": "markdown", "metadata": {}, "source": TEXT})
    for text in ("``\x00`" + SCRIPT, "``\x1b[m`" + SCRIPT, "``\r`" + SCRIPT):
        notebook["cells"].append({"cell_type": "markdown", "metadata": {}, "source": text})


def shown(page):
    assert active(page) == []
