"""Writes scripts, handlers, frames and forms into markdown cells, which are shown as HTML."""

from forge import active

TEXT = """# Harmless
<script>attack()</script>
<img src=x onerror="attack()">
<iframe src="https://attack.example"></iframe>
<form action="https://attack.example"><input name=q></form>
<svg onload="attack()"></svg>
<details open ontoggle="attack()">x</details>
"""


def tamper(notebook, folder):
    notebook["cells"].insert(0, {"cell_type": "markdown", "metadata": {}, "source": TEXT})


def shown(page):
    assert active(page) == []
