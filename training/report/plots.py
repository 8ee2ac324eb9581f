"""The report's pictures, each as PNG bytes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from training.experiment import stats
from training.experiment.runs import SAMPLES
from training.images import new_figure, to_png
from training.report.findings import REFERENCES, Findings, named, ranked, unranked, values

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#999999")
BARS_SHOWN = 6
SPREAD = 5


def pictures(found: Findings) -> dict[str, tuple[str, bytes]]:
    """By name: alternative text and PNG. Arms that are all one training have no ranks."""
    drawn = {
        "boxes": (
            "Box plots of the distance of every arm, as the paper's figure 10",
            _boxes(found),
        )
    }
    apart = ranked(found)
    if len(apart.arms) > 1:
        words = f"Critical-difference diagram of mean ranks{unranked(found)}"
        drawn["ranks"] = (words, _ranks(apart))
    return drawn | {
        "losses": ("Loss curves of every run, the median thick", _losses(found)),
        "bars": ("Sample bars of every arm", _bars(found)),
    }


def _boxes(found: Findings) -> bytes:
    figure = new_figure(9, 3.8)
    for place, reference in enumerate(REFERENCES):
        axes = figure.add_subplot(1, 2, place + 1)
        drawn = axes.boxplot(values(found, reference, "fid"), patch_artist=True, widths=0.6)
        for patch, colour in zip(drawn["boxes"], COLOURS * 3, strict=False):
            patch.set_facecolor(colour)
            patch.set_alpha(0.6)
        # each arm has its own where each is scored against its own data
        floors = np.median(values(found, reference, "floor"), axis=0)
        at = np.arange(1, len(found.arms) + 1)
        axes.hlines(floors, at - 0.45, at + 0.45, "grey", "dotted", label="other real bars")
        axes.set_xticks(range(1, len(found.arms) + 1), labels=found.arms, rotation=20)
        axes.set_ylabel(f"FID ({found.plan.extractor['name']}), lower is nearer")
        table = values(found, reference, "fid")
        if table.max() > SPREAD * np.median(table):  # one broken run must not flatten the rest
            axes.set_yscale("log")
        else:
            axes.set_ylim(bottom=0)
        axes.tick_params(labelsize=8)
        axes.set_title(f"against {named(found, reference)}")
        axes.legend(fontsize=8)
    return to_png(figure)


def _ranks(found: Findings) -> bytes:
    """After Demsar (2006), figure 1: mean ranks on an axis, bars joining what is not apart."""
    figure = new_figure(9, 1.6 + 0.12 * len(found.arms))
    for place, reference in enumerate(REFERENCES):
        axes = figure.add_subplot(1, 2, place + 1)
        ranks = stats.mean_ranks(values(found, reference, "fid"))
        gap = stats.critical_difference(len(found.arms), len(found.seeds))
        order = [int(i) for i in np.argsort(ranks)]
        half = (len(order) + 1) // 2
        for place_in, i in enumerate(order):
            left = place_in < half  # the better half is named on the left, the others on the right
            depth = -1 - (place_in if left else len(order) - 1 - place_in)
            edge = 0.7 if left else len(order) + 0.3
            axes.plot([ranks[i]] * 2 + [edge], [0, depth, depth], color="grey", linewidth=0.8)
            words = f"{found.arms[i]} {ranks[i]:.2f}"
            side = {"ha": "right" if left else "left", "va": "center"}
            axes.text(edge + (-0.06 if left else 0.06), depth, words, fontsize=8, **side)
        for depth, (first, last) in enumerate(_joined([float(ranks[i]) for i in order], gap)):
            ends = [ranks[order[first]] - 0.04, ranks[order[last]] + 0.04]
            axes.plot(ends, [-0.25 - 0.18 * depth] * 2, color="black", linewidth=3)
        axes.plot([1, 1 + gap], [0.6, 0.6], color="black", marker="|")
        axes.text(1 + gap / 2, 0.75, f"CD {gap:.2f}", ha="center", fontsize=8)
        axes.set_xlim(-1.2, len(order) + 2.2)
        axes.set_xticks(range(1, len(order) + 1))
        axes.set_ylim(-1.5 - half, 1.6)
        axes.set_yticks([])
        axes.spines[["left", "right", "bottom"]].set_visible(False)
        axes.xaxis.set_ticks_position("top")
        axes.set_title(f"mean rank against {named(found, reference)}", fontsize=9)
    return to_png(figure)


def _joined(ranks: Sequence[float], gap: float) -> list[tuple[int, int]]:
    """Of ascending ranks the widest runs (first, last) whose ends are less than `gap` apart."""
    runs: list[tuple[int, int]] = []
    for first in range(len(ranks)):
        last = max(i for i in range(first, len(ranks)) if ranks[i] - ranks[first] < gap)
        if last > first and (not runs or last > runs[-1][1]):
            runs.append((first, last))
    return runs


def _losses(found: Findings) -> bytes:
    """Every run thin, the median of all thick."""
    trained = [arm for arm in found.arms if "losses" in found.runs[arm][0]]
    figure = new_figure(9, 2.6)
    for place, arm in enumerate(trained):
        axes = figure.add_subplot(1, max(1, len(trained)), place + 1)
        runs = [run["losses"] for run in found.runs[arm]]
        for name, colour in zip(("generator", "discriminator"), COLOURS, strict=False):
            for losses in runs:
                axes.plot(losses["step"], losses[name], color=colour, linewidth=0.3, alpha=0.25)
            middle = np.median([losses[name] for losses in runs], axis=0)
            axes.plot(runs[0]["step"], middle, color=colour, linewidth=1.2, label=name)
        axes.set_title(arm, fontsize=9)
        axes.set_xlabel("step")
        axes.tick_params(labelsize=7)
        if place == 0:
            axes.legend(fontsize=7)
    return to_png(figure)


def _bars(found: Findings) -> bytes:
    """Bars of each arm's median run."""
    figure = new_figure(1.9 * BARS_SHOWN, 1.35 * len(found.arms))
    table = values(found, "held_out", "fid")
    axes = figure.subplots(len(found.arms), BARS_SHOWN, squeeze=False)
    for place, arm in enumerate(found.arms):
        middle = int(np.argsort(table[:, place])[len(found.seeds) // 2])
        path = found.folder / SAMPLES / f"{arm}-{found.seeds[middle]}.npz"
        rolls: Any = []
        if path.is_file():
            with np.load(path, allow_pickle=False) as saved:
                rolls = saved["rolls"]
        axes[place][0].set_ylabel(arm, fontsize=8)
        for number, each in enumerate(axes[place]):
            each.set_xticks([16, 32, 48], labels=[])
            each.set_yticks([24], labels=[])
            each.grid(color="lightgrey", linewidth=0.4)
            if number < len(rolls):
                each.imshow(rolls[number] > 0, origin="lower", aspect="auto", cmap="Blues")
    return to_png(figure)
