"""The label sets: which classes a label map may hold.

A label set is data: ids, names, colours, groups, which classes are things
(have objects), and for a *part* (a window, a wheel) the parent class into
which it folds. Cityscapes' 34 drawn ids are the base; the ``streets`` set adds
parts from id 40 up.
"""

from __future__ import annotations

import numpy as np

from core.label_set import PAVING, SHADOWS, WALLS, Label, LabelSet, label_set_from_json, label_set_to_json

__all__ = [
    "CITYSCAPES", "INSTANCE_FACTOR", "LABEL_SETS", "PAVING", "SHADOWS", "STREETS", "WALLS", "Label", "LabelSet",
    "label_set_from_json", "label_set_to_json", "object_class",
]

#: An instance map holds ``id * 1000 + n`` for the n-th object of class ``id``.
INSTANCE_FACTOR = 1000


def _cityscapes() -> tuple[Label, ...]:
    thing = dict(thing=True, instanced=True)
    own = dict(instanced=True)
    return (
        Label(0, "unlabeled", (0, 0, 0), "void"),
        Label(1, "ego vehicle", (20, 20, 30), "void"),
        Label(2, "rectification border", (10, 10, 10), "void"),
        Label(3, "out of roi", (5, 5, 5), "void"),
        Label(4, "static", (90, 90, 100), "void", **own),
        Label(5, "dynamic", (111, 74, 0), "void", **own),
        Label(6, "ground", (81, 0, 81), "void"),
        Label(7, "road", (128, 64, 128), "flat"),
        Label(8, "sidewalk", (244, 35, 232), "flat"),
        Label(9, "parking", (250, 170, 160), "flat"),
        Label(10, "rail track", (230, 150, 140), "flat"),
        Label(11, "building", (70, 70, 70), "construction", **own),
        Label(12, "wall", (102, 102, 156), "construction"),
        Label(13, "fence", (190, 153, 153), "construction"),
        Label(14, "guard rail", (180, 165, 180), "construction"),
        Label(15, "bridge", (150, 100, 100), "construction"),
        Label(16, "tunnel", (150, 120, 90), "construction"),
        Label(17, "pole", (153, 153, 153), "object", **own),
        Label(18, "polegroup", (153, 153, 170), "object", **own),
        Label(19, "traffic light", (250, 170, 30), "object", **own),
        Label(20, "traffic sign", (220, 220, 0), "object", **own),
        Label(21, "vegetation", (107, 142, 35), "nature", **own),
        Label(22, "terrain", (152, 251, 152), "nature"),
        Label(23, "sky", (70, 130, 180), "sky"),
        Label(24, "person", (220, 20, 60), "human", **thing),
        Label(25, "rider", (255, 0, 0), "human", **thing),
        Label(26, "car", (0, 0, 142), "vehicle", **thing),
        Label(27, "truck", (0, 0, 70), "vehicle", **thing),
        Label(28, "bus", (0, 60, 100), "vehicle", **thing),
        Label(29, "caravan", (0, 0, 90), "vehicle", **thing),
        Label(30, "trailer", (0, 0, 110), "vehicle", **thing),
        Label(31, "train", (0, 80, 100), "vehicle", **thing),
        Label(32, "motorcycle", (0, 0, 230), "vehicle", **thing),
        Label(33, "bicycle", (119, 11, 32), "vehicle", **thing),
    )


def _parts() -> tuple[Label, ...]:
    def part(label_id, name, colour, group, parent, within=None, on=None):
        return Label(label_id, name, colour, group, parent=parent, within=within, on=on)

    return (
        part(40, "window", (120, 170, 200), "parts of buildings", 11),
        part(41, "door", (130, 85, 50), "parts of buildings", 11),
        part(42, "shopfront", (200, 160, 110), "parts of buildings", 11),
        part(43, "roof", (150, 70, 60), "parts of buildings", 11),
        part(44, "balcony", (170, 150, 120), "parts of buildings", 11),
        part(45, "lane mark", (235, 225, 245), "parts of roads", 7),
        part(46, "crossing", (205, 190, 225), "parts of roads", 7),
        part(47, "car glass", (95, 140, 215), "parts of vehicles", 26),
        part(48, "car wheel", (35, 35, 60), "parts of vehicles", 26),
        part(49, "car headlight", (255, 190, 150), "parts of vehicles", 26),
        part(50, "tree trunk", (110, 80, 45), "parts of nature", 21),
        part(51, "truck glass", (85, 120, 175), "parts of vehicles", 27),
        part(52, "truck wheel", (30, 30, 45), "parts of vehicles", 27),
        part(53, "bus glass", (90, 150, 180), "parts of vehicles", 28),
        part(54, "bus wheel", (25, 40, 55), "parts of vehicles", 28),
        part(55, "kerb", (190, 90, 185), "parts of roads", 8),
        part(56, "train glass", (100, 165, 180), "parts of vehicles", 31),
        part(57, "car tail light", (205, 60, 95), "parts of vehicles", 26),
        part(58, "number plate", (225, 225, 190), "parts of vehicles", 26),
        part(59, "car grille", (65, 65, 110), "parts of vehicles", 26),
        part(60, "facade trim", (150, 145, 140), "parts of buildings", 11),
        part(61, "shop sign", (225, 120, 85), "parts of buildings", 11),
        part(62, "skin", (245, 170, 150), "parts of people", 24),
        part(63, "hair or hat", (120, 35, 50), "parts of people", 24),
        part(64, "trousers or skirt", (165, 60, 100), "parts of people", 24),
        part(65, "shoes", (90, 25, 45), "parts of people", 24),
        part(66, "rider's skin", (255, 150, 110), "parts of people", 25),
        part(67, "rider's helmet or hair", (150, 40, 20), "parts of people", 25),
        part(68, "red signal", (255, 60, 40), "parts of signals", 19),
        part(69, "amber signal", (255, 215, 60), "parts of signals", 19),
        part(70, "green signal", (60, 220, 130), "parts of signals", 19),
        part(71, "window frame", (185, 205, 215), "parts of buildings", 11, 40),
        part(72, "curtain", (175, 180, 195), "parts of buildings", 11, 40),
        part(73, "shop frame", (150, 115, 80), "parts of buildings", 11, 42),
        part(74, "shop display", (235, 200, 130), "parts of buildings", 11, 42),
        part(75, "awning", (200, 80, 60), "parts of buildings", 11, 61),
        part(76, "awning stripe", (240, 195, 170), "parts of buildings", 11, 75),
        part(77, "shutter", (110, 130, 110), "parts of buildings", 11, 60),
        part(78, "car rim", (150, 150, 185), "parts of vehicles", 26, 48),
        part(79, "truck rim", (130, 130, 160), "parts of vehicles", 27, 52),
        part(80, "bus rim", (120, 145, 165), "parts of vehicles", 28, 54),
        part(81, "truck light", (255, 200, 165), "parts of vehicles", 27),
        part(82, "truck tail light", (200, 70, 85), "parts of vehicles", 27),
        part(83, "bus light", (255, 210, 180), "parts of vehicles", 28),
        part(84, "bus tail light", (195, 80, 95), "parts of vehicles", 28),
        part(85, "red of a sign", (215, 40, 30), "parts of signs", 20),
        part(86, "blue of a sign", (40, 90, 210), "parts of signs", 20),
        part(87, "yellow of a sign", (250, 180, 40), "parts of signs", 20),
        part(88, "white of a sign", (245, 245, 225), "parts of signs", 20),
        part(89, "black of a sign", (45, 45, 35), "parts of signs", 20),
        part(90, "green of a sign", (40, 150, 80), "parts of signs", 20),
        part(91, "manhole", (95, 80, 105), "parts of roads", 7),
        part(92, "road patch", (150, 95, 165), "parts of roads", 7),
        part(93, "shadow on road", (90, 40, 95), SHADOWS, 7),
        part(94, "shadow on sidewalk", (165, 25, 160), SHADOWS, 8),
        part(95, "shadow on parking", (175, 115, 115), SHADOWS, 9),
        part(96, "shadow on grass", (95, 165, 100), SHADOWS, 22),
        part(97, "shop lettering", (255, 215, 175), "parts of buildings", 11, 61),
        part(98, "setts", (130, 105, 115), PAVING, 7),
        part(99, "shadow on setts", (62, 60, 72), SHADOWS, 7, 93, 98),
        part(100, "setts in parking", (215, 165, 140), PAVING, 9),
        part(101, "dark sett", (100, 60, 75), PAVING, 7, 98),
        part(102, "dark sett in parking", (190, 140, 115), PAVING, 9, 100),
        part(103, "dark slab", (215, 40, 205), PAVING, 8),
        part(104, "crack", (55, 10, 50), "parts of roads", 7),
        part(105, "puddle", (120, 115, 185), "parts of roads", 7),
        part(106, "rail", (170, 180, 185), "parts of roads", 10),
        part(107, "grassed track", (170, 200, 120), "parts of roads", 10),
        part(108, "leaves in shade", (75, 105, 25), "parts of nature", 21),
        part(109, "wall in shade", (50, 50, 55), SHADOWS, 11),
        part(110, "brick", (170, 90, 85), WALLS, 11),
        part(111, "brick in shade", (90, 50, 45), SHADOWS, 11, 109, 110),
        part(112, "car top", (60, 70, 225), "parts of vehicles", 26),
        part(113, "car trim", (20, 20, 95), "parts of vehicles", 26),
        part(114, "truck box", (45, 45, 120), "parts of vehicles", 27),
        part(115, "truck trim", (10, 10, 105), "parts of vehicles", 27),
        part(116, "bicycle tyre", (70, 20, 35), "parts of vehicles", 33),
        part(117, "motorcycle tyre", (20, 20, 110), "parts of vehicles", 32),
        part(118, "motorcycle metal", (110, 110, 235), "parts of vehicles", 32),
        part(119, "balcony railing", (125, 110, 90), "parts of buildings", 11, 44),
        part(120, "shadow on dark slab", (130, 20, 130), SHADOWS, 8, 94, 103),
        part(121, "shadow on dark sett", (38, 36, 50), SHADOWS, 7, 99, 101),
        part(122, "shadow on setts in parking", (140, 95, 80), SHADOWS, 9, 95, 100),
        part(123, "joint of setts", (175, 135, 170), "parts of roads", 7, 98),
        part(124, "joint of setts in parking", (240, 200, 200), "parts of roads", 9, 100),
        part(125, "joint of slabs", (255, 120, 245), "parts of roads", 8),
        part(126, "joint of masonry", (95, 115, 90), "parts of buildings", 11),
        part(127, "dark stone", (40, 75, 80), WALLS, 11),
        part(128, "trim in shade", (105, 95, 75), SHADOWS, 11, 60, 60),
        part(129, "bag", (190, 60, 35), "parts of people", 24),
        part(130, "lamp glass", (245, 245, 195), "parts of signals", 17),
        part(131, "sky in a window", (150, 205, 245), "parts of buildings", 11, 40),
        part(132, "sky in car glass", (120, 170, 255), "parts of vehicles", 26, 47),
        part(133, "sky in bus glass", (125, 190, 220), "parts of vehicles", 28, 53),
        part(134, "dark stone in shade", (0, 50, 55), SHADOWS, 11, 109, 127),
        part(135, "sky in a puddle", (165, 185, 235), "parts of roads", 7, 105),
        part(136, "sky in truck glass", (110, 160, 225), "parts of vehicles", 27, 51),
        part(137, "sky in a shopfront", (175, 225, 200), "parts of buildings", 11, 42),
        part(138, "sky in the bonnet", (55, 90, 110), "parts of vehicles", 1),
        part(139, "goods", (240, 110, 150), "parts of buildings", 11, 74),
        part(140, "dark goods", (135, 45, 70), "parts of buildings", 11, 74),
        part(141, "plate lettering", (75, 75, 40), "parts of vehicles", 26, 58),
        part(142, "crack in sidewalk", (190, 10, 165), "parts of roads", 8),
        part(143, "bridge glass", (150, 130, 160), "parts of buildings", 15),
        part(144, "bridge trim", (110, 65, 65), "parts of buildings", 15),
        part(145, "sky in bridge glass", (190, 170, 215), "parts of buildings", 15, 143),
        part(146, "shine on a car", (40, 35, 175), "parts of vehicles", 26),
        part(147, "sky in car paint", (60, 110, 190), "parts of vehicles", 26, 146),
        part(148, "bus band", (0, 110, 130), "parts of vehicles", 28),
        part(149, "bus trim", (0, 35, 60), "parts of vehicles", 28),
        part(150, "bus lettering", (230, 140, 20), "parts of vehicles", 28, 149),
        part(151, "between spokes", (75, 25, 55), "parts of vehicles", 26, 78),
        part(152, "house in car glass", (60, 95, 150), "parts of vehicles", 26, 47),
        part(153, "tree in car glass", (60, 150, 150), "parts of vehicles", 26, 47),
        part(154, "house in bus glass", (50, 105, 120), "parts of vehicles", 28, 53),
        part(155, "tree in bus glass", (70, 165, 130), "parts of vehicles", 28, 53),
        part(156, "house in the bonnet", (60, 50, 70), "parts of vehicles", 1),
        part(157, "tree in the bonnet", (20, 60, 40), "parts of vehicles", 1),
        part(158, "tree in car paint", (20, 80, 120), "parts of vehicles", 26, 146),
        part(159, "car indicator", (255, 150, 60), "parts of vehicles", 26, 49),
        part(160, "headlight housing", (120, 90, 90), "parts of vehicles", 26, 49),
        part(161, "underside of trim", (85, 80, 95), "parts of buildings", 11, 60),
        part(162, "underside of a balcony", (100, 85, 50), "parts of buildings", 11, 44),
        part(163, "dark asphalt", (108, 45, 120), PAVING, 7),
        part(164, "light asphalt", (150, 75, 120), PAVING, 7),
        part(165, "shadow on dark asphalt", (70, 25, 80), SHADOWS, 7, 93, 163),
        part(166, "tree trunk in shade", (65, 45, 25), "parts of nature", 21, 50),
        part(167, "shadow on rail track", (150, 80, 90), SHADOWS, 10),
        part(168, "house in car paint", (85, 75, 140), "parts of vehicles", 26, 146),
        part(169, "shadow on crack", (20, 0, 25), SHADOWS, 7, 93, 104),
        part(170, "shadow on crack in sidewalk", (110, 10, 105), SHADOWS, 8, 94, 142),
        part(171, "shadow on light asphalt", (120, 35, 75), SHADOWS, 7, 93, 164),
        part(172, "reveal", (120, 125, 135), "parts of buildings", 11),
        part(173, "reveal in shade", (60, 65, 95), SHADOWS, 11, 172, 172),
        part(174, "side wall", (80, 95, 65), WALLS, 11),
        part(175, "side wall in shade", (60, 55, 30), SHADOWS, 11, 109, 174),
        part(176, "plinth", (140, 115, 115), "parts of buildings", 11, 60),
        part(177, "plinth in shade", (65, 80, 45), SHADOWS, 11, 128, 176),
        part(178, "sheet metal", (125, 150, 150), "parts of buildings", 11, 60),
        part(179, "sheet metal in shade", (60, 95, 95), SHADOWS, 11, 128, 178),
    )


#: Cityscapes' 34 drawn ids (the licence plate, -1, is never drawn).
CITYSCAPES = LabelSet("cityscapes", _cityscapes())

#: Cityscapes plus the parts that the project's own streets draw.
STREETS = LabelSet("streets", _cityscapes() + _parts())

LABEL_SETS = {label_set.name: label_set for label_set in (CITYSCAPES, STREETS)}


def label_set_for(known: LabelSet) -> LabelSet:
    """The label set by which a map is read for a model that knows the classes ``known``: the project's own, unless they are others, or more."""
    return STREETS if known.agrees(STREETS) and set(known.ids) <= set(STREETS.ids) else known


def object_class(instance: np.ndarray | int) -> np.ndarray | int:
    """Class id of instance-map values: ``v`` below 1000, else ``v // 1000``."""
    if isinstance(instance, np.ndarray):
        return np.where(instance < INSTANCE_FACTOR, instance, instance // INSTANCE_FACTOR)
    return instance if instance < INSTANCE_FACTOR else instance // INSTANCE_FACTOR
