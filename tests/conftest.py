"""A small corpus and small models, made here: no test needs the network or the real seeds."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
import torch
import transformers
from safetensors.torch import load_file

from train import build, export, fit
from train.config import Config, changed, load
from train.engine.model import load_model

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT / "tests" / "fixtures"


def fixture(name: str) -> list[dict]:
    """The rows of a table of tests/fixtures."""
    return [json.loads(line) for line in (FIXTURES / name).read_text(encoding="utf-8").splitlines()]


LABELS = ["claim", "hedge", "denial", "scheduling", "none"]
CUE = {"claim": "said", "hedge": "perhaps", "denial": "denied", "scheduling": "tomorrow", "none": "why"}


def write_seeds(root: Path, articles: int = 40, rows: int = 6, groups: int = 6) -> Path:
    """Random words with one tell-tale word a label: learnable, and no two sentences alike."""
    random = Random(3)
    words = ["".join(random.choices("abcdefghiklmnoprstuw", k=random.randint(3, 9))) for _ in range(4000)]

    def sentence(label: str) -> str:
        picked = random.sample(words, random.randint(5, 14))
        picked.insert(random.randrange(len(picked)), CUE[label])
        return " ".join(picked).capitalize() + "."

    for folder, documents in (("articles", articles), ("contrasts", groups)):
        (root / folder).mkdir(parents=True, exist_ok=True)
        with open(root / folder / "made.jsonl", "w", encoding="utf-8") as file:
            for d in range(documents):
                doc = f"{folder[0]}{d:03d}"
                head = {"doc": doc, "author": "test"}
                if folder == "articles":
                    head |= {
                        "title": "T",
                        "published": "2020-01-01",
                        "domain": "politics",
                        "style": "wire",
                        "english": "American",
                        "part": "natural",
                    }
                else:
                    head |= {"rule": f"rule-{d % 2}"}
                print(json.dumps(head), file=file)
                for order in range(1, rows + 1):
                    label = LABELS[(d + order) % 5]
                    print(json.dumps({"doc": doc, "order": order, "text": sentence(label), "label": label}), file=file)
    return root


def weights(config: Config) -> dict[str, torch.Tensor]:
    """Of the checkpoint that `config` wrote."""
    return load_file(config.checkpoint / "model.safetensors")


@pytest.fixture(autouse=True)
def threads_as_before() -> Iterator[None]:
    """What a test made of torch's threads ends with it: sums of floats, so trained weights, hang on their number."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    return write_seeds(tmp_path / "seeds")


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A config whose data is built, for a tiny model and a short run."""
    root = tmp_path_factory.mktemp("chain")
    write_seeds(root / "seeds")
    config = load(
        run="tiny",
        output=str(root / "runs"),
        corpus__seeds=str(root / "seeds"),
        corpus__data=str(root / "data"),
        corpus__behaviour_groups=1,
        engine__model="tiny",
        engine__epochs=2,
        engine__learning_rate=3e-3,
        engine__head_learning_rate=3e-3,
        engine__batch_size=8,
        engine__log_every=1,
    )
    build.main(config)
    return config


@pytest.fixture(scope="session")
def checkpoint(settings: Config) -> Path:
    """A trained tiny checkpoint."""
    fit.main(settings)
    return settings.checkpoint


@pytest.fixture(scope="session")
def exported(settings: Config, checkpoint: Path) -> Config:
    """The same run with model.onnx beside the weights."""
    config = changed(settings, run="exported")
    shutil.copytree(checkpoint, config.checkpoint)
    export.main(config)
    return config


@pytest.fixture(scope="session")
def without_dropout(settings: Config) -> Path:
    """An untrained tiny model that drops nothing out: dropout's random numbers depend on how a batch is cut."""
    directory = Path(settings.output) / "without-dropout"
    transformers.set_seed(0)
    tokenizer, model = load_model(settings.engine, LABELS)
    model.config.hidden_dropout_prob = model.config.attention_probs_dropout_prob = 0.0
    model.save_pretrained(directory)
    tokenizer.save_pretrained(directory)
    return directory
