"""A sentence encoder's ONNX graph in int8: which numbers stand for which, and what that does to the scores.

Each matrix of weights is computed in one of two ways, neither of which depends on what a sentence is batched with:

- static: activations in 8 bits, on one scale that training sentences set; weights in 7 bits, on a scale a column (8 by
  8 bits can overflow 16 on processors without VNNI). Four to five times the rate of fp32 where there is VNNI (LOG.md).
  The product adds its bias too, which saves a pass over what comes out.
- by blocks: 128 numbers of a row each on a scale of their own, activations as they come. A hundredth off, a quarter of
  the memory, the rate of fp32.

The table of word vectors is kept in 8 bits, on a scale a word and one a channel.
"""

import platform
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from onrecord.inference.backends import padded

ALPHAS = (0.0, 0.5, 0.75)  # how much of a channel's range goes from activations into weights (SmoothQuant); 0 = none
CLIPS = (1.0, 0.8, 0.6, 0.4)  # of the largest number, what 8 bits reach up to: rare large ones cost precision
WORTH = 1.1  # by how much smoothing must lessen the error: it costs a product more
ROWS = 512  # activations that the choice is made on
BLOCK = 128
HALVINGS = 6  # after as many rungs that each halve the harm, everything is by blocks


@dataclass
class Site:
    """A tensor of activations, the matrices that it is multiplied with, and the biases that are added."""

    source: str  # the tensor
    nodes: list[str]  # the products
    outputs: list[str]  # what comes out of each: the sum with its bias, or the product where there is none
    label: str  # as the model calls the first of its matrices
    weights: np.ndarray = field(repr=False)  # (inputs, outputs), those of all nodes side by side
    bias: np.ndarray = field(repr=False)  # (outputs,), 0 where there is none
    widths: list[int]  # outputs of each node
    work: int = 0  # multiplications in the training sentences looked at
    smooth: np.ndarray | None = field(default=None, repr=False)  # (inputs,): divides activations, multiplies weights
    scale: float = 1.0  # of activations
    zero: int = 0  # what stands for an activation of 0
    error: float = 0.0  # relative, of the product, static


def find_sites(model: onnx.ModelProto) -> list[Site]:
    """Every product of activations with a matrix of weights, in the order of the graph; not those of attention."""
    arrays = {tensor.name: tensor for tensor in model.graph.initializer}
    readers = Counter(name for node in model.graph.node for name in node.input)
    sums = {  # product -> its sum, its bias
        product: (node.output[0], bias)
        for node in model.graph.node
        if node.op_type == "Add"
        for product, bias in (node.input, reversed(node.input))
        if bias in arrays and len(arrays[bias].dims) == 1 and readers[product] == 1
    }
    products: dict[str, list[onnx.NodeProto]] = {}
    for node in model.graph.node:
        if node.op_type == "MatMul" and node.input[1] in arrays and len(arrays[node.input[1]].dims) == 2:
            products.setdefault(node.input[0], []).append(node)
    sites = []
    for source, nodes in products.items():
        matrices = [numpy_helper.to_array(arrays[node.input[1]]) for node in nodes]
        weights, widths = np.concatenate(matrices, axis=1), [matrix.shape[1] for matrix in matrices]
        outputs, biases = zip(*(sums.get(node.output[0], (node.output[0], "")) for node in nodes), strict=True)
        bias = [
            numpy_helper.to_array(arrays[name]) if name else np.zeros(width, dtype=weights.dtype)
            for name, width in zip(biases, widths, strict=True)
        ]
        label = (biases[0] or outputs[0]).removesuffix(".bias")
        names = [node.name for node in nodes]
        sites.append(Site(source, names, list(outputs), label, weights, np.concatenate(bias), widths))
    return sites


def set_scales(model: onnx.ModelProto, sites: Sequence[Site], rows: Sequence[Sequence[int]], pad: int) -> None:
    """Set each site's scales to those with the least error of its product, on these rows of token ids."""
    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    watched.graph.output.extend([onnx.ValueInfoProto(name=site.source) for site in sites])
    session = onnxruntime.InferenceSession(watched.SerializeToString(), providers=["CPUExecutionProvider"])
    del watched
    seen: dict[str, list[np.ndarray]] = {site.source: [] for site in sites}
    for ids, mask in _batches(rows, pad):
        values = session.run(list(seen), {"input_ids": ids, "attention_mask": mask})
        for kept, value in zip(seen.values(), values, strict=True):
            # (rows, tokens, inputs), in the last layer (rows, 1, inputs); a head's are (rows, inputs)
            real = mask[:, : value.shape[1]].astype(bool)
            kept.append(value[real] if value.ndim == 3 else value)
    for site in sites:
        _set_scales(site, np.concatenate(seen.pop(site.source)))


def _set_scales(site: Site, rows: np.ndarray) -> None:
    """The same for activations (rows, inputs)."""
    site.work = len(rows) * site.weights.size
    low, high = rows.min(0), rows.max(0)
    reach, weight = (np.maximum(a, 1e-6) for a in (np.maximum(-low, high), np.abs(site.weights).max(1)))
    sample = rows[:: max(1, len(rows) // ROWS)]
    exact = sample @ site.weights
    least = np.inf
    for alpha in ALPHAS:
        smooth = reach**alpha / weight ** (1 - alpha) if alpha else np.ones_like(reach)
        quantised, scales = by_column(site.weights * smooth[:, None])
        weights, scaled = quantised * scales, sample / smooth
        bottom, top = min(0.0, (low / smooth).min()), max(1e-6, (high / smooth).max())
        for clip in CLIPS:
            most = clip * max(-bottom, top)
            bounds = max(bottom, -most), min(top, most)
            scale = (bounds[1] - bounds[0]) / 255
            zero = round(-bounds[0] / scale)
            kept = np.clip(np.rint(scaled / scale) + zero, 0, 255) - zero
            error = float(np.linalg.norm((kept * scale).astype(np.float32) @ weights - exact))
            if error * (WORTH if alpha else 1) < least:
                least = error * (WORTH if alpha else 1)
                site.smooth = smooth.astype(np.float32) if alpha else None
                site.scale, site.zero, site.error = float(scale), zero, error / float(np.linalg.norm(exact))


def harms(model: onnx.ModelProto, sites: Sequence[Site], rows: Sequence[Sequence[int]], pad: int) -> list[float]:
    """By how much each site, alone static, moves the scores of these rows: mean squared difference.

    One graph computes both ways and has a switch a site.
    """
    built = quantised(model, sites, {site.source for site in sites}, switches=True)
    session = onnxruntime.InferenceSession(built.SerializeToString(), providers=["CPUExecutionProvider"])
    del built
    off, on = np.zeros((), dtype=np.float32), np.ones((), dtype=np.float32)
    switches = {f"{site.source}_switch": off for site in sites}

    def scores(static: dict[str, np.ndarray]) -> np.ndarray:
        parts = [
            session.run(["logits"], switches | static | {"input_ids": ids, "attention_mask": mask})[0]
            for ids, mask in _batches(rows, pad)
        ]
        return np.concatenate(parts).astype(np.float64)

    exact = scores({})
    return [float(np.square(scores({name: on}) - exact).mean()) for name in switches]


def ladder(sites: Sequence[Site], harm: Sequence[float]) -> list[list[Site]]:
    """The sites to be static, rung by rung: all, then those that leave a half of the harm, a quarter and so on, none.

    First to go is what does most harm for its work. Harms of different sites add up, nearly.
    """
    worst = sorted(zip(sites, harm, strict=True), key=lambda pair: pair[1] / pair[0].work)
    rungs: list[list[Site]] = []
    for halving in range(HALVINGS):
        left = np.cumsum([h for _, h in worst])
        most = sum(harm) / 2**halving * (1 + 1e-9)
        kept = [site for (site, _), sum_ in zip(worst, left, strict=True) if sum_ <= most]
        if kept and (not rungs or len(kept) < len(rungs[-1])):
            rungs.append(kept)
    return [*rungs, []]


def quantised(
    model: onnx.ModelProto, sites: Sequence[Site], static: Collection[str], switches: bool = False
) -> onnx.ModelProto:
    """The graph with the sites whose source is in `static` static, the others by blocks, and word vectors in int8.

    With `switches` the graph has an input SOURCE_switch for each site: 0 computes it in fp32, 1 as said.
    """
    graph = model.graph
    arrays = {tensor.name: tensor for tensor in graph.initializer}
    site_of = {name: site for site in sites for name in site.nodes}
    made_by_sites = {name for site in sites for name in site.outputs}
    nodes: list[onnx.NodeProto] = []
    added: dict[str, np.ndarray] = {}
    for node in graph.node:
        site = site_of.get(node.name)
        if site is not None:
            if node.name == site.nodes[0]:  # the product of all of them
                nodes += _site(site, site.source in static, switches, added)
        elif made_by_sites.intersection(node.output):
            continue  # the sum with a bias
        elif node.op_type == "Gather" and node.input[0] in arrays and node.input[1] == "input_ids":
            nodes += _word_vectors(node, numpy_helper.to_array(arrays[node.input[0]]), added)
        else:
            nodes.append(node)
    read = {name for node in nodes for name in node.input}
    inputs = [*graph.input]
    if switches:
        inputs += [helper.make_tensor_value_info(f"{site.source}_switch", TensorProto.FLOAT, []) for site in sites]
    tensors = [tensor for tensor in graph.initializer if tensor.name in read]
    tensors += [numpy_helper.from_array(array, name) for name, array in added.items()]
    made = helper.make_graph(nodes, graph.name, inputs, graph.output, tensors)
    domains = [*(o for o in model.opset_import if o.domain == ""), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(made, opset_imports=domains, ir_version=model.ir_version)


def _site(site: Site, static: bool, switches: bool, added: dict[str, np.ndarray]) -> list[onnx.NodeProto]:
    """The nodes that compute what comes out of a site. Arrays go into `added`."""
    name, weights, outputs = site.source, site.weights, site.outputs
    nodes: list[onnx.NodeProto] = []
    product = f"{name}_product" if switches or len(outputs) > 1 else outputs[0]
    in_int8 = f"{name}_int8" if switches else product
    if site.smooth is not None:
        weights = weights * site.smooth[:, None]
        added[f"{name}_smooth"] = 1 / site.smooth
        nodes.append(helper.make_node("Mul", [name, f"{name}_smooth"], [f"{name}_smoothed"]))
    added[f"{name}_bias"] = site.bias
    activations = nodes[0].output[0] if nodes else name
    nodes += (_static if static else _by_blocks)(site, weights, activations, in_int8, added)
    if switches:
        added[f"{name}_weights"] = site.weights
        nodes += [
            helper.make_node("MatMul", [name, f"{name}_weights"], [f"{name}_exact_product"]),
            helper.make_node("Add", [f"{name}_exact_product", f"{name}_bias"], [f"{name}_exact"]),
            helper.make_node("Sub", [in_int8, f"{name}_exact"], [f"{name}_error"]),
            helper.make_node("Mul", [f"{name}_error", f"{name}_switch"], [f"{name}_switched"]),
            helper.make_node("Add", [f"{name}_exact", f"{name}_switched"], [product]),
        ]
    if len(outputs) > 1:
        added[f"{name}_widths"] = np.array(site.widths, dtype=np.int64)
        nodes.append(helper.make_node("Split", [product, f"{name}_widths"], outputs, axis=-1))
    elif switches:
        nodes.append(helper.make_node("Identity", [product], outputs))
    return nodes


def _static(
    site: Site, weights: np.ndarray, activations: str, output: str, added: dict[str, np.ndarray]
) -> list[onnx.NodeProto]:
    name = site.source
    matrix, scales = by_column(weights)
    grid = [f"{name}_scale", f"{name}_zero"]
    table, scale, zero = (f"{name}_weights_{part}" for part in ("int8", "scale", "zero"))
    added |= dict(zip(grid, (np.array(site.scale, np.float32), np.array(site.zero, np.uint8)), strict=True))
    added |= {table: matrix, scale: scales, zero: np.zeros(len(scales), dtype=np.int8)}
    read = [f"{name}_q", table, grid[0], scale, grid[1], zero, f"{name}_bias"]
    return [
        helper.make_node("QuantizeLinear", [activations, *grid], [f"{name}_q"]),
        helper.make_node("MatMulIntegerToFloat", read, [output], domain="com.microsoft"),
    ]


def _by_blocks(
    site: Site, weights: np.ndarray, activations: str, output: str, added: dict[str, np.ndarray]
) -> list[onnx.NodeProto]:
    name, (inputs, outputs) = site.source, weights.shape
    size = min(BLOCK, max(16, 1 << (inputs - 1).bit_length()))
    rows = np.zeros((outputs, -(-inputs // size) * size), dtype=np.float32)
    rows[:, :inputs] = weights.T
    parts = rows.reshape(outputs, -1, size)
    scales = np.maximum(np.abs(parts).max(2), 1e-12) / 127
    added[f"{name}_blocks"] = (np.rint(parts / scales[..., None]) + 128).astype(np.uint8)
    added[f"{name}_blocks_scale"] = scales.astype(np.float32).reshape(-1)
    sizes = dict(K=inputs, N=outputs, bits=8, block_size=size, accuracy_level=4)  # 4: activations in int8 too
    read = [activations, f"{name}_blocks", f"{name}_blocks_scale", "", "", f"{name}_bias"]
    return [helper.make_node("MatMulNBits", read, [output], domain="com.microsoft", **sizes)]


def _word_vectors(node: onnx.NodeProto, table: np.ndarray, added: dict[str, np.ndarray]) -> list[onnx.NodeProto]:
    """Rows of the table in int8, made fp32 after they were looked up: the table itself stays small.

    Channels have a scale too: some have many times the range of the others.
    """
    name = node.input[0]
    channels = np.maximum(np.sqrt(np.square(table).mean(0)), 1e-12)
    words = np.maximum(np.abs(table / channels).max(1, keepdims=True), 1e-12) / 127
    added[f"{name}_int8"] = np.rint(table / channels / words).astype(np.int8)
    added[f"{name}_scale"] = words.astype(np.float32)
    added[f"{name}_channels"] = channels.astype(np.float32)
    return [
        helper.make_node("Gather", [f"{name}_int8", node.input[1]], [f"{name}_rows"]),
        helper.make_node("Gather", [f"{name}_scale", node.input[1]], [f"{name}_rows_scale"]),
        helper.make_node("Cast", [f"{name}_rows"], [f"{name}_rows_float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{name}_rows_float", f"{name}_rows_scale"], [f"{name}_rows_scaled"]),
        helper.make_node("Mul", [f"{name}_rows_scaled", f"{name}_channels"], [node.output[0]]),
    ]


def by_column(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(inputs, outputs) in 7 bits as int8, and the scale of each column."""
    scales = (np.maximum(np.abs(weights).max(0), 1e-12) / 63).astype(np.float32)
    return np.rint(weights / scales).astype(np.int8), scales


def _batches(rows: Sequence[Sequence[int]], pad: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Eight rows at a time, of like length: ids and mask, each (rows, tokens)."""
    ordered = sorted(rows, key=len)
    for i in range(0, len(ordered), 8):
        yield padded(ordered[i : i + 8], pad)


def processor() -> dict[str, Any]:
    """Machine and instructions: speed and saturation of int8 depend on them, so figures are told with them."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        flags = next((line.split(":")[1].split() for line in lines if line.startswith(("flags", "Features"))), [])
    except OSError:
        flags = []
    known = {"avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "asimddp", "i8mm"}
    return {"machine": platform.machine(), "features": sorted(known & set(flags))}
