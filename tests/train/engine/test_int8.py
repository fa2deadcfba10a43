"""What is quantised says nearly what fp32 says, what does harm is seen, and it is left out first."""

from collections.abc import Sequence

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from train.engine import int8
from train.engine.int8 import Site, find_sites, harms, ladder, quantised, set_scales

WORDS, WIDTH, LABELS = 4000, 64, 5
ROWS = [[int(i) for i in np.random.default_rng(n).integers(1, WORDS, 3 + n % 9)] for n in range(40)]
OUTLIER = 7  # a channel of the word vectors with fifty times the range of the others


@pytest.fixture
def model() -> onnx.ModelProto:
    """Word vectors, two matrices that read them, a third that reads the sum of these, and the mean over real tokens."""
    random = np.random.default_rng(0)
    table = random.standard_normal((WORDS, WIDTH)).astype(np.float32)
    table[:, OUTLIER] *= 50
    arrays = {
        "table": table,
        "unread": np.ones((9, 9), dtype=np.float32),
        "axes": np.array([1]),
        "last": np.array([-1]),
    }
    for name, shape in (("first", (WIDTH, 48)), ("second", (WIDTH, 48)), ("third", (48, LABELS))):
        arrays[name] = (random.standard_normal(shape) / 8).astype(np.float32)
    arrays["layer.0.query.bias"] = random.standard_normal(48).astype(np.float32)
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["words"]),
        helper.make_node("MatMul", ["words", "first"], ["a"], name="n1"),
        helper.make_node("Add", ["a", "layer.0.query.bias"], ["biased"]),
        helper.make_node("MatMul", ["words", "second"], ["b"], name="n2"),
        helper.make_node("Add", ["biased", "b"], ["sum"]),
        helper.make_node("Tanh", ["sum"], ["bent"]),
        helper.make_node("MatMul", ["bent", "third"], ["scores"], name="n3"),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["mask_of_each"]),
        helper.make_node("Mul", ["scores", "mask_of_each"], ["real"]),
        helper.make_node("ReduceSum", ["real", "axes"], ["logits"], keepdims=0),
    ]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["rows", "tokens"])
        for name in ("input_ids", "attention_mask")
    ]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["rows", LABELS])]
    tensors = [numpy_helper.from_array(array, name) for name, array in arrays.items()]
    graph = helper.make_graph(nodes, "made", inputs, outputs, tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


@pytest.fixture
def found(model: onnx.ModelProto) -> list[Site]:
    made = find_sites(model)
    set_scales(model, made, ROWS, 0)
    return made


def scores(model: onnx.ModelProto, rows: Sequence[Sequence[int]] = ROWS) -> np.ndarray:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    ids, mask = int8.padded(rows, 0)
    return session.run(["logits"], {"input_ids": ids, "attention_mask": mask})[0]


def off(model: onnx.ModelProto, other: onnx.ModelProto) -> float:
    """Relative difference of the scores."""
    return float(np.linalg.norm(scores(other) - scores(model)) / np.linalg.norm(scores(model)))


def test_sites_are_the_products_with_weights(model: onnx.ModelProto) -> None:
    made = find_sites(model)
    assert [(site.source, site.nodes, site.outputs, site.widths) for site in made] == [
        ("words", ["n1", "n2"], ["biased", "b"], [48, 48]),
        ("bent", ["n3"], ["scores"], [LABELS]),
    ]
    assert made[0].label == "layer.0.query" and made[0].weights.shape == (WIDTH, 96)


def test_both_ways_say_nearly_what_fp32_says(model: onnx.ModelProto, found: list[Site]) -> None:
    by_blocks, static = (quantised(model, found, names) for names in (set(), {"words", "bent"}))
    assert 0 < off(model, by_blocks) < 0.03 and 0 < off(model, static) < 0.05
    kinds = [[node.op_type for node in made.graph.node] for made in (by_blocks, static)]
    counted = [
        [kind.count(name) for name in ("MatMulNBits", "MatMulIntegerToFloat", "MatMul", "Add")] for kind in kinds
    ]
    assert counted == [[2, 0, 0, 1], [0, 2, 0, 1]]  # the bias is added by the product
    for made in (by_blocks, static):
        alone = np.concatenate([scores(made, [row]) for row in ROWS])
        assert np.abs(alone - scores(made)).max() < 1e-4 * np.abs(alone).max(), "neighbours change the answer"


def test_weights_and_word_vectors_are_kept_in_a_quarter_of_the_bytes(model: onnx.ModelProto, found: list[Site]) -> None:
    made = quantised(model, found, {"words"})
    assert made.ByteSize() < 0.3 * model.ByteSize()
    assert "unread" not in {tensor.name for tensor in made.graph.initializer}
    assert max(len(t.raw_data) for t in made.graph.initializer if t.data_type == TensorProto.FLOAT) <= 4 * WORDS


def test_weights_of_static_products_have_seven_bits(model: onnx.ModelProto, found: list[Site]) -> None:
    made = quantised(model, found, {"words", "bent"})
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in made.graph.initializer}
    whole = [arrays[f"{site.source}_weights_int8"] for site in found]
    assert [np.abs(matrix).max() for matrix in whole] == [63, 63]


def test_a_channel_of_wide_range_is_smoothed(
    model: onnx.ModelProto, found: list[Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = found[0]
    assert words.smooth is not None and words.smooth.argmax() == OUTLIER
    monkeypatch.setattr(int8, "ALPHAS", (0.0,))
    plain = find_sites(model)
    set_scales(model, plain, ROWS, 0)
    assert plain[0].smooth is None and plain[0].error > 1.1 * words.error


def test_padding_sets_no_scales(model: onnx.ModelProto) -> None:
    table = numpy_helper.to_array(model.graph.initializer[0]).copy()
    table[0] = 1e6  # the padding id's vector
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(table, "table"))
    made = find_sites(model)
    set_scales(model, made, ROWS, 0)
    assert made[0].scale < 100 and made[0].work == sum(map(len, ROWS)) * WIDTH * 96


@pytest.mark.parametrize("worse", [0, 1])
def test_what_does_harm_is_seen(model: onnx.ModelProto, found: list[Site], worse: int) -> None:
    before = harms(model, found, ROWS, 0)
    found[worse].scale *= 20
    after = harms(model, found, ROWS, 0)
    assert after[worse] > 10 * before[worse] > 0 and after[1 - worse] == before[1 - worse]


def test_each_rung_halves_the_harm_and_the_last_has_none() -> None:
    def site(name: str, work: int) -> Site:
        return Site(name, [name], [name], name, np.zeros((1, 1)), np.zeros(1), [1], work)

    four = [site("cheap", 1), site("a", 10), site("b", 10), site("c", 10)]
    rungs = ladder(four, [2.0, 16.0, 1.0, 4.0])
    assert [sorted(site.source for site in rung) for rung in rungs] == [
        ["a", "b", "c", "cheap"],
        ["b", "c"],  # 5 of 23; "cheap" has more harm for its work than c, and a saves the most
        ["b"],
        [],
    ]
    assert ladder([site("only", 1)], [0.0]) == [[site("only", 1)], []]
