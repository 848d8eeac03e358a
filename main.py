"""Veduta's one door: ``python main.py`` opens the studio, ``python main.py --help`` lists the rest."""

import sys

if sys.version_info < (3, 11):
    sys.exit("Veduta needs Python 3.11 or newer; this is %d.%d. Start it with a newer one." % sys.version_info[:2])

from core.commands.dispatch import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
