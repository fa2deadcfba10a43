"""The colours and shapes of labels on the page: they can be read and told apart."""

import re
from itertools import combinations

import numpy as np
import pytest

from tests.conftest import ROOT

STYLE = (ROOT / "onrecord" / "service" / "static" / "page.css").read_text(encoding="utf-8")
MODES = ("light", "dark")
# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB
BLINDNESS = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def linear(colour: str) -> np.ndarray:
    """(3,) linear RGB of #rrggbb."""
    c = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(a: str, b: str) -> float:
    """WCAG 2 contrast ratio."""
    low, high = sorted(float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (a, b))
    return (high + 0.05) / (low + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    """(3,) CIE L*a*b* (D65) of linear RGB."""
    xyz = (
        np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
        @ rgb.clip(0, 1)
        / [0.9505, 1.0, 1.089]
    )
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def palette(mode: str) -> list[dict[str, str]]:
    """By position: ink-of, wash and tone of a label."""
    found = []
    for rule in re.findall(r"\.colour-\d+ \{([^}]*)\}", STYLE):
        found.append(
            {
                name: pair[MODES.index(mode)]
                for name, *pair in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", rule)
            }
        )
    assert len(found) == 8 and all(len(colours) == 3 for colours in found)
    return found


def ground(mode: str, name: str) -> str:
    found = re.search(rf"--{name}: light-dark\((#\w{{6}}), (#\w{{6}})\)", STYLE)
    assert found
    return found[1 + MODES.index(mode)]


def test_contrast_formula() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21) and contrast("#777777", "#ffffff") == pytest.approx(
        4.48, abs=0.01
    )


@pytest.mark.parametrize("mode", MODES)
def test_labels_can_be_read(mode: str) -> None:
    for colours in palette(mode):
        for behind in (colours["wash"], ground(mode, "paper"), ground(mode, "raised")):
            assert contrast(colours["ink-of"], behind) >= 4.5
            assert contrast(ground(mode, "ink"), behind) >= 7  # the sentence itself
            assert contrast(colours["tone"], behind) >= 3  # shapes and dashed frames


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("eyes", [None, *BLINDNESS])
def test_labels_can_be_told_apart_by_colour(mode: str, eyes: str | None) -> None:
    """Of the tones: CIE76 of 20 between the first five, as many as we have labels, 10 between all eight.

    2 is just noticeable. Shape and word tell the rest.
    """
    matrix = np.array(BLINDNESS[eyes]) if eyes else np.eye(3)
    seen = [lab(matrix @ linear(colours["tone"])) for colours in palette(mode)]
    for count, least in ((5, 20), (8, 10)):
        near = {(a, b): float(np.linalg.norm(seen[a] - seen[b])) for a, b in combinations(range(count), 2)}
        assert min(near.values()) >= least, near


def test_no_two_labels_have_one_shape() -> None:
    shapes = re.findall(r"\.shape-\d+ \{\s*--shape: ([^;]*);\s*\}", STYLE)
    assert len(shapes) == len(set(shapes)) == 8
