"""What a training shows while it runs: TensorBoard, and a line on the terminal."""

from accelerate import Accelerator
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from train.config import Config, flat


def start_log(config: Config, accelerator: Accelerator, purge: int | None) -> None:
    """Open TensorBoard, and say how it is trained. What a killed run logged from step `purge` on is logged again."""
    if accelerator.num_processes > 1:
        share = f"{accelerator.num_processes} processes share each step's {config.engine.batch_size} sentences"
        accelerator.print(share)
    if config.engine.precision != "no":
        accelerator.print(f"products in {config.engine.precision}, weights in fp32")
    options = {} if purge is None else {"purge_step": purge}
    settings = {key: str(value) for key, value in flat(config).items()}
    accelerator.init_trackers("tensorboard", config=settings, init_kwargs={"tensorboard": options})


def progress_bar(accelerator: Accelerator) -> Progress:
    """One line with loss, learning rate and time left, on the main process."""
    figures = TextColumn("loss {task.fields[loss]:.3f}  rate {task.fields[rate]:.1e}")
    columns = BarColumn(), MofNCompleteColumn(), figures, TimeRemainingColumn()
    return Progress(*columns, disable=not accelerator.is_main_process)
