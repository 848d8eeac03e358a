"""Procedural streets: planned as plain data, built and rendered with Cycles.

``plan`` draws every choice from a seed; the asset modules (vehicles,
buildings, people, nature, furniture) turn a choice into :class:`~core.streets.parts.Part`
meshes of plain arrays; only ``blender`` modules import ``bpy``.
"""
