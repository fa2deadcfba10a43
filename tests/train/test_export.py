"""ONNX says what torch says, runs without torch, and int8 is kept and answers where it is nearly as good."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
import transformers
from onnx import numpy_helper
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from onrecord import Classifier
from onrecord.classifier import CheckpointError
from onrecord.cli import app
from onrecord.inference.backends import OnnxBackend, weights_fingerprint
from tests.conftest import changed
from train import export, fit
from train.config import Config, Stop
from train.corpus.splits import rows_of
from train.engine.model import TINY

TEXTS = [
    "",
    "One said.",
    "😀",
    "\ud800 lone",
    "word " * 700,
    *(f"Sentence {i} " + "word " * (i * 7 % 40) for i in range(60)),
]


@pytest.fixture
def own(exported: Config) -> Config:
    """A copy that a test may spoil."""
    config = changed(exported, run="spoiled")
    shutil.rmtree(config.run_dir, ignore_errors=True)
    shutil.copytree(exported.checkpoint, config.checkpoint)
    return config


def test_onnx_is_torch(exported: Config) -> None:
    a, b = (Classifier.load(exported.checkpoint, backend=name) for name in ("onnx", "torch"))
    assert (a.backend.name, b.backend.name) == ("onnx", "torch")
    assert np.abs(a.logits(TEXTS)[0] - b.logits(TEXTS)[0]).max() < 1e-4


@pytest.mark.slow
def test_mpnet(settings: Config, tmp_path: Path) -> None:
    """Its padding has id 1, its positions are numbered from 2 on, and its attention has a bias by relative position."""
    words = sorted(
        {word for row in rows_of(settings.corpus, "train") for word in row["text"].lower().strip(".").split()}
    )
    names = ["<s>", "<pad>", "</s>", "[UNK]", "<mask>", ".", *words]
    tokenizer = transformers.MPNetTokenizer(vocab={name: i for i, name in enumerate(names)})
    transformers.set_seed(0)
    model = transformers.MPNetModel(transformers.MPNetConfig(vocab_size=len(names), max_position_embeddings=66, **TINY))
    for part in (tokenizer, model):
        part.save_pretrained(tmp_path / "encoder")
    config = changed(
        settings,
        engine__model=str(tmp_path / "encoder"),
        run="mpnet",
        output=str(tmp_path),
        engine__max_tokens=64,
        engine__max_steps=3,
    )
    fit.main(config)
    export.main(config)
    ours, theirs = (Classifier.load(config.checkpoint, backend=name) for name in ("onnx", "torch"))
    assert ours.backend.pad == 1 and ours.max_tokens == 64
    texts = [*TEXTS, *(row["text"] for row in rows_of(settings.corpus, "validation"))]
    assert np.abs(ours.logits(texts)[0] - theirs.logits(texts)[0]).max() < 1e-4
    assert np.abs(ours.logits(texts)[0] - ours.logits(texts, budget=1)[0]).max() < 1e-5
    record = json.loads((config.checkpoint / "export.json").read_text())
    assert record["kept"] == ["model.onnx", "model.int8.onnx"] and record["int8"][-1]["moved_by_the_batch"] < 1e-3
    quick = Classifier.load(config.checkpoint)
    assert quick.backend.name == "int8" and np.abs(quick.logits(texts)[0] - ours.logits(texts)[0]).max() < 0.1
    whole = transformers.AutoModelForSequenceClassification.from_pretrained(config.checkpoint).eval()
    tokens = transformers.AutoTokenizer.from_pretrained(config.checkpoint)(
        texts[-20:], padding=True, return_tensors="pt"
    )
    with torch.inference_mode():
        expected = whole(input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"]).logits
    assert np.abs(ours.logits(texts[-20:])[0] - expected.numpy()).max() < 1e-4


def test_as_many_batches_side_by_side_as_the_container_grants_threads(
    exported: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onrecord.inference.backends.threads", lambda: 3)
    backend = Classifier.load(exported.checkpoint).backend
    assert isinstance(backend, OnnxBackend) and backend.callers == 3
    assert backend._session.get_session_options().intra_op_num_threads == 1


@pytest.mark.parametrize(
    "content",
    [
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
        b"\xff" * 20,
        *(
            len(header).to_bytes(8, "little") + header
            for header in (b"[]", b'{"a":1}', b'{"a":{"data_offsets":[0,10000]}}')
        ),
    ],
)
def test_weights_that_are_none_are_told(own: Config, content: bytes) -> None:
    (own.checkpoint / "model.safetensors").write_bytes(content)
    with pytest.raises(ValueError, match=r"model\.safetensors is no|delimiter|Expecting"):
        weights_fingerprint(own.checkpoint / "model.safetensors")
    with pytest.raises(CheckpointError, match=r"was not made from the model\.safetensors beside it"):
        Classifier.load(own.checkpoint)


def test_the_batch_does_not_matter(exported: Config) -> None:
    classifier = Classifier.load(exported.checkpoint, backend="onnx")
    whole = classifier.logits(TEXTS)[0]
    assert np.abs(whole - classifier.logits(TEXTS, budget=1)[0]).max() < 1e-5
    assert np.abs(whole - classifier.logits(TEXTS[::-1], budget=10**6)[0][::-1]).max() < 1e-5


def test_all_of_onrecord_runs_where_torch_cannot_be_imported(
    exported: Config, checkpoint: Path, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("The minister said no.\n")
    code = f"""
import sys, importlib, pathlib
for name in ("torch", "transformers", "safetensors", "scipy", "sklearn", "datasets"):
    sys.modules[name] = None
import onrecord, onrecord.cli
root = pathlib.Path(onrecord.__file__).parent
for path in root.rglob("*.py"):
    if path.stem != "__main__":
        importlib.import_module(".".join(("onrecord", *path.relative_to(root).with_suffix("").parts)))
from typer.testing import CliRunner
for command in (["predict", "One said."], ["read", {str(tmp_path / "a.txt")!r}, "--published", "2024-05-02"], ["info"]):
    found = CliRunner().invoke(onrecord.cli.app, [*command, "--model", {str(exported.checkpoint)!r}])
    assert found.exit_code == 0, (command, found.output, found.exception)
print(onrecord.Classifier.load({str(exported.checkpoint)!r}).predict("One said.").label)
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert found.stdout.strip() == Classifier.load(checkpoint).predict("One said.").label


@pytest.mark.slow
def test_an_onnx_file_of_other_weights_is_refused(own: Config) -> None:
    weights = own.checkpoint / "model.safetensors"
    tensors = load_file(weights)
    tensors["classifier.bias"][2] += 1e-3  # the least a training could do
    save_file(tensors, weights, metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match=r"was not made from the model\.safetensors beside it.*train\.export"):
        Classifier.load(own.checkpoint)
    with pytest.raises(CheckpointError, match=r"model\.safetensors was changed after the export.*delete export\.json"):
        Classifier.load(own.checkpoint, backend="torch")
    (own.checkpoint / "export.json").unlink()
    assert Classifier.load(own.checkpoint, backend="torch").backend.name == "torch"
    export.main(own)
    assert Classifier.load(own.checkpoint).backend.name in ("int8", "onnx")
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(CheckpointError, match="was not made from"):
        Classifier.load(own.checkpoint)
    weights.unlink()
    assert Classifier.load(own.checkpoint).backend.name in ("int8", "onnx")  # an installation has no use for weights


@pytest.mark.parametrize(
    ("file", "backend"), [("model.onnx", "onnx"), ("model.int8.onnx", "int8"), ("model.safetensors", "torch")]
)
def test_zeros_in_the_middle_of_a_file_are_seen(own: Config, file: str, backend: str) -> None:
    path = own.checkpoint / file
    Classifier.load(own.checkpoint, backend=backend)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 40_000] = bytes(40_000)
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=rf"{file} was changed after the export \(its SHA-256"):
        Classifier.load(own.checkpoint, backend=backend)


@pytest.mark.parametrize(
    "content", [None, "", "[]", "{}", '{"sha256": {}}', '{"sha256": 1}', '{"sha256": {"model.onnx": "0"}}']
)
def test_an_onnx_file_without_its_record_is_refused(own: Config, content: str | None) -> None:
    (own.checkpoint / "export.json").unlink()
    if content is not None:
        (own.checkpoint / "export.json").write_text(content)
    for backend in (None, "onnx", "int8"):
        with pytest.raises(CheckpointError, match=r"export\.json does not say|was changed after the export"):
            Classifier.load(own.checkpoint, backend=backend)


def test_a_checkpoint_is_not_exported_on_other_data_than_it_was_trained_on(own: Config) -> None:
    path = own.checkpoint / "training.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"data": "other"}))
    with pytest.raises(Stop, match="was trained on other data"):
        export.main(own)


def test_a_new_training_leaves_no_old_onnx_file(settings: Config, checkpoint: Path, tmp_path: Path) -> None:
    config = changed(settings, output=str(tmp_path), engine__max_steps=1)
    shutil.copytree(checkpoint, config.checkpoint)
    (config.checkpoint / "model.onnx").write_bytes(b"of an earlier training")
    fit.main(config, force=True)
    assert not (config.checkpoint / "model.onnx").exists()


def test_without_either_it_says_what_to_do(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(CheckpointError, match=r"train\.export.*pip install 'onrecord\[torch\]'"):
        Classifier.load(checkpoint)
    with pytest.raises(CheckpointError, match=r"holds no model\.onnx"):
        Classifier.load(checkpoint, backend="onnx")
    with pytest.raises(ValueError, match="unknown"):
        Classifier.load(checkpoint, backend="tensorrt")
    with pytest.raises(ValueError, match="CPU only"):
        Classifier.load(checkpoint, backend="onnx", device="cuda")


def test_int8_that_holds_is_the_default_and_nearly_as_good(exported: Config) -> None:
    record = json.loads((exported.checkpoint / "export.json").read_text())
    last = record["int8"][-1]
    assert record["default"] == "int8" and record["kept"] == ["model.onnx", "model.int8.onnx"] and last["holds"]
    assert last["equal_labels"] >= record["limits"]["equal_labels"] == 0.985
    assert last["macro_f1_lost"] <= record["limits"]["macro_f1_lost"] == 0.003
    assert last["moved_by_the_batch"] <= record["limits"]["moved_by_the_batch"] == 1e-3
    quick, exact = (Classifier.load(exported.checkpoint, backend=name) for name in (None, "onnx"))
    assert quick.backend.name == "int8" and exact.backend.name == "onnx"
    texts = [row["text"] for row in rows_of(exported.corpus, "test")]
    differ = np.abs(quick.probabilities(texts) - exact.probabilities(texts)).max()
    # each of the 30,522 words has a scale beside 32 numbers
    assert 0 < differ < 0.1 and last["bytes"] < 0.4 * record["bytes"]


@pytest.mark.slow
def test_a_doctored_int8_is_refused(
    own: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    real = export.quantised
    texts = [row["text"] for row in rows_of(own.corpus, "validation")]
    answers = Classifier.load(own.checkpoint, backend="torch").probabilities(texts).argmax(1)
    another = 99 * np.eye(5, dtype=np.float32)[np.bincount(answers, minlength=5).argmin()]  # it may give but one label

    def doctored(*given: Any) -> onnx.ModelProto:
        model = real(*given)
        for tensor in model.graph.initializer:
            if tensor.name.startswith("classifier.bias"):
                tensor.CopyFrom(numpy_helper.from_array(another, tensor.name))
        return model

    (own.checkpoint / "model.int8.onnx").write_bytes(b"of an earlier export")
    monkeypatch.setattr(export, "quantised", doctored)
    assert export.main(own) == 0
    record = json.loads((own.checkpoint / "export.json").read_text())
    assert len(record["int8"]) > 1 and not any(rung["holds"] for rung in record["int8"])
    assert record["kept"] == ["model.onnx"] and record["default"] == "onnx"
    assert all("labels differ" in rung["reason"] for rung in record["int8"])
    assert not (own.checkpoint / "model.int8.onnx").exists() and "fp32 is the default" in capsys.readouterr().out
    assert Classifier.load(own.checkpoint).backend.name == "onnx"


@pytest.mark.slow
def test_an_onnx_that_is_not_torch_is_refused_and_nothing_written(own: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path.name: path.read_bytes() for path in own.checkpoint.iterdir()}
    real: Callable = export.to_onnx

    def doctored(model: object, path: Path) -> onnx.ModelProto:
        made = real(model, path)
        for tensor in made.graph.initializer:
            if tensor.name == "classifier.bias":
                tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) + np.float32(0.001), tensor.name))
        return made

    monkeypatch.setattr(export, "to_onnx", doctored)
    with pytest.raises(Stop, match=r"differs from torch by 0\.001"):
        export.main(own)
    assert before == {path.name: path.read_bytes() for path in own.checkpoint.iterdir()} and [
        p.name for p in own.run_dir.iterdir()
    ] == ["checkpoint"]


class Neighbourly:
    """A backend whose scores depend on how many rows run together."""

    name, version, pad, budget, callers = "neighbourly", "0", 0, 512, 1

    def logits(self, rows: Sequence[Sequence[int]]) -> np.ndarray:
        return np.array([[float(len(rows)), 0, 0, 0, 0]] * len(rows))


@pytest.mark.slow
def test_what_depends_on_the_batch_is_seen_and_refused(own: Config) -> None:
    tokens = Classifier.load(own.checkpoint).tokens
    neighbourly = Classifier(Neighbourly(), tokens, list("abcde"))
    assert export.moved_by_batch(neighbourly, TEXTS, 1.0) > 0.1
    targets = np.zeros(len(TEXTS), dtype=int)
    verdict = export.judge(neighbourly.logits(TEXTS)[0], neighbourly, TEXTS, targets, 1.0)
    assert not verdict["holds"] and "move with the batch" in verdict["reason"]


class Prepared:
    """A classifier that gives these scores to the texts "0", "1", ..."""

    def __init__(self, scores: np.ndarray) -> None:
        self.scores = scores

    def logits(self, texts: Sequence[str], budget: int | None = None) -> tuple[np.ndarray, list[int]]:
        return self.scores[[int(text) for text in texts]], [1] * len(texts)


def judged(reference: np.ndarray, scores: np.ndarray, targets: np.ndarray) -> dict[str, Any]:
    return export.judge(reference, Prepared(scores), [str(i) for i in range(len(targets))], targets, 1.0)


def test_the_limits() -> None:
    targets = np.arange(2000) % 5
    right = 9 * np.eye(5)[targets]
    assert judged(right, right, targets)["holds"]
    for wrong, holds in ((32, False), (8, False), (4, True)):  # 1.6%, 0.4% and 0.2% of the labels, once right
        scores = right.copy()
        scores[:wrong] = np.roll(scores[:wrong], 1, axis=1)
        assert judged(right, scores, targets)["holds"] == holds
    elsewhere = np.roll(right, 1, axis=1)  # what was wrong before may become wrong otherwise, at 1.5% of the labels
    for wrong, holds in ((30, True), (31, False)):
        scores = elsewhere.copy()
        scores[:wrong] = np.roll(scores[:wrong], 1, axis=1)
        assert judged(elsewhere, scores, targets)["holds"] == holds
    assert not judged(right, right / 9, targets)["holds"]  # equal labels, other confidence
    assert judged(right, np.full_like(right, np.nan), targets)["reason"] == "some scores are not finite"
    hopeless = judged(right, elsewhere, targets)
    assert hopeless == {"holds": False, "reason": "500 of the first 500 labels differ"}


def test_backend_on_the_command_line(own: Config, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text\nOne said.\n")
    where = ["--model", str(own.checkpoint)]
    for name in ("onnx", "int8", "torch"):
        found = CliRunner().invoke(app, ["predict", "One said.", "--json", "--backend", name, *where])
        assert found.exit_code == 0
        assert json.loads(found.stdout)["label"] == Classifier.load(own.checkpoint).predict("One said.").label
        assert (
            CliRunner()
            .invoke(app, ["score", str(tmp_path / "in.csv"), str(tmp_path / f"{name}.csv"), "--backend", name, *where])
            .exit_code
            == 0
        )
    (own.checkpoint / "model.int8.onnx").unlink()
    missing = CliRunner().invoke(app, ["predict", "One said.", "--backend", "int8", *where])
    assert missing.exit_code == 1 and "holds no model.int8.onnx" in missing.stderr
    assert CliRunner().invoke(app, ["predict", "One said.", "--backend", "tensorrt", *where]).exit_code == 2
