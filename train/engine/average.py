"""The moving average of the weights, which is the model that is kept."""

import torch
from torch.optim.swa_utils import AveragedModel


class MovingAverage(AveragedModel):
    """torch's AveragedModel, exponential: average ← d · average + (1 − d) · weights; the first call takes the weights.

    d is (1 + n) / (10 + n) after n steps, `decay` at most, as in TensorFlow's ExponentialMovingAverage(num_updates):
    the average reaches back over a ninth of the steps so far. With `decay` from the start, most of a short training's
    average would be the untrained model.

    torch's own update copies its counter to the device at every step, for which the host waits until the device has
    done all its work. Buffers are not looked at: those of encoders are constants.
    """

    def __init__(self, model: torch.nn.Module, decay: float) -> None:
        super().__init__(model)
        self.decay = decay

    @torch.no_grad()
    def update_parameters(self, model: torch.nn.Module) -> None:
        """One step of the average towards the weights of `model`, parameter by parameter in their order."""
        done = int(self.n_averaged)  # a buffer that stays on the CPU
        decay = min(self.decay, (1 + done) / (10 + done)) if done else 0.0
        torch._foreach_lerp_(list(self.module.parameters()), list(model.parameters()), 1 - decay)
        self.n_averaged += 1
