"""`python -m perform`."""

from perform.cli import main

main()
