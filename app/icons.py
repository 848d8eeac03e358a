"""Icons: signs of the Phosphor font, drawn in any colour and size.

The font comes with qtawesome. Importing that package would also load a dozen
other fonts and every Qt binding's names, which takes longer than building the
window does; only its font file and table of names are read here.
"""

from __future__ import annotations

import importlib.util
import json
from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QIconEngine, QPainter, QPixmap

#: Height of a sign in its square: the font leaves no margin of its own.
_SHARE = 0.875


class _SignEngine(QIconEngine):
    """Draws a sign, or another where it is switched on; ``colours`` by (state, mode), (Off, Normal) for what is missing."""

    def __init__(self, sign: str, on_sign: str, colours: dict[tuple[QIcon.State, QIcon.Mode], QColor]):
        super().__init__()
        self._sign, self._on_sign, self._colours = sign, on_sign, colours

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        plain = self._colours[QIcon.State.Off, QIcon.Mode.Normal]
        font = QFont(_family())
        font.setPixelSize(max(1, round(_SHARE * rect.height())))
        painter.save()
        painter.setPen(self._colours.get((state, mode), plain))
        painter.setFont(font)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self._on_sign if state == QIcon.State.On else self._sign)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        picture = QPixmap(size)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return picture

    def clone(self) -> QIconEngine:
        return _SignEngine(self._sign, self._on_sign, self._colours)


def icon(
    name: str, colour: str | QColor, disabled: str | QColor | None = None, on: str | QColor | None = None,
    on_name: str | None = None,
) -> QIcon:
    """A sign, e.g. ``paint-brush``.

    Args:
        colour, disabled, on: as it stands, for what can't be used, and for what is switched on.
        on_name: another sign for what is switched on.

    Raises:
        KeyError: when the font has no such sign.
    """
    mode, state = QIcon.Mode, QIcon.State
    colours = {(state.Off, mode.Normal): QColor(colour)}
    if on is not None:
        colours |= {(state.On, each): QColor(on) for each in (mode.Normal, mode.Active, mode.Selected)}
    if disabled is not None:
        colours |= {(each, mode.Disabled): QColor(disabled) for each in (state.On, state.Off)}
    return QIcon(_SignEngine(_signs()[name], _signs()[on_name or name], colours))


def _files() -> tuple[Path, Path]:
    """The font and its table of names."""
    package = importlib.util.find_spec("qtawesome")  # finds it without importing it
    folder = Path(package.origin).parent / "fonts"
    return next(folder.glob("phosphor-[0-9]*.ttf")), next(folder.glob("phosphor-charmap*.json"))


@lru_cache(maxsize=1)
def _signs() -> dict[str, str]:
    return {name: chr(int(code, 16)) for name, code in json.loads(_files()[1].read_text()).items()}


@lru_cache(maxsize=1)
def _family() -> str:
    number = QFontDatabase.addApplicationFont(str(_files()[0]))
    return QFontDatabase.applicationFontFamilies(number)[0]
