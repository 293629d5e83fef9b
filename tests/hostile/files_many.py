"""Hands in ten thousand files, in folders by the hundred."""


def tamper(notebook, folder):
    for number in range(100):
        (folder / f"folder{number}").mkdir()
        for other in range(100):
            (folder / f"folder{number}" / f"file{other}").touch()
