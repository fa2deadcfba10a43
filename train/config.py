"""One flat typed config for every stage: configs/default.yaml, then --config FILE, then --key value."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import jsonargparse
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from onrecord.calibration import DATA, UNIFORM

SPLITS = ("train", "validation", "test")
WIDE = 12  # more labels than that do not fit beside each other in a terminal
DEFAULTS = Path(__file__).resolve().parent.parent / "configs" / "default.yaml"
Share = Annotated[float, Field(ge=0, lt=1)]
Files = Annotated[
    str | list[str] | dict[str, str | list[str]], Field(description="where the rows of one's own data are")
]
if TYPE_CHECKING:
    Labels = list[str]
else:
    Labels = list[str] | None  # null is read as []: not known before the data is (train.corpus.splits.with_labels)


class Stop(Exception):
    """Something the user can mend. Commands print it as it is, without a traceback, and exit 1."""


class Config(BaseModel):
    """Every knob; the reason for each value stands beside it in configs/default.yaml, the only place with defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    labels: Labels
    definitions: dict[str, str]
    seeds: str
    data: str
    max_characters: Annotated[int, Field(gt=0)]
    split_seed: int
    validation_share: Share
    test_share: Share
    near_duplicate: Annotated[float, Field(gt=0, le=1)]
    behaviour_groups: Annotated[int, Field(ge=0)]
    source: Files | None
    columns: list[str] | None
    text_column: str | list[str]
    title_column: str | None
    label_column: str | list[str]
    label_names: dict[str, str]
    group_column: str | None
    split_column: str | None
    repeats: Literal["stop", "warn"]
    paraphrase: Annotated[float, Field(gt=0, le=1)]
    paraphrase_words: Annotated[int, Field(gt=0)]
    shortcut_length: Annotated[float, Field(gt=0, le=1)]
    shortcut_precision: Annotated[float, Field(gt=0, le=1)]
    shortcut_coverage: Annotated[float, Field(gt=0, le=1)]
    open_label_issues: Annotated[float, Field(ge=0, le=1)]
    repeated_4grams: Annotated[float, Field(ge=0, le=1)]
    top_opening: Annotated[float, Field(ge=0, le=1)]
    top_name: Annotated[float, Field(ge=0, le=1)]
    model: str
    max_tokens: Annotated[int, Field(gt=2)]
    run: Annotated[str, Field(pattern=r"^[\w.-]+$")]
    output: str
    seed: int
    epochs: Annotated[int, Field(gt=0)]
    max_steps: Annotated[int, Field(gt=0)] | None
    batch_size: Annotated[int, Field(gt=0)]
    micro_tokens: Annotated[int, Field(gt=0)]
    learning_rate: Annotated[float, Field(gt=0)]
    head_learning_rate: Annotated[float, Field(gt=0)]
    weight_decay: Annotated[float, Field(ge=0)]
    warmup_share: Share
    clip_norm: Annotated[float, Field(gt=0)]
    train_share: Annotated[float, Field(gt=0, le=1)]
    ema_decay: Share
    metric: Annotated[str, Field(pattern=r"^(macro_f1|accuracy|f1:.+)$")]
    patience: Annotated[int, Field(gt=0)]
    precision: Literal["no", "fp16", "bf16"]
    compile: bool
    log_every: Annotated[int, Field(gt=0)]
    save_every: Annotated[int, Field(ge=0)]
    priors: dict[str, dict[str, Annotated[float, Field(gt=0)]]]
    max_error: Annotated[float, Field(gt=0, lt=1)]
    set_coverage: Annotated[float, Field(gt=0, lt=1)]
    gate: str | None
    cues: dict[str, str]
    slices: list[str]
    slice_rows: Annotated[int, Field(gt=0)]

    @field_validator("labels")
    @classmethod
    def _known_later(cls, labels: list[str] | None) -> list[str]:
        return labels or []

    @model_validator(mode="after")
    def _consistent(self) -> "Config":
        if isinstance(self.text_column, list):
            raise ValueError(
                f"text_column: {self.text_column} asks for text pairs, but the model here reads one text; name one column, or a headline as title_column"
            )
        if isinstance(self.label_column, list):
            raise ValueError(
                f"label_column: {self.label_column} asks for several labels a row (multi-label), but a row here has exactly one; name one column"
            )
        if isinstance(self.source, dict) and ("train" not in self.source or set(self.source) - set(SPLITS)):
            raise ValueError(
                f"source: has the splits {', '.join(self.source)}; it needs train and may have validation and test"
            )
        if isinstance(self.source, dict) and self.split_column:
            raise ValueError(
                f"split_column: {self.split_column}, but source names the files of each split; give one or the other"
            )
        if self.validation_share + self.test_share >= 1:
            raise ValueError(
                f"validation_share + test_share = {self.validation_share + self.test_share} leaves nothing to train on"
            )
        if not self.labels:
            if self.source is None:
                raise ValueError(
                    "labels: null reads the labels from a source, and source is null; name the labels or give a source"
                )
            if self.priors:
                raise ValueError(
                    f"priors: {', '.join(self.priors)} gives shares to labels that are read from the data (labels: null); set priors: {{}} or name the labels"
                )
            return self
        if len(set(self.labels)) != len(self.labels) or len(self.labels) < 2:
            raise ValueError(f"labels: needs two or more different names, got {self.labels}")
        if taken := {DATA, UNIFORM} & set(self.priors):
            raise ValueError(
                f"priors: {', '.join(sorted(taken))} is a name that every checkpoint knows already; choose another one"
            )
        for name, shares in self.priors.items():
            if set(shares) != set(self.labels):
                raise ValueError(
                    f"priors: {name} must give a share to each of {', '.join(self.labels)}, it names {', '.join(shares)}; priors: {{}} leaves the data's shares"
                )
        if self.metric.startswith("f1:") and self.metric[3:] not in self.labels:
            raise ValueError(f"metric: {self.metric} names none of the labels {', '.join(self.labels)}")
        return self

    @property
    def run_dir(self) -> Path:
        """Where this run writes."""
        return Path(self.output) / self.run

    @property
    def checkpoint(self) -> Path:
        """The directory that users load."""
        return self.run_dir / "checkpoint"

    @property
    def fit_command(self) -> str:
        """What makes that checkpoint, for messages: `make train` knows the default run only."""
        return (
            "`make train`"
            if (self.run, self.data) == ("default", "data")
            else f"`python -m train.fit` and the options of the run {self.run!r}"
        )

    @property
    def documents(self) -> str:
        """What the data calls that which is never split: ours are articles."""
        return "articles" if self.source is None else "documents (group_column)"


def parse(argv: list[str] | None = None, prog: str = "train", **extra: dict[str, Any]) -> tuple[Config, dict[str, Any]]:
    """Read the command line into a Config and the command's own options.

    `extra` maps an option's name to the keyword arguments of `add_argument`. An unknown key or a value of the wrong
    type ends the program with usage and exit code 2.
    """
    parser = jsonargparse.ArgumentParser(prog=f"python -m {prog}", default_config_files=[str(DEFAULTS)])
    parser.add_argument(
        "--config", action="config", help="YAML file with the keys that differ from configs/default.yaml"
    )
    for name, options in extra.items():
        parser.add_argument(f"--{name}", **options)
    parser.add_class_arguments(Config)
    why = reasons_beside_keys()
    for action in parser._actions:  # argparse's own list, by which everybody reaches an added argument
        action.help = why.get(action.dest, action.help)
    parser.usage = f"python -m {prog} [--config FILE] [--key value ...]"
    found = parser.parse_args(argv).as_dict()
    try:
        config = Config.model_validate({key: found[key] for key in Config.model_fields})
    except ValueError as error:  # the cross-field rules above; single fields were checked by the parser
        print(f"error: {reasons(error)}", file=sys.stderr)
        sys.exit(2)
    return config, {name: found[name] for name in extra}


def reasons(error: ValueError) -> str:
    """What is wrong with a config, in one line."""
    if not isinstance(error, ValidationError):
        return str(error)
    return "; ".join(
        ".".join(map(str, e["loc"])) + ": " * bool(e["loc"]) + e["msg"].removeprefix("Value error, ")
        for e in error.errors()
    )


def reasons_beside_keys() -> dict[str, str]:
    """What configs/default.yaml says behind each key, for --help: it is written once."""
    found = re.findall(r"(?m)^(\w+):[^#\n]*?#\s*(.+)$", DEFAULTS.read_text())
    return {key: comment.replace("%", "%%") for key, comment in found}


def load(path: Path | str = DEFAULTS, **changes: Any) -> Config:
    """The default config with the differences of the YAML file `path` and then `changes`: for tests and notebooks."""
    values = yaml.safe_load(DEFAULTS.read_text()) | (yaml.safe_load(Path(path).read_text()) or {}) | changes
    return Config.model_validate(values)


def run(main: Callable[[], int | None]) -> None:
    """Call a command's main; what the user can mend becomes one message on stderr and exit code 1."""
    try:
        sys.exit(main() or 0)
    except Stop as stop:
        sys.exit(f"error: {stop}")
