"""What a shop is called, and what stands in its lit window: shelves of goods, or a few large things on a stage, before a lit wall.

Like all of :mod:`core.streets.patterns` it is drawn by a shader and named by
the id pass with the same nodes. Metres along the wall and up.
"""

from __future__ import annotations

#: What is written above shops.
NAMES = ("BAKERY", "BANK", "BAR", "BIKES", "BISTRO", "BOOKS", "CAFE", "CHEESE", "CINEMA", "DELI", "FASHION", "FLOWERS", "FRUIT", "GALLERY",
         "HAIR", "HOTEL", "KEYS", "KIOSK", "MARKET", "MUSIC", "OPTICIAN", "PHARMACY", "PIZZA", "POST", "SHOES", "TAILOR", "TEA", "TOYS",
         "TRAVEL", "WINE")
#: A window's sections, each of which is dark, a stage or shelves; shares of the first two.
SECTION, DARK, STAGED = 1.35, 0.16, 0.24
#: Shelves: height of one, thickness of its board as a share of that, width of a thing, of a run of like things, height of the uppermost.
SHELF, BOARD, THING, RUN, TOP = 0.38, 0.08, 0.16, 0.48, 2.28
#: Shares of a shelf's height that things have; share of places left empty; share of runs that are dark.
LOWEST, HIGHEST, EMPTY, DARK_RUNS = 0.38, 0.86, 0.12, 0.5
#: A stage: its height, the width of a place, the share of that which its thing takes, heights of things.
STAGE, PLACE, FILLED, TALL = 0.5, 0.55, 0.72, (0.55, 1.35)
#: What :func:`wares` tells.
GLASS, LIT, GOODS, DARK_GOODS = range(4)
#: Things on shelves are named where one is so many pixels wide.
SEEN = 1.5


def wares(g, place, seen=1.0):
    """One of GLASS (nothing is lit), LIT (a lit wall), GOODS, DARK_GOODS at ``place``; goods only where ``seen`` is 1."""
    parts = g.node("ShaderNodeSeparateXYZ", Vector=place).node.outputs
    along, up = parts[0], parts[1]

    def drawn(salt, width, height=None):
        """A number 0..1 for each cell; one for each column without ``height``."""
        where = g.node("ShaderNodeCombineXYZ", X=along, Y=up if height else 0.5, Z=float(salt))
        return g.node("ShaderNodeTexWhiteNoise", _out="Value", Vector=g.vector("SNAP", where, (width, height or 1.0, 1.0)))

    def both(*values):
        product = values[0]
        for value in values[1:]:
            product = g.math("MULTIPLY", product, value)
        return product

    def above(a, b):
        return g.math("GREATER_THAN", a, b)

    def rest(value):
        return g.math("SUBTRACT", 1.0, value)

    section = drawn(1, SECTION)
    lit = above(section, DARK)
    staged = both(lit, rest(above(section, DARK + STAGED)))
    shelved = above(section, DARK + STAGED)

    within = g.math("FRACT", g.math("DIVIDE", up, SHELF))
    height = g.ramp(drawn(2, THING, SHELF), 0.0, 1.0, LOWEST, HIGHEST)
    board = rest(above(within, BOARD))
    thing = both(rest(above(within, height)), above(drawn(3, THING, SHELF), EMPTY))
    on_shelves = both(shelved, rest(above(up, TOP)))
    shelf = both(on_shelves, g.math("MAXIMUM", board, thing))
    dark_run = g.math("MAXIMUM", board, above(drawn(4, RUN, SHELF), 1 - DARK_RUNS))

    aside = g.math("ABSOLUTE", g.math("SUBTRACT", g.math("FRACT", g.math("DIVIDE", along, PLACE)), 0.5))
    plinth = rest(above(up, STAGE))
    tall = g.ramp(drawn(5, PLACE), 0.0, 1.0, STAGE + TALL[0], STAGE + TALL[1])
    figure = both(rest(above(aside, FILLED / 2)), rest(above(up, tall)))
    stage = both(staged, g.math("MAXIMUM", plinth, figure))
    dark_figure = g.math("MAXIMUM", plinth, above(drawn(6, PLACE), 1 - DARK_RUNS))

    goods = both(g.math("MAXIMUM", shelf, stage), seen)
    dark = g.math("ADD", both(shelved, dark_run), both(staged, dark_figure))
    return g.math("ADD", lit, both(goods, g.math("ADD", 1.0, dark)))
