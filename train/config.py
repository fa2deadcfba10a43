"""One typed config for every stage, in sections: configs/default.yaml, then --config FILE, then --section.key value."""

import argparse
import json
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo

from onrecord.calibration import DATA, UNIFORM
from onrecord.checkpoints import CheckpointError

SPLITS = ("train", "validation", "test")
WIDE = 12  # more labels than that do not fit beside each other in a terminal
DEFAULTS = Path(__file__).resolve().parent.parent / "configs" / "default.yaml"
Share = Annotated[float, Field(ge=0, lt=1)]
if TYPE_CHECKING:
    Labels = list[str]
else:
    Labels = list[str] | None  # null is read as []: not known before the data is (train.corpus.splits.with_labels)


class Stop(Exception):
    """Something the user can mend. Commands print it as it is, without a traceback, and exit 1."""


class Section(BaseModel):
    """Keys that belong together; the reason for each value stands beside it in configs/default.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Corpus(Section):
    """Labels, and how data is made of what people wrote."""

    labels: Labels
    definitions: dict[str, str]
    seeds: str
    data: str
    split_seed: int
    validation_share: Share
    test_share: Share
    behaviour_groups: Annotated[int, Field(ge=0)]

    @field_validator("labels")
    @classmethod
    def _known_later(cls, labels: list[str] | None) -> list[str]:
        if odd := [label for label in labels or [] if not label.strip() or not label.isprintable()]:
            raise ValueError(f"{odd[0]!r} is no name of a label: it is empty, or has characters that cannot be seen")
        return [unicodedata.normalize("NFC", label) for label in labels or []]

    @model_validator(mode="after")
    def _consistent(self) -> "Corpus":
        if (held_out := self.validation_share + self.test_share) >= 1:
            raise ValueError(f"validation_share + test_share = {held_out} leaves nothing to train on")
        if self.labels and (len(set(self.labels)) != len(self.labels) or len(self.labels) < 2):
            raise ValueError(f"labels: needs two or more different names, got {self.labels}")
        return self


class TextFiles(BaseModel):
    """How CSV and TSV files are written; None for what their header and first bytes say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: list[str] | None = None
    delimiter: str | None = None
    encoding: str | None = None


class Source(Section):
    """Rows of one's own instead of the seeds."""

    files: str | list[str] | dict[str, str | list[str]] | None
    csv: TextFiles
    text_column: str | list[str]
    title_column: str | None
    label_column: str | list[str]
    label_names: dict[str, str]
    split_column: str | None
    group_column: str | None
    on_error: Literal["stop", "skip"]
    repeats: Literal["stop", "warn"]

    @model_validator(mode="after")
    def _consistent(self) -> "Source":
        if isinstance(self.text_column, list):
            raise ValueError(
                f"text_column: {self.text_column} asks for text pairs, but the model here reads one text; "
                "name one column, or a headline as title_column"
            )
        if isinstance(self.label_column, list):
            raise ValueError(
                f"label_column: {self.label_column} asks for several labels a row (multi-label), "
                "but a row here has exactly one; name one column"
            )
        if isinstance(self.files, dict) and ("train" not in self.files or set(self.files) - set(SPLITS)):
            raise ValueError(
                f"files: has the splits {', '.join(self.files)}; it needs train and may have validation and test"
            )
        if isinstance(self.files, dict) and self.split_column:
            raise ValueError(
                f"split_column: {self.split_column}, but files names those of each split; give one or the other"
            )
        return self


class Engine(Section):
    """The model and how it is trained."""

    model: str
    max_tokens: Annotated[int, Field(gt=2)]
    epochs: Annotated[int, Field(gt=0)]
    max_steps: Annotated[int, Field(gt=0)] | None
    batch_size: Annotated[int, Field(gt=0)]
    micro_tokens: Annotated[int, Field(gt=0)]
    learning_rate: Annotated[float, Field(gt=0)]
    head_learning_rate: Annotated[float, Field(gt=0)]
    layer_decay: Annotated[float, Field(gt=0, le=1)]
    weight_decay: Annotated[float, Field(ge=0)]
    warmup_share: Share
    clip_norm: Annotated[float, Field(gt=0)]
    train_share: Annotated[float, Field(gt=0, le=1)]
    ema_decay: Share
    patience: Annotated[int, Field(gt=0)]
    precision: Literal["auto", "no", "fp16", "bf16"]
    compile: bool
    log_every: Annotated[int, Field(gt=0)]
    save_every: Annotated[int, Field(ge=0)]


class Measure(Section):
    """What a model is judged by, and what users are told."""

    metric: Annotated[str, Field(pattern=r"^(macro_f1|accuracy|f1:.+)$")]
    priors: dict[str, dict[str, Annotated[float, Field(gt=0, allow_inf_nan=False)]]]
    max_error: Annotated[float, Field(gt=0, lt=1)]
    coverage: Annotated[float, Field(gt=0, lt=1)]
    gate: str | None
    cues: dict[str, str]
    slices: list[str]

    @field_validator("cues")
    @classmethod
    def _expressions(cls, cues: dict[str, str]) -> dict[str, str]:
        for label, pattern in cues.items():
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{label}: {pattern!r:.60} is no regular expression ({error})") from error
        return cues

    @field_validator("priors")
    @classmethod
    def _free_names(cls, priors: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
        if taken := {DATA, UNIFORM} & set(priors):
            raise ValueError(f"{', '.join(sorted(taken))} is a name that every checkpoint knows; choose another one")
        return priors


class Config(Section):
    """Every knob. configs/default.yaml is the only place with defaults."""

    run: Annotated[str, Field(pattern=r"^\w[\w.-]*$")]
    output: str
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    corpus: Corpus
    source: Source
    engine: Engine
    measure: Measure

    @model_validator(mode="after")
    def _consistent(self) -> "Config":
        labels, metric = self.corpus.labels, self.measure.metric
        if not labels and self.source.files is None:
            raise ValueError(
                "corpus.labels: null reads the labels from source.files, and that is null; name the labels or the files"
            )
        for name, shares in self.measure.priors.items():
            if not labels:
                raise ValueError(
                    f"measure.priors: {name} gives shares to labels that are read from the data (corpus.labels: null); "
                    "set priors: {} or name the labels"
                )
            if set(shares) != set(labels):
                raise ValueError(
                    f"measure.priors: {name} must give a share to each of {', '.join(labels)}, "
                    f"it names {', '.join(shares)}; priors: {{}} leaves the data's shares"
                )
        if labels and metric.startswith("f1:") and metric[3:] not in labels:
            raise ValueError(f"measure.metric: {metric} names none of the labels {', '.join(labels)}")
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
            if (self.run, self.corpus.data) == ("default", "data")
            else f"`python -m train.fit` and the options of the run {self.run!r}"
        )

    @property
    def documents(self) -> str:
        """What is never split, in words: our articles, the groups of your rows, or each row by itself."""
        if self.source.files is None:
            return "articles"
        return "documents (group_column)" if self.source.group_column else "rows"


def fields(section: type[BaseModel] = Config, prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every key by its dotted name, such as engine.learning_rate, in the order of the config."""
    for name, field in section.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            yield from fields(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field


FIELDS = dict(fields())
SECTIONS = {name.partition(".")[0] for name in FIELDS if "." in name}


def flat(config: Config) -> dict[str, Any]:
    """dotted key -> value."""
    values: dict[str, Any] = config.model_dump(mode="json")
    for name in SECTIONS:
        values |= {f"{name}.{key}": value for key, value in values.pop(name).items()}
    return {key: values[key] for key in FIELDS}


def differences(config: Config) -> dict[str, Any]:
    """What a YAML file must hold so that `load` gives this config: the keys that differ from the defaults."""
    defaults = flat(load())
    return _nested({key: value for key, value in flat(config).items() if value != defaults[key]})


def load(path: Path | str = DEFAULTS, **changes: Any) -> Config:
    """The default config with the differences of the YAML file `path` and then `changes`: load(engine__epochs=3)."""
    return Config.model_validate(_merged(_merged(_read(DEFAULTS), _read(path)), _nested(changes)))


def changed(config: Config, **changes: Any) -> Config:
    """The config with these keys changed, and checked again: changed(config, run="mine", engine__epochs=3).

    A dotted key, as a study or a test has it, stands for itself: changed(config, **{"engine.epochs": 3}).
    """
    return Config.model_validate(_merged(config.model_dump(), _nested(changes)))


def parse(argv: list[str] | None = None, prog: str = "train", **extra: dict[str, Any]) -> tuple[Config, dict[str, Any]]:
    """Read the command line into a Config and the command's own options.

    `extra` maps an option's name to the keyword arguments of `add_argument`. An unknown key, in a file or as an option,
    or a value of the wrong type ends the program with exit code 2 and names the key, the nearest one and the value.
    """
    usage = f"python -m {prog} [--config FILE] [--section.key value ...]"
    parser = argparse.ArgumentParser(prog=f"python -m {prog}", usage=usage, allow_abbrev=False)
    about = "YAML with the keys that differ from configs/default.yaml"
    parser.add_argument("--config", metavar="FILE", action="append", help=about)
    for name, options in extra.items():
        parser.add_argument(f"--{name}", **options)
    groups = {name: parser.add_argument_group(name) for name in sorted(SECTIONS)}
    for key, why in _reasons_beside_keys().items():
        group = groups.get(key.partition(".")[0], parser)
        group.add_argument(f"--{key}", dest=key, metavar="", default=argparse.SUPPRESS, help=why)
    namespace, unknown = parser.parse_known_args(argv)
    if unknown:
        parser.error(_unknown(unknown[0].lstrip("-").partition("=")[0], "option --"))
    options = vars(namespace)
    if len(files := options["config"] or []) > 1:
        parser.error(f"--config is there {len(files)} times, and one would be lost: put its keys into one file")
    if empty := [key for key in FIELDS if key in options and not options[key].strip()]:  # a variable that is not set
        parser.error(f"--{empty[0]} is empty: give a value; null is written out")
    try:
        values = _merged(_read(DEFAULTS), _read(files[0]) if files else {})
        words = {key: _value(key, options[key]) for key in FIELDS if key in options}
        config = Config.model_validate(_merged(values, _nested(words)))
    except (OSError, yaml.YAMLError) as error:
        parser.error(f"--config {', '.join(files)}: {' '.join(str(error).split())}")
    except (ValueError, Stop) as error:
        parser.error(reasons(error))
    return config, {name: options[name] for name in extra}


def reasons(error: Exception) -> str:
    """What is wrong with a config, in one line; an unknown key with the nearest one that there is."""
    if not isinstance(error, ValidationError):
        return str(error)
    return "; ".join(_reason(fault) for fault in error.errors())


def run(main: Callable[[], int | None]) -> None:
    """Call a command's main; what the user can mend, a full disk too, becomes one message on stderr and exit code 1."""
    try:
        sys.exit(main() or 0)
    except (Stop, CheckpointError, OSError) as error:
        sys.exit(f"error: {error}")


def read_text(path: Path) -> str:
    """A file of UTF-8 text. Raises Stop for another one."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Stop(f"{path} is not UTF-8 (byte {error.start})") from error


def read_record(path: Path, kind: type, mend: str) -> Any:
    """What a JSON or YAML file holds, a `kind`. Raises Stop, which ends with how to `mend` it, for anything else."""
    text = read_text(path)
    try:
        content = json.loads(text) if path.suffix == ".json" else read_yaml(text)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise Stop(f"{path} cannot be read ({' '.join(str(error).split())}): {mend}") from error
    if not isinstance(content, kind):
        raise Stop(f"{path} holds {type(content).__name__}, no {kind.__name__}: {mend}")
    return content


class _Yaml(yaml.SafeLoader):
    """YAML as people write it: `no` and `off` are words, as in YAML 1.2, so that they can be labels.

    A key that stands twice in one place is an error, as in YAML 1.2: the first would be lost, a whole section perhaps.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        if keys and (twice := keys.most_common(1)[0])[1] > 1:
            raise yaml.constructor.ConstructorError(None, None, f"the key {twice[0]} is there twice", node.start_mark)
        return super().construct_mapping(node, deep)


_Yaml.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Yaml.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), ["t", "f"])


def read_yaml(text: str) -> Any:
    """What a YAML text holds. Raises yaml.YAMLError, also for a key that is there twice."""
    return yaml.load(text, _Yaml)


def _read(path: Path | str) -> dict[str, Any]:
    values = read_yaml(read_text(Path(path))) or {}
    if not isinstance(values, dict):
        raise ValueError(f"{path} holds {values!r:.40}, not keys with values")
    return values


def _merged(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`values` with the changes; sections key by key, everything else whole: priors: {} takes all priors away."""
    inner = {
        name: values[name] | change
        for name, change in changes.items()
        if name in SECTIONS and isinstance(change, dict) and isinstance(values[name], dict)
    }
    return values | changes | inner


def _nested(changes: dict[str, Any]) -> dict[str, Any]:
    """{"engine.epochs": 3} or {"engine__epochs": 3} -> {"engine": {"epochs": 3}}."""
    nested: dict[str, Any] = {}
    for name, value in changes.items():
        section, dot, key = name.replace("__", ".").partition(".")
        if dot:
            nested.setdefault(section, {})[key] = value
        else:
            nested[section] = value
    return nested


def _value(key: str, word: str) -> Any:
    """A word of the command line as YAML where the key can be that, else as it stands: --run 2024 is a name."""
    field = FIELDS[key]
    try:
        value = read_yaml(word)
        kind: Any = Annotated[(field.annotation, field)]
        TypeAdapter(kind).validate_python(value)
        return word if " #" in word and isinstance(value, str) else value  # of a name, # begins no comment
    except (yaml.YAMLError, ValidationError):
        return word


def _reason(fault: Any) -> str:
    key, message = ".".join(map(str, fault["loc"])), fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        return _unknown(key, "key ")
    if fault["type"] == "value_error":  # a rule of ours, which names what it is about; a section's, the key alone
        return f"{key}.{message}" if key in SECTIONS else f"{key}: {message}" if key else message
    if key in SECTIONS:
        return f"{key} is a section, not {fault['input']!r:.40}: it has the keys {_keys_of(key)}"
    return f"{key}: {message}, not {fault['input']!r:.60}"


def _unknown(name: str, what: str) -> str:
    """An unknown name, and the key that is nearest to it: by its last part first, as keys once had no sections."""
    if name in SECTIONS:
        return f"{what}{name} is a section: it has the keys {_keys_of(name)}"

    def alike(key: str) -> tuple[float, float]:
        last, other = name.rpartition(".")[2], key.rpartition(".")[2]
        return SequenceMatcher(None, last, other).ratio(), SequenceMatcher(None, name, key).ratio()

    nearest = max(FIELDS, key=alike)
    return f"there is no {what}{name}; the nearest is {nearest}, and configs/default.yaml has them all"


def _keys_of(section: str) -> str:
    return ", ".join(key for key in FIELDS if key.startswith(f"{section}."))


def _reasons_beside_keys() -> dict[str, str]:
    """What configs/default.yaml says behind each key, for --help: it is written once."""
    why, section = dict.fromkeys(FIELDS, ""), ""
    lines = re.findall(r"(?m)^(  )?(\w+):(.*(?:\n {4,}#.*)*)", DEFAULTS.read_text(encoding="utf-8"))
    for indent, name, rest in lines:  # a reason may go on in comments of their own, further in
        section = section if indent else name
        key = f"{section}.{name}" if indent else name
        if key in why:
            why[key] = " ".join(re.sub(r"\n +#", " ", rest).partition("#")[2].split()).replace("%", "%%")
    return why
