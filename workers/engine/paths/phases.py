"""A transposed convolution of kernel 4 and stride 2 as one convolution of kernel 2: the same sums, another order.

Its output has four phases (even and odd rows by even and odd columns), and each of them is a convolution of its own
over the small picture (Shi et al. 2016, "Is the deconvolution layer the same as a convolutional layer?", section 3).
Processors have fast bf16 instructions for convolutions, and OpenVINO uses them for nothing else. The activations after
it move to the convolution, since there they cost next to nothing: they are computed while its sums are written.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

KERNEL, STRIDE, PADDING = [4, 4], [2, 2], [1, 1, 1, 1]
TAPS = ((2, 0), (3, 1))  # odd rows, even rows: which rows of the kernel meet the two rows of the small picture
ACTIVATIONS = ("LeakyRelu", "Relu", "Sigmoid", "Tanh")


def written(source: Path, place: Path) -> bool:
    """The graph with its transposed convolutions replaced; False, and nothing written, where it has none such."""
    model = onnx.load(str(source))
    if not replace_all(model.graph):
        return False
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(model.SerializeToString())
    return True


def replace_all(graph: Any) -> int:
    """Replace them within the graph; how many there were. Shapes that were noted of inner values are dropped."""
    weights = {one.name: one for one in graph.initializer}
    nodes, taken, count = [], set[str](), 0
    for node in graph.node:
        if is_one(node, weights):
            after = activations(node, graph)
            taken |= {one.output[0] for one in after}
            nodes += list(replaced(node, after, weights, graph.initializer, f"phases_{count}"))
            count += 1
        elif node.output[0] not in taken:
            nodes.append(node)
    if count:
        del graph.node[:], graph.value_info[:]
        graph.node.extend(nodes)
        used = {name for node in graph.node for name in node.input}
        kept = [one for one in graph.initializer if one.name in used]
        del graph.initializer[:]
        graph.initializer.extend(kept)
    return count


def is_one(node: Any, weights: Mapping[str, Any]) -> bool:
    """Whether a node is such a transposed convolution, with weights that are known."""
    if node.op_type != "ConvTranspose" or node.input[1] not in weights:
        return False
    if len(node.input) > 2 and node.input[2] and node.input[2] not in weights:
        return False
    said = {one.name: helper.get_attribute_value(one) for one in node.attribute}
    plain = said.get("group", 1) == 1 and not any(said.get("output_padding", ())) and "output_shape" not in said
    plain = plain and set(said.get("dilations", [1])) == {1} and said.get("auto_pad", b"NOTSET") == b"NOTSET"
    form = list(said.get("strides", [])), list(said.get("pads", []))
    return plain and form == (STRIDE, PADDING) and list(weights[node.input[1]].dims[2:]) == KERNEL


def activations(node: Any, graph: Any) -> list[Any]:
    """The activations that follow a node one after the other, with nothing else that reads what is between them."""
    reads = Counter([*(name for one in graph.node for name in one.input), *(one.name for one in graph.output)])
    reader = {name: one for one in graph.node for name in one.input}
    found, last = [], node.output[0]
    while reads[last] == 1 and last in reader and reader[last].op_type in ACTIVATIONS:
        found.append(reader[last])
        last = found[-1].output[0]
    return found


def kernel_of(weight: NDArray[Any]) -> NDArray[Any]:
    """(in, out, 4, 4) of the transposed convolution to (4 * out, in, 2, 2), phase after phase."""
    return np.concatenate(
        [weight[:, :, TAPS[row], :][:, :, :, TAPS[column]].transpose(1, 0, 2, 3) for row in (0, 1) for column in (0, 1)]
    )


def replaced(node: Any, after: Sequence[Any], weights: Mapping[str, Any], room: Any, name: str) -> Iterator[Any]:
    """What stands for it and the activations after it: convolution, activations, phases between each other, a cut.

    The convolution gives one row and one column more than the small picture has. With the odd phases first, what is
    too much is the frame of the large picture, one pixel wide.
    """

    def constant(part: str, values: Any) -> str:
        room.append(numpy_helper.from_array(np.asarray(values), f"{name}_{part}"))
        return f"{name}_{part}"

    inputs = [node.input[0], constant("weight", kernel_of(numpy_helper.to_array(weights[node.input[1]])))]
    if len(node.input) > 2 and node.input[2]:
        inputs.append(constant("bias", np.tile(numpy_helper.to_array(weights[node.input[2]]), 4)))
    last = f"{name}_all"
    yield helper.make_node("Conv", inputs, [last], kernel_shape=[2, 2], pads=PADDING)
    for one in after:
        moved = copy.deepcopy(one)
        moved.input[0], last = last, f"{last}_{one.op_type}"
        moved.output[0] = last
        yield moved
    yield helper.make_node("DepthToSpace", [last], [f"{name}_framed"], blocksize=2, mode="DCR")
    cut = [constant("begin", [1, 1]), constant("end", [-1, -1]), constant("axes", [2, 3])]
    yield helper.make_node("Slice", [f"{name}_framed", *cut], [(after or [node])[-1].output[0]])
