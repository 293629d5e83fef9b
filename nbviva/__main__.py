"""`python -m nbviva` is `nbviva`."""

from nbviva.cli.main import main

main()
