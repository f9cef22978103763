"""Solve with `python -m amopt`."""

from amopt.cli import main

if __name__ == "__main__":
    main()
