"""The tools, in the order in which the tool bar shows them."""

from app.canvas.tools.base import Tool
from app.canvas.tools.brush import BrushTool, EraserTool
from app.canvas.tools.fill import FillTool
from app.canvas.tools.look import LookTool
from app.canvas.tools.pan import PanTool
from app.canvas.tools.picker import PickerTool
from app.canvas.tools.polygon import PolygonTool
from app.canvas.tools.select import SelectTool
from app.canvas.tools.stamp import StampTool
from app.canvas.tools.write import WriteTool

TOOLS: tuple[type[Tool], ...] = (
    SelectTool, BrushTool, EraserTool, FillTool, PolygonTool, WriteTool, StampTool, LookTool, PickerTool, PanTool,
)

__all__ = ["TOOLS", "Tool"]
