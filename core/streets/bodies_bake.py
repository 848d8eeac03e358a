"""Makes ``assets/people.safetensors``: human bodies of every age and build, ready to be posed with numpy.

Run once, by hand: ``python -m core.streets.bodies_bake assets/people.safetensors``.
Needs the extra ``streets`` (``anny`` and ``bpy``); drawing a street does not.
Anny (Apache-2.0) evaluates MakeHuman's body data (CC0 1.0), so the file may be
passed on freely. Its model takes seconds and torch to load; the baked file
takes milliseconds.
"""

from __future__ import annotations

import json
import os
import sys

import numpy as np

from core.errors import MissingPackageError
from core.streets.bodies import JOINTS, PARENTS, UNIT

#: gender (0 male, 1 female), age (1/3 child, 2/3 grown, 1 old), weight, muscle, height, each 0..1.
SHAPES = tuple(
    (gender, *shape)
    for gender in (0.0, 1.0)
    for shape in (
        (0.66, 0.40, 0.55, 0.50), (0.67, 0.55, 0.50, 0.60), (0.72, 0.78, 0.42, 0.45), (0.64, 0.28, 0.50, 0.62),
        (0.80, 0.64, 0.45, 0.50), (0.66, 0.50, 0.78, 0.55), (0.99, 0.50, 0.35, 0.45), (0.92, 0.72, 0.40, 0.40),
        (0.50, 0.45, 0.50, 0.50), (0.42, 0.50, 0.45, 0.50), (0.33, 0.45, 0.45, 0.50),
    )
)
TRIANGLES = 9000

#: Which of Anny's bones move with a joint, and whose head is the joint's pivot.
_BONES = {
    "pelvis": ("root", ("root", "pelvis")), "waist": ("spine04", ("spine05", "spine04")),
    "chest": ("spine02", ("spine03", "spine02", "spine01", "breast")), "neck": ("neck01", ("neck",)),
    "head": ("head", ("head", "eye")), "clavicle": ("clavicle", ("clavicle", "shoulder")),
    "upperarm": ("upperarm01", ("upperarm",)), "forearm": ("lowerarm01", ("lowerarm",)),
    "hand": ("wrist", ("wrist", "finger", "metacarpal")), "thigh": ("upperleg01", ("upperleg",)),
    "shin": ("lowerleg01", ("lowerleg",)), "foot": ("foot", ("foot",)), "toes": ("toe2-1", ("toe",)),
}


def _joint_of(bone: str) -> int:
    stem, _, side = bone.partition(".")
    for joint, (_, stems) in _BONES.items():
        if stem.startswith(stems):
            return JOINTS.index(f"{joint}.{side}" if side and joint not in ("pelvis", "chest", "head") else joint)
    raise KeyError(bone)


def _forward(points: np.ndarray) -> np.ndarray:
    """Anny looks to -y; a street's people look to +x."""
    return np.stack([-points[..., 1], points[..., 0], points[..., 2]], -1)


def _curl_fingers(vertices, heads, weights, bones, labels, parents) -> np.ndarray:
    """Bend the fingers, which Anny holds straight, as a resting hand does."""
    moved = vertices.copy()
    turns = np.tile(np.eye(4), (len(labels), 1, 1))
    for i in sorted(range(len(labels)), key=lambda k: _depth(parents, k)):
        up = turns[parents[i]] if parents[i] >= 0 else np.eye(4)
        turns[i] = up
        label = labels[i]
        if not label.startswith("finger"):
            continue
        side = label[-1]
        finger = heads[labels.index(f"finger3-3.{side}")] - heads[labels.index(f"finger3-1.{side}")]
        across = heads[labels.index(f"finger5-1.{side}")] - heads[labels.index(f"finger2-1.{side}")]
        finger, across = finger / np.linalg.norm(finger), across / np.linalg.norm(across)
        angle = {"1": 0.12}.get(label[6], 0.30 + 0.05 * int(label[6])) * (1 if side == "L" else -1)
        turn = np.eye(4)
        turn[:3, :3] = _about(across, angle)
        turn[:3, 3] = heads[i] - turn[:3, :3] @ heads[i]
        turns[i] = up @ turn
    touched = np.flatnonzero(np.any(np.abs(turns[bones] - np.eye(4)) > 1e-9, axis=(1, 2, 3)))
    mix = np.einsum("nk,nkij->nij", weights[touched], turns[bones[touched]])
    moved[touched] = np.einsum("nij,nj->ni", mix[:, :3, :3], vertices[touched]) + mix[:, :3, 3]
    return moved


def _depth(parents, i: int) -> int:
    depth = 0
    while parents[i] >= 0:
        i, depth = parents[i], depth + 1
    return depth


def _about(axis: np.ndarray, angle: float) -> np.ndarray:
    x, y, z = axis
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * k @ k


def _decimated(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(K,) kept vertex indices and (M, 3) faces among them, thinned where the body is flat."""
    import bpy

    mesh = bpy.data.meshes.new("body")
    mesh.from_pydata(vertices.tolist(), [], faces.tolist())
    body = bpy.data.objects.new("body", mesh)
    bpy.context.collection.objects.link(body)
    modifier = body.modifiers.new("thin", "DECIMATE")
    modifier.ratio = TRIANGLES / len(faces)
    thin = body.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    points = np.array([v.co[:] for v in thin.vertices])
    triangles = np.array([p.vertices[:] for p in thin.polygons])
    # Each thinned vertex becomes the nearest original one, so that every body and weight follows.
    near = np.concatenate([((block[:, None] - vertices[None]) ** 2).sum(2).argmin(1) for block in np.array_split(points, 40)])
    keep, slot = np.unique(near, return_inverse=True)
    triangles = slot[triangles]
    proper = (triangles[:, 0] != triangles[:, 1]) & (triangles[:, 1] != triangles[:, 2]) & (triangles[:, 2] != triangles[:, 0])
    return keep, triangles[proper]


def bake() -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Tensors and header of the file that :func:`core.streets.bodies.load` reads.

    Raises:
        MissingPackageError: without ``anny`` or ``bpy``.
    """
    try:
        import anny
        import bpy  # noqa: F401
        import torch
    except ImportError:
        raise MissingPackageError(
            "Making the bodies needs 'anny' and 'bpy'; install them with pip install 'veduta[streets]'."
        ) from None
    model = anny.Anny()
    labels, parents = list(model.bone_labels), list(model.bone_parents)
    weights, bones = model.vertex_bone_weights.numpy(), model.vertex_bone_indices.numpy()
    shapes, joints = [], []
    for gender, age, weight, muscle, height in SHAPES:
        with torch.no_grad():
            out = model(phenotype_kwargs=dict(
                gender=gender, age=age, weight=weight, muscle=muscle, height=height, proportions=0.6))
        vertices, heads = out["rest_vertices"][0].numpy(), out["rest_bone_heads"][0].numpy()
        vertices = _curl_fingers(vertices, heads, weights, bones, labels, parents)
        floor = vertices[:, 2].min()
        shapes.append(_forward(vertices - (0, 0, floor)))
        pivots = []
        for joint in JOINTS:
            stem, _, side = joint.partition(".")
            bone = _BONES[stem][0]
            pivots.append(heads[labels.index(f"{bone}.{side}" if side else bone)] - (0, 0, floor))
        joints.append(_forward(np.array(pivots)))
    shapes, joints = np.array(shapes), np.array(joints, np.float32)
    joint_of = np.array([_joint_of(label) for label in labels])
    dense = np.zeros((len(weights), len(JOINTS)))
    np.add.at(dense, (np.arange(len(weights))[:, None], joint_of[bones]), weights)
    is_eye = np.array([label.startswith("eye") for label in labels])
    eyes = (weights * is_eye[bones]).sum(1) > 0.5
    keep, faces = _decimated(shapes[0], model.faces.numpy())
    dense, eyes = dense[keep], eyes[keep]
    order = np.argsort(-dense, axis=1)[:, :4]
    best = np.take_along_axis(dense, order, 1)
    best = np.round(best / best.sum(1, keepdims=True) * 255)
    tensors = {
        "shapes": np.round(shapes[:, keep] / UNIT).astype(np.int16), "joints": joints,
        "faces": faces.astype(np.uint16), "weights": best.astype(np.uint8), "indices": order.astype(np.uint8),
        "eyes": eyes.astype(np.uint8), "phenotypes": np.array(SHAPES, np.float32),
    }
    header = {
        "joints": json.dumps(JOINTS), "parents": json.dumps(PARENTS),
        "source": "MakeHuman body data (CC0 1.0), evaluated with Anny (Apache-2.0)",
    }
    return tensors, header


def main(path: str) -> None:
    from safetensors.numpy import save

    tensors, header = bake()
    data = save({name: np.ascontiguousarray(value) for name, value in tensors.items()}, metadata=header)
    temporary = f"{path}.part"
    with open(temporary, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


if __name__ == "__main__":
    main(sys.argv[1])
