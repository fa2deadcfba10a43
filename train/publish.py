"""Put a trained model, and with --data its data, onto the Hugging Face hub; private unless --public.

    python -m train.publish --to owner/name [--run RUN] [--data] [--public] [--revision BRANCH] [--dry-run]

The model goes into the model repository owner/name: weights, ONNX files, calibration, card, metrics.json. The Parquet
splits and their card go into the dataset repository of that name. `Classifier.load("owner/name", revision=…)` reads it.
Other files that lie beside these stay here. What of these is no longer here, such as an int8 file, is deleted there. A
repository that is there already and public is refused without --public. The token is the one of `hf auth login` or
HF_TOKEN.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import HfApi
from huggingface_hub.errors import HFValidationError, LocalTokenNotFoundError
from huggingface_hub.utils import validate_repo_id

from onrecord import Classifier
from onrecord.classifier import CheckpointError
from onrecord.inference.backends import INT8, ONNX, RECORD, WEIGHTS
from train.config import SPLITS, Stop, load, read_record, run
from train.corpus.splits import built, load_split
from train.measure.shipped import refuse_other_figures

NEEDED = ("config.json", "tokenizer.json", WEIGHTS, ONNX, RECORD, "calibration.json", "training.json", "README.md")
MODEL = (*NEEDED, INT8, "tokenizer_config.json", "train_config.yaml")
DATA = (*(f"{name}.parquet" for name in (*SPLITS, "behaviour")), "manifest.json", "README.md")


@dataclass(frozen=True)
class Upload:
    """Files of one folder and the repository they go to."""

    repo_type: str
    folder: Path
    names: tuple[str, ...]

    def files(self) -> list[Path]:
        """What is sent, in the order of the names."""
        return sorted(path for name in self.names if (path := self.folder / name).is_file())


def main(to: str, uploads: list[Upload], public: bool, revision: str | None, dry_run: bool) -> int:
    """Send each folder as one commit, or only print what would be sent. Raises Stop for what cannot be sent."""
    try:
        validate_repo_id(to)
    except HFValidationError as error:
        raise Stop(f"--to {to}: {error}") from error
    if "/" not in to:
        raise Stop(f"--to {to}: give owner/name")
    for upload in uploads:
        for path in upload.files():
            print(f"{upload.repo_type} {to}: {path} ({path.stat().st_size / 1e6:.1f} MB)")
    if dry_run:
        print("nothing was sent (--dry-run)")
        return 0
    api = HfApi()
    for upload in uploads:
        kind = upload.repo_type
        try:
            api.create_repo(to, repo_type=kind, private=not public, exist_ok=True)
            if not public and not api.repo_info(to, repo_type=kind).private:
                raise Stop(f"{kind} {to} is there already and public: --public sends to it, --to names another one")
            if revision:
                api.create_branch(to, branch=revision, repo_type=kind, exist_ok=True)
            sent = api.upload_folder(
                repo_id=to,
                repo_type=kind,
                folder_path=upload.folder,
                allow_patterns=[path.name for path in upload.files()],
                delete_patterns=list(upload.names),  # those that are not sent
                revision=revision,
                commit_message="onrecord: train.publish",
            )
        except Stop:
            raise
        except LocalTokenNotFoundError as error:
            raise Stop("the hub asks for a token: run `hf auth login`, or set HF_TOKEN") from error
        except Exception as error:  # the library and its network stack raise in many ways
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise Stop(f"{kind} {to} could not be written: {reason}; the same command sends all of it again") from error
        print(f"{kind} {to}: {sent.commit_url}")
    return 0


def planned(run_dir: Path, data: Path | None) -> list[Upload]:
    """What of a run is sent, and of the data directory that it was trained on.

    Raises Stop, naming what is missing and what makes it, for files that do not belong together, and for other data.
    """
    checkpoint, metrics = run_dir / "checkpoint", run_dir / "metrics.json"
    files = [*(checkpoint / name for name in NEEDED), metrics]
    if missing := [str(path) for path in files if not path.is_file()]:
        raise Stop(f"there is no {', '.join(missing)}; train, calibrate, export and measure it first (`make train`)")
    refuse_other_figures(checkpoint, metrics)
    try:
        for backend in ("torch", "onnx", *(["int8"] if (checkpoint / INT8).is_file() else [])):
            Classifier.load(checkpoint, backend=backend)
    except CheckpointError as error:
        raise Stop(str(error)) from error
    uploads = [Upload("model", checkpoint, MODEL), Upload("model", run_dir, (metrics.name,))]
    if data:
        if not (data / "manifest.json").is_file():
            raise Stop(f"{data} holds no manifest.json, so the data is not complete: run `make data`")
        uploads.append(Upload("dataset", data, DATA))
        for path in uploads[-1].files():
            if path.suffix == ".parquet":
                load_split(load(corpus__data=str(data)).corpus, path.stem)  # raises Stop for a file that was changed
        if read_record(checkpoint / "training.json", dict, "train again").get("data") != built(str(data)):
            raise Stop(f"{data} is not the data that {checkpoint} was trained on: train again, or leave out --data")
    return uploads


def _command() -> int:
    parser = argparse.ArgumentParser(prog="train.publish", description=__doc__.splitlines()[0])
    parser.add_argument("--to", required=True, metavar="OWNER/NAME", help="the repository, made if it is not there")
    parser.add_argument("--run", type=Path, default=Path("runs/default"), help="directory of the run")
    parser.add_argument("--data", action="store_true", help="also send the splits of data/, as a dataset")
    parser.add_argument("--public", action="store_true", help="make a new repository public, or send to a public one")
    parser.add_argument("--revision", metavar="BRANCH", help="the branch to write to; made if it is not there")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be sent")
    given = parser.parse_args()
    uploads = planned(given.run, Path("data") if given.data else None)
    return main(given.to, uploads, given.public, given.revision, given.dry_run)


if __name__ == "__main__":
    run(_command)
