"""A training that was killed goes on to the same weights; what cannot be continued is refused with its reason."""

import io
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.conftest import LABELS, changed, weights
from train import fit
from train.config import FIELDS, Config, Stop, flat
from train.corpus.splits import load_split
from train.engine.state import Position, States

# the server has imported everything, so a training starts at once
fresh_processes = multiprocessing.get_context("forkserver")
fresh_processes.set_forkserver_preload(["train.fit"])


def die_after_step(at: int, number: signal.Signals) -> None:
    """This process gets the signal when the optimiser has made step `at`."""
    update = fit.MovingAverage.update_parameters

    def counted(self: fit.MovingAverage, model: torch.nn.Module) -> None:
        update(self, model)
        if self.n_averaged == at:
            os.kill(os.getpid(), number)

    fit.MovingAverage.update_parameters = counted  # type: ignore[method-assign]


def die_in_the_write_of(at: int) -> None:
    """This process is killed when half of the state of step `at` is on disk."""
    save = torch.save

    def halved(state: dict[str, Any], file: io.BufferedWriter) -> None:
        whole = io.BytesIO()
        save(state, whole)
        if state["position"]["step"] == at:
            file.write(whole.getvalue()[: whole.tell() // 2])
            file.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        file.write(whole.getvalue())

    torch.save = halved


def child(config: dict[str, Any], resume: bool, output: Path, deaths: list[tuple]) -> None:
    Path(output).parent.mkdir(parents=True, exist_ok=True)
    sys.stdout = open(output, "w")  # noqa: SIM115  # as long as the process
    torch.set_num_threads(1)
    for death, *arguments in deaths:
        death(*arguments)
    fit.main(Config.model_validate(config), resume)


def train(config: Config, resume: bool = False, *deaths: tuple) -> tuple[int, str]:
    """Exit code (-9 after SIGKILL) and what was printed by a training in a process of its own."""
    output = Path(config.output) / f"{config.run}-output.txt"
    process = fresh_processes.Process(target=child, args=(config.model_dump(), resume, output, deaths))
    process.start()
    process.join()
    return process.exitcode, output.read_text()


def logged(config: Config) -> list[tuple[int, float]]:
    events = EventAccumulator(str(next(config.run_dir.glob("**/events.out.tfevents.*")).parent)).Reload()
    return [(event.step, event.value) for event in events.Scalars("train/loss")]


@pytest.mark.slow
def test_killed_three_times_and_resumed_it_reaches_the_same_bits(settings: Config) -> None:
    whole, killed = (
        changed(settings, run="whole", engine__save_every=0),
        changed(settings, run="killed", engine__save_every=4),
    )
    assert train(whole)[0] == 0
    steps = len(logged(whole))
    random = Random(5)
    first, written, last = (
        random.randint(5, steps // 3),
        random.randrange(steps // 2 // 4 * 4, steps * 3 // 4, 4),
        random.randint(steps * 3 // 4 + 4, steps - 1),
    )
    starts = []
    for death in (
        (die_after_step, first, signal.SIGKILL),
        (die_in_the_write_of, written),
        (die_after_step, last, signal.SIGKILL),
    ):
        code, output = train(killed, bool(starts), death)
        assert code == -signal.SIGKILL, (steps, death, output)
        starts.append(max(int(path.stem) for path in (killed.run_dir / "state").glob("*.pt")))
        assert (killed.run_dir / "state" / "unfinished").exists() == (death[0] is die_in_the_write_of)
    # it dies before the state of its step
    assert starts == [(first - 1) // 4 * 4, written - 4, (last - 1) // 4 * 4] and len(set(starts)) == 3
    code, output = train(killed, True)
    assert code == 0 and f"going on from the state of step {starts[-1]}" in output
    expected, got = weights(whole), weights(killed)
    assert expected.keys() == got.keys() and all(torch.equal(expected[name], got[name]) for name in expected)
    assert logged(killed) == logged(whole)  # each step once
    assert not (killed.run_dir / "state").exists()


@pytest.mark.slow
def test_it_reaches_the_same_bits_in_bf16(settings: Config) -> None:
    whole = changed(settings, run="whole-bf16", engine__save_every=0, engine__max_steps=9, engine__precision="bf16")
    killed = changed(whole, run="killed-bf16", engine__save_every=2)
    assert train(whole)[0] == 0 and train(killed, False, (die_after_step, 5, signal.SIGKILL))[0] == -signal.SIGKILL
    code, output = train(killed, True)
    assert code == 0 and "going on from the state of step 4" in output
    expected, got = weights(whole), weights(killed)
    assert all(torch.equal(expected[name], got[name]) for name in expected)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_leaves_a_state_and_says_how_to_go_on(settings: Config, number: signal.Signals, code: int) -> None:
    config = changed(settings, run=f"stopped-{code}", engine__save_every=100)
    got, output = train(config, False, (die_after_step, 3, number))
    assert got == code and "stopped at step 3/" in output and "--resume goes on from here" in output
    assert [path.name for path in (config.run_dir / "state").iterdir()] == ["3.pt"]
    with pytest.raises(Stop, match=r"3\.pt was left by a run that did not end: --resume goes on from it"):
        fit.main(config)
    with pytest.raises(Stop, match=r"another training: config: engine.learning_rate was 0\.003, is 0\.001\."):
        fit.main(changed(config, engine__learning_rate=0.001), resume=True)


def test_nothing_to_resume(settings: Config) -> None:
    with pytest.raises(Stop, match="holds no state"):
        fit.main(changed(settings, run="nothing"), resume=True)


@pytest.fixture
def states(settings: Config, tmp_path: Path) -> States:
    """Three states were written, two are left."""
    written = States(changed(settings, output=str(tmp_path)), "data", 1)
    for step in (2, 4, 6):
        written.write(Position(step=step), {"model": {"weight": torch.full((100,), float(step))}})
    assert [path.name for path in written.finished()] == ["4.pt", "6.pt"] and len(
        list(written.directory.iterdir())
    ) == 2
    return written


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flip(content: bytes) -> bytes:
    """One bit of a weight."""
    at = content.index(torch.full((100,), 6.0).numpy().tobytes())
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def edited(**changes: Any) -> Any:
    def damage(content: bytes) -> bytes:
        data = io.BytesIO()
        torch.save(torch.load(io.BytesIO(content), weights_only=True) | changes, data)
        return data.getvalue()

    return damage


EDITED = [edited(identity=[]), edited(position=None), edited(position={"step": "6"}), edited(parts=None)]


@pytest.mark.parametrize("damage", [cut, flip, lambda content: b"", *EDITED])
def test_a_damaged_state_is_passed_over_and_the_older_one_taken(states: States, damage: Any) -> None:
    newest = states.finished()[-1]
    newest.write_bytes(damage(newest.read_bytes()))
    position, parts, damaged = states.read()
    assert position.step == 4 and parts["model"]["weight"].eq(4).all()
    assert len(damaged) == 1 and damaged[0].startswith(f"{newest} is damaged")
    states.write(Position(step=5), parts)
    assert [path.name for path in states.finished()] == ["4.pt", "5.pt"]  # not the damaged one


def test_no_state_is_whole(states: States) -> None:
    for path in states.finished():
        path.write_bytes(cut(path.read_bytes()))
    with pytest.raises(Stop, match=r"no state can be read\. .*6\.pt is damaged .*4\.pt is damaged .*to start anew"):
        states.read()


def test_a_foreign_state_is_refused(states: States, settings: Config) -> None:
    same = changed(settings, output=str(states.directory.parent.parent))
    for foreign, reason in (
        (States(changed(same, seed=2), "data", 1), "config: seed was 1, is 2"),
        (States(same, "other", 1), "sha256 of texts, labels and tokens was 'data', is 'other'"),
        (States(same, "data", 2), "number of processes was 1, is 2"),
    ):
        with pytest.raises(Stop, match=reason):
            foreign.read()


# Another value for every key, and whether it is another training.
OTHER: dict[str, tuple[Any, bool]] = {
    "run": ("other", False), "output": ("elsewhere", False), "seed": (9, True),
    "corpus.labels": ([*LABELS[1:], "other"], True), "corpus.definitions": ({}, False), "corpus.seeds": ("x", False),
    "corpus.data": ("x", False), "corpus.split_seed": (9, False), "corpus.validation_share": (0.2, False),
    "corpus.test_share": (0.2, False), "corpus.behaviour_groups": (3, False),
    "source.files": ("x.csv", False), "source.csv": ({"delimiter": ";"}, False), "source.on_error": ("skip", False),
    "source.text_column": ("x", False),
    "source.title_column": ("x", False), "source.label_column": ("x", False), "source.label_names": ({"a": "b"}, False),
    "source.split_column": ("x", False), "source.group_column": ("x", False), "source.repeats": ("warn", False),
    "engine.model": ("minilm", True), "engine.max_tokens": (99, True), "engine.epochs": (9, True),
    "engine.max_steps": (9, True), "engine.batch_size": (9, True), "engine.micro_tokens": (9, True),
    "engine.layer_decay": (0.5, True),
    "engine.learning_rate": (0.5, True), "engine.head_learning_rate": (0.5, True), "engine.weight_decay": (0.5, True),
    "engine.warmup_share": (0.5, True), "engine.clip_norm": (0.5, True), "engine.train_share": (0.5, True),
    "engine.ema_decay": (0.5, True), "engine.patience": (9, True), "engine.precision": ("bf16", True),
    "engine.compile": (True, True), "engine.log_every": (9, False), "engine.save_every": (9, False),
    "measure.metric": ("accuracy", True), "measure.priors": ({}, False), "measure.max_error": (0.5, False),
    "measure.coverage": (0.5, False), "measure.gate": (None, False), "measure.cues": ({}, False),
    "measure.slices": ([], False),
}  # fmt: skip


@pytest.mark.parametrize("key", FIELDS)
def test_resume_is_refused_for_keys_that_weights_depend_on_and_for_no_others(settings: Config, key: str) -> None:
    value, another_training = OTHER[key]
    before = changed(settings, measure__priors={})
    after = changed(before, **{key: value}) if key != "measure.priors" else settings
    assert flat(after)[key] != flat(before)[key]
    same = States(before, "data", 1).identity == States(after, "data", 1).identity
    assert same != another_training


def test_a_full_disk_stops_the_run_and_leaves_the_older_states(states: States) -> None:
    (states.directory / "unfinished").symlink_to("/dev/full")  # the kernel answers each write with ENOSPC
    with pytest.raises(
        Stop, match=r"step 8 cannot be written to .*No space left on device.*; make room, or set engine.save_every: 0"
    ):
        states.write(Position(step=8), {"model": {"weight": torch.ones(100)}})
    assert sorted(path.name for path in states.directory.iterdir()) == ["4.pt", "6.pt"]


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The kernel refuses to write more into a file, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_without_room_for_the_rows_is_one_line(settings: Config, tmp_path: Path) -> None:
    with files_of_at_most(1000), pytest.raises(Stop, match=r"train cannot be written to .*rows: .*; make room there"):
        load_split(settings.corpus, "train", tmp_path / "rows")


def test_a_disk_that_fills_up_while_training_leaves_the_last_good_state(
    settings: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once at a state, once at the checkpoint; then --resume finishes."""
    config = changed(settings, run="filled", engine__save_every=3, engine__max_steps=8)
    real = fit.MovingAverage.update_parameters
    stack = ExitStack()

    def counted(self: fit.MovingAverage, model: torch.nn.Module) -> None:
        real(self, model)
        if self.n_averaged == 5:
            stack.enter_context(files_of_at_most(100_000))

    with stack, monkeypatch.context() as patch:
        patch.setattr(fit.MovingAverage, "update_parameters", counted)
        with pytest.raises(Stop, match="state of step 6 cannot be written"):
            fit.main(config)
    assert [path.name for path in (config.run_dir / "state").iterdir()] == ["3.pt"]
    save = fit.save_checkpoint

    def on_a_full_disk(*arguments: Any) -> None:
        with files_of_at_most(100_000):
            save(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(fit, "save_checkpoint", on_a_full_disk)
        with pytest.raises(
            Stop, match=r"the checkpoint cannot be written to .*; make room, and --resume goes on from the last state"
        ):
            fit.main(config, resume=True)
    assert sorted(path.name for path in config.run_dir.glob("*/*.pt")) == ["3.pt", "6.pt"] and not list(
        config.run_dir.glob("checkpoint*")
    )
    fit.main(config, resume=True)
    fit.main(changed(config, run="not-filled"))
    expected, got = weights(changed(config, run="not-filled")), weights(config)
    assert all(torch.equal(expected[name], got[name]) for name in expected)
