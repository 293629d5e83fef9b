"""Puts links into markdown that run code or tell another server who reads them."""

from forge import active

TEXT = (
    "[click](javascript:attack()) [data](data:text/html;base64,PHNjcmlwdD4=) <javascript:attack()> "
    '![](https://attack.example/seen.png) <a href="jAvAsCrIpT:attack()">x</a> <img src="//attack.example/seen.png">'
)


def tamper(notebook, folder):
    notebook["cells"].insert(0, {"cell_type": "markdown", "metadata": {}, "source": TEXT})


def shown(page):
    assert active(page) == []
