"""Typed errors.

Each carries one sentence that says what happened and what to do next. The
command line prints that sentence and exits with status 2; the studio shows it
in a dialog. For what the system refuses (OSError) and a full memory the command
line has a sentence, too. Anything else that escapes is a bug and keeps its traceback.
"""

from __future__ import annotations


class VedutaError(Exception):
    """Base of every error that a person can act on; ``str(error)`` is the sentence."""


class BadImageError(VedutaError):
    """A picture, label map or instance map can't be read or has the wrong form."""


class LabelError(VedutaError):
    """A label id lies outside the label set, or a label set contradicts itself."""


class SceneError(VedutaError):
    """An edit or a scene file contradicts the scene's invariants."""


class ProjectFileError(VedutaError):
    """A ``.veduta`` file can't be read or written."""


class ModelFileError(VedutaError):
    """A model file, or a foreign checkpoint to import, can't be used."""


class DataError(VedutaError):
    """A data set has missing, unpaired or contradictory files."""


class TrainingError(VedutaError):
    """A training run can't start or go on."""


class DeviceError(VedutaError):
    """The device that was asked for can't compute here."""


class MissingPackageError(VedutaError):
    """An optional package is needed for what was asked."""
