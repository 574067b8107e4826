"""Run gatekeeper as `python -m gatekeeper`."""

import sys

if __name__ == "__main__":
    try:
        from gatekeeper.cli import main

        code = main()
    except KeyboardInterrupt:  # pressed before anything had begun
        code = 130
    sys.exit(code)
