"""Hides code in a cell's text behind marks of direction, markup and ends of the page's script."""

from forge import active

CELLS = ["# </script><script>attack()</script> <!-- \nx = '</pre><img src=x onerror=attack()>'"]


def shown(page):
    assert active(page) == []
