"""The plots of an experiment, each as PNG bytes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from training.experiment import stats
from training.experiment.runs import SAMPLES
from training.images import new_figure, to_png
from training.report.findings import (
    REFERENCES,
    Findings,
    duplicates_note,
    reference_name,
    values,
    without_duplicates,
)

ARM_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#999999")
BARS_SHOWN = 6
SPREAD = 5  # maximum over median from which the axis is logarithmic


def draw_plots(found: Findings) -> dict[str, tuple[str, bytes]]:
    """By name: alternative text and PNG. Duplicate arms alone give no plot of ranks."""
    plots = {
        "boxes": (
            "Box plots of the distance of every arm, as the paper's figure 10",
            _boxes(found),
        )
    }
    ranked = without_duplicates(found)
    if len(ranked.arms) > 1:
        text = f"Critical-difference diagram of mean ranks{duplicates_note(found)}"
        plots["ranks"] = (text, _ranks(ranked))
    return plots | {
        "losses": ("Loss curves of every run; the median is thick", _losses(found)),
        "bars": ("Sample bars of every arm", _bars(found)),
    }


def _boxes(found: Findings) -> bytes:
    figure = new_figure(9, 3.8)
    for place, reference in enumerate(REFERENCES):
        axes = figure.add_subplot(1, 2, place + 1)
        drawn = axes.boxplot(values(found, reference, "fid"), patch_artist=True, widths=0.6)
        for patch, colour in zip(drawn["boxes"], ARM_COLOURS * 3, strict=False):
            patch.set_facecolor(colour)
            patch.set_alpha(0.6)
        # under the paper's protocol each arm has a reference of its own, and so a floor
        floors = np.median(values(found, reference, "floor"), axis=0)
        at = np.arange(1, len(found.arms) + 1)
        axes.hlines(floors, at - 0.45, at + 0.45, "grey", "dotted", label="other real bars")
        axes.set_xticks(range(1, len(found.arms) + 1), labels=found.arms, rotation=20)
        axes.set_ylabel(f"FID ({found.plan.extractor['name']}), lower is nearer")
        table = values(found, reference, "fid")
        if table.max() > SPREAD * np.median(table):  # else one bad run makes all others look flat
            axes.set_yscale("log")
        else:
            axes.set_ylim(bottom=0)
        axes.tick_params(labelsize=8)
        axes.set_title(f"against {reference_name(found, reference)}")
        axes.legend(fontsize=8)
    return to_png(figure)


def _ranks(found: Findings) -> bytes:
    """Mean ranks on an axis, with bars across arms that do not differ (Demsar, 2006, figure 1)."""
    figure = new_figure(9, 1.6 + 0.12 * len(found.arms))
    for place, reference in enumerate(REFERENCES):
        axes = figure.add_subplot(1, 2, place + 1)
        ranks = stats.mean_ranks(values(found, reference, "fid"))
        gap = stats.critical_difference(len(found.arms), len(found.seeds))
        order = [int(i) for i in np.argsort(ranks)]
        half = (len(order) + 1) // 2
        for place_in, i in enumerate(order):
            left = place_in < half  # the better half has its names on the left
            depth = -1 - (place_in if left else len(order) - 1 - place_in)
            edge = 0.7 if left else len(order) + 0.3
            axes.plot([ranks[i]] * 2 + [edge], [0, depth, depth], color="grey", linewidth=0.8)
            label = f"{found.arms[i]} {ranks[i]:.2f}"
            side = {"ha": "right" if left else "left", "va": "center"}
            axes.text(edge + (-0.06 if left else 0.06), depth, label, fontsize=8, **side)
        for depth, (first, last) in enumerate(_groups([float(ranks[i]) for i in order], gap)):
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
        axes.set_title(f"mean rank against {reference_name(found, reference)}", fontsize=9)
    return to_png(figure)


def _groups(ranks: Sequence[float], gap: float) -> list[tuple[int, int]]:
    """The widest groups (first, last) of ascending ranks whose ends differ by less than `gap`."""
    groups: list[tuple[int, int]] = []
    for first in range(len(ranks)):
        last = max(i for i in range(first, len(ranks)) if ranks[i] - ranks[first] < gap)
        if last > first and (not groups or last > groups[-1][1]):
            groups.append((first, last))
    return groups


def _losses(found: Findings) -> bytes:
    """Loss curves: every run thin, the median thick."""
    trained = [arm for arm in found.arms if "losses" in found.runs[arm][0]]
    figure = new_figure(9, 2.6)
    for place, arm in enumerate(trained):
        axes = figure.add_subplot(1, max(1, len(trained)), place + 1)
        runs = [run["losses"] for run in found.runs[arm]]
        for name, colour in zip(("generator", "discriminator"), ARM_COLOURS, strict=False):
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
    """Sample bars of each arm's median run."""
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
