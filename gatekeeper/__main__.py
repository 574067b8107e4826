"""Run gatekeeper as `python -m gatekeeper`."""

import os
import sys

if __name__ == "__main__":
    try:
        from gatekeeper.cli import main

        code = main()
    except KeyboardInterrupt:  # pressed before anything had begun
        os._exit(130)
    sys.exit(code)
