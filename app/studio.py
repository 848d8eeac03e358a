"""The main window: puts canvas, panels, actions and the render thread together."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QStackedWidget, QTabWidget, QWidget

from app import dialogs, help_text
from app.actions import Actions
from app.canvas.canvas import Canvas
from app.cast_shadows import ShadowCaster
from app.context import StudioContext
from app.controls import PanelTitle
from app.files import Documents, example_files, example_name
from app.fill_painted import PaintedFiller
from app.fill_parts import PartsFiller
from app.live import LiveRenderer
from app.look_panel import LookPanel
from app.objects_panel import ObjectsPanel
from app.options_bar import OptionsBar
from app.palette_panel import PalettePanel
from app.recovery import Recovery
from app.settings import Settings
from app.stamps_panel import StampsPanel
from app.start_page import StartPage
from app.status import StatusBar
from app.theme import Theme
from app.training.centre import TrainingCentre

#: The model that comes with the program; named here as well as in core.rendering.renderer,
#: because asking there would import torch before the window shows.
DEFAULT_MODEL = Path(__file__).resolve().parents[1] / "checkpoints" / "streets.safetensors"


class Studio(QMainWindow):
    """The studio. ``context`` is what panels share; :meth:`add_panel` docks further ones.

    Args:
        settings, theme: the user's settings and the look.
        recovery_folder: where copies for after a crash go; None for the user's data folder.
    """

    def __init__(self, settings: Settings, theme: Theme, recovery_folder: Path | None = None):
        super().__init__()
        self.context = StudioContext(settings, theme, self)
        self.live = LiveRenderer(self.context, self)
        self.documents = Documents(self.context, self.live, self)
        self.recovery = Recovery(self.context, recovery_folder, self, self.documents.project_settings)
        self.training = TrainingCentre(self.context, self.live, self)
        self.canvas = Canvas(self.context)
        self.parts_filler = PartsFiller(self.context, self.canvas)
        self.painted_filler = PaintedFiller(self.context, self)
        self.shadow_caster = ShadowCaster(self.context, self)
        self.start_page = StartPage(self.context)
        self._pages = QStackedWidget(self)
        self._pages.addWidget(self.start_page)
        self._pages.addWidget(self.canvas)
        #: Shown until it is known what else is: the start page must not flash up before a street.
        self._empty_page = QWidget(self)
        self._pages.addWidget(self._empty_page)
        self.setCentralWidget(self._pages)
        self.setAcceptDrops(True)
        self.setDockOptions(QMainWindow.DockOption.AnimatedDocks | QMainWindow.DockOption.AllowTabbedDocks)

        self.palette_panel = PalettePanel(self.context)
        self.look_panel = LookPanel(self.context)
        self.canvas.show_choice(self.look_panel.choice)
        self.objects_panel = ObjectsPanel(self.context, self.canvas)
        self.stamps_panel = StampsPanel(self.context, self.canvas)
        self._docks = [
            self.add_panel("Classes", self.palette_panel),
            self.add_panel("Look", self.look_panel),
            self.add_panel("Objects", self.objects_panel),
            self.add_panel("Stamps", self.stamps_panel),
        ]
        self._stamps_dock = self._docks[3]
        # One place for what is painted with, one for how it looks.
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        for dock in self._docks[2:]:
            self.tabifyDockWidget(self._docks[0], dock)
        for dock in (self._docks[0], *self._docks[2:]):
            dock.setTitleBarWidget(QWidget(dock))  # the tab says it already
        self._docks[0].raise_()
        self.resizeDocks(self._docks[:2], [430, 450], Qt.Orientation.Vertical)
        self.resizeDocks(self._docks[:1], [264], Qt.Orientation.Horizontal)
        self.actions_ = Actions(self)
        self.tool_bar = self.actions_.tool_bar()
        self.addToolBar(Qt.ToolBarArea.LeftToolBarArea, self.tool_bar)
        self.options_bar = OptionsBar(self.context, self.canvas)
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, self.options_bar)
        self.setStatusBar(StatusBar(self.context, self.canvas, self.live))
        self.statusBar().addPermanentWidget(self.training.badge)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        for dock in self._docks:
            self.actions_.menu("View").addAction(dock.toggleViewAction())

        self._bars_shown, self._open_docks = True, []
        self._connect()
        self.resize(1440, 900)
        if not settings["geometry"].isEmpty():
            self.restoreGeometry(settings["geometry"])
        if not settings["window_state"].isEmpty():
            self.restoreState(settings["window_state"])
        self._show_page()
        self._pages.setCurrentWidget(self._empty_page)
        self._fill_menus()
        self._show_notice()

    def _connect(self) -> None:
        context, documents = self.context, self.documents
        context.scene_replaced.connect(self._show_page)
        context.tool_changed.connect(self._tool_changed)
        self._stamps_dock.visibilityChanged.connect(self.stamps_panel.look)
        context.photograph_changed.connect(self._show_notice)
        context.model_changed.connect(self._model_changed)
        context.failed.connect(lambda title, text: dialogs.tell(self, title, text))
        context.settings.changed.connect(self._setting_changed)
        self.live.state_changed.connect(self._show_notice)
        self.live.failed.connect(self._render_failed)
        self.canvas.open_model_requested.connect(documents.ask_open_model)
        self.palette_panel.chosen.connect(self.canvas.setFocus)
        self.start_page.new_requested.connect(documents.new)
        self.start_page.open_requested.connect(documents.ask_open)
        self.start_page.path_requested.connect(lambda path: documents.open([Path(path)]))
        self.start_page.back_requested.connect(self._show_page)
        self.start_page.example_requested.connect(lambda path: documents.open_example(Path(path)))
        documents.changed.connect(self._show_title)
        documents.recent_changed.connect(self._fill_menus)
        documents.recent_changed.connect(self.start_page.fill_recent)

    # -- for later panels ----------------------------------------------------------

    def add_panel(
        self, title: str, panel: QWidget, area: Qt.DockWidgetArea = Qt.DockWidgetArea.RightDockWidgetArea
    ) -> QDockWidget:
        """Dock a panel; it gets its View menu entry from the caller's ``toggleViewAction``."""
        dock = QDockWidget(title, self)
        dock.setObjectName(title)
        dock.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetClosable | QDockWidget.DockWidgetFeature.DockWidgetMovable
        )
        dock.setTitleBarWidget(PanelTitle(self.context.theme, dock))
        dock.setWidget(panel)
        self.addDockWidget(area, dock)
        return dock

    # -- starting and ending ----------------------------------------------------------

    def begin(self, paths: list[Path] = (), model: Path | None = None) -> None:
        """After the window shows: start the render thread, open something, load a model.

        ``paths`` are files to open; without any, unsaved work of a crash is
        offered, else the first example is opened.
        """
        self.live.start()
        self.recovery.start()
        asks = not paths and bool(self.recovery.abandoned())
        if asks:
            self._load_first_model(model)  # while the person reads
        if paths:
            self.documents.open(list(paths))
        elif not self._offer_recovery() and self.context.settings["open_example"]:
            examples = example_files()
            if examples:
                self.documents.open_example(examples[0])
        if self._pages.currentWidget() is self._empty_page:
            self._show_page()
        if not asks:
            # Importing torch slows the window down, so the street comes first.
            self._load_first_model(model)
        self._show_notice()

    def _load_first_model(self, model: Path | None) -> None:
        remembered = self.context.settings["model_path"]
        for path in (model, Path(remembered) if remembered else None, DEFAULT_MODEL):
            if path is not None and (path is model or path.exists()):
                self.live.open_model(str(path))
                return

    def _offer_recovery(self) -> bool:
        """Ask about the copies left by crashes, newest first, until one is opened; True where it is on the canvas now."""
        found = self.recovery.abandoned()
        for older, copy in zip(range(len(found) - 1, -1, -1), found):
            answer = dialogs.ask_recovery(self, self.recovery.when(copy), older)
            if answer == "delete":
                self.recovery.discard(copy)
            elif answer == "open" and self.documents.open_recovered(copy):
                self.recovery.adopt(copy)
                return True
            elif answer is None:
                break
        return False

    def closeEvent(self, event) -> None:
        self.shadow_caster.cancel()  # shadows that are only tried on must not be saved
        if not self.documents.may_leave() or not self.training.may_close():
            event.ignore()
            return
        settings = self.context.settings
        self._show_bars(True)  # so that the panels' places are remembered
        settings["geometry"] = self.saveGeometry()
        settings["window_state"] = self.saveState()
        settings.sync()
        self.hide()  # a frame in progress may take a while
        self.training.close()
        self.parts_filler.stop()
        self.painted_filler.stop()
        self.shadow_caster.stop()
        self.live.stop()
        self.recovery.close()
        event.accept()

    # -- what is shown -------------------------------------------------------------------

    def show_start(self) -> None:
        self.start_page.refresh()
        self._pages.setCurrentWidget(self.start_page)
        self._show_bars(False)

    def _show_page(self) -> None:
        there = self.context.scene is not None
        self._pages.setCurrentWidget(self.canvas if there else self.start_page)
        self._show_bars(there)
        self._show_title()
        self._show_notice()
        if there:
            self.canvas.setFocus()

    def _show_bars(self, shown: bool) -> None:
        """On the start page there is nothing to paint on."""
        if shown == self._bars_shown:
            return
        self._bars_shown = shown
        if not shown:
            self._open_docks = [dock for dock in self._docks if not dock.isHidden()]
        for widget in (self.tool_bar, self.options_bar, *self._open_docks):
            widget.setVisible(shown)

    def _tool_changed(self, name: str) -> None:
        if name == "stamp" and self._bars_shown:
            # What it puts down is chosen there.
            self._stamps_dock.show()
            self._stamps_dock.raise_()

    def _show_title(self) -> None:
        there = self.context.scene is not None
        title = f"{self.documents.name}[*] \u2013 Veduta" if there else "Veduta"
        if title != self.windowTitle():
            self.setWindowTitle(title)
        if self.isWindowModified() != (there and not self.documents.saved):
            self.setWindowModified(not self.isWindowModified())

    def _show_notice(self) -> None:
        if self.context.scene is None or self.context.photograph is not None:
            self.canvas.show_notice(None)
        elif self.live.loading:
            self.canvas.show_notice(("Loading the model", "Paint meanwhile. The photograph appears in a moment.", ""))
        elif self.context.model is None:
            text = self.live.error or "Open a model file to turn these labels into a photograph."
            self.canvas.show_notice(("No model yet", text, "Open model\u2026"))
        elif self.live.error:
            self.canvas.show_notice(("No photograph", self.live.error, "Open model\u2026"))
        else:
            self.canvas.show_notice(None)

    def _model_changed(self) -> None:
        model = self.context.model
        if model is not None:
            self.context.settings["model_path"] = "" if Path(model.path) == DEFAULT_MODEL else model.path
            self.context.message.emit(f"Model: {model.name}")

    def _render_failed(self, what: str, sentence: str, details: str, is_new: bool) -> None:
        self.context.message.emit(sentence)
        if is_new:
            dialogs.tell(self, what, sentence, details)

    def _setting_changed(self, key: str, value) -> None:
        if key == "theme":
            self.context.theme.choose(value)
        elif key == "live" and value:
            self.live.request()

    def _fill_menus(self) -> None:
        recent = self.actions_.recent
        recent.clear()
        for entry in self.context.settings["recent"]:
            action = recent.addAction(Path(entry).name)
            action.setToolTip(entry)
            action.triggered.connect(lambda _=False, path=entry: self.documents.open([Path(path)]))
        recent.setEnabled(not recent.isEmpty())
        if not recent.isEmpty():
            recent.addSeparator()
            recent.addAction("Clear this list").triggered.connect(self.documents.forget_recent)
        examples = self.actions_.examples
        examples.clear()
        for path in example_files():
            action = examples.addAction(example_name(path))
            action.triggered.connect(lambda _=False, path=path: self.documents.open_example(path))
        examples.setEnabled(not examples.isEmpty())

    def find_class(self) -> None:
        self._docks[0].show()
        self.palette_panel.search.setFocus()
        self.palette_panel.search.selectAll()

    def show_preferences(self) -> None:
        dialogs.PreferencesDialog(self.context.settings, self).exec()

    def show_keys(self) -> None:
        help_text.KeysDialog(self).open()

    def show_about(self) -> None:
        help_text.show_about(self)

    # -- drag and drop ---------------------------------------------------------------------

    def dragEnterEvent(self, event) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        # After the drop has ended: a question to the person would hold up the other program.
        QTimer.singleShot(0, lambda: self.documents.open(paths))


def make_studio(app: QApplication, settings: Settings | None = None, recovery_folder: Path | None = None) -> Studio:
    """A studio window, not yet shown; ``app`` gets the studio's look."""
    settings = settings or Settings()
    QGuiApplication.setDesktopFileName("veduta")
    return Studio(settings, Theme(app, settings["theme"]), recovery_folder)
