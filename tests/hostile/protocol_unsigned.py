"""Signs its answers with another key, or not at all, and claims that everything is right."""

from forge import answering

CELLS = [answering("[tree(0.0)]", before="get_ipython().kernel.session.key = b'another key'")]
