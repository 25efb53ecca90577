"""`python -m lstmmusic`."""

from lstmmusic.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
