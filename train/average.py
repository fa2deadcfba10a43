"""The moving average of the weights, which is the model that is kept."""

import torch
from torch.optim.swa_utils import AveragedModel


class MovingAverage(AveragedModel):
    """torch's AveragedModel, exponential: average ← decay · average + (1 − decay) · weights; the first call takes the weights as they are.

    torch's own update copies its counter to the device at every step, for which the host waits until the device has done all its work.
    Buffers are not looked at: those of encoders are constants.
    """

    def __init__(self, model: torch.nn.Module, decay: float) -> None:
        super().__init__(model)
        self.decay = decay

    @torch.no_grad()
    def update_parameters(self, model: torch.nn.Module) -> None:
        """One step of the average towards the weights of `model`, parameter by parameter in their order."""
        torch._foreach_lerp_(list(self.module.parameters()), list(model.parameters()), 1 - self.decay if self.n_averaged else 1.0)
        self.n_averaged += 1
