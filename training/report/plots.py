"""The report's pictures, each as PNG bytes."""

import io
from typing import Any

import numpy as np

from training import stats
from training.experiment import SAMPLES
from training.report.findings import REFERENCES, Findings, values

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#999999")
BARS_SHOWN = 6
SPREAD = 5


def pictures(found: Findings) -> dict[str, tuple[str, bytes]]:
    """By name: alternative text and PNG."""
    return {
        "boxes": (
            "Box plots of the distance of every arm, as the paper's figure 10",
            _boxes(found),
        ),
        "ranks": ("Critical-difference diagram of mean ranks", _ranks(found)),
        "losses": ("Loss curves of the first seed", _losses(found)),
        "bars": ("Sample bars of every arm", _bars(found)),
    }


def _boxes(found: Findings) -> bytes:
    figure = _figure(9, 3.8)
    for place, (reference, words) in enumerate(REFERENCES.items()):
        axes = figure.add_subplot(1, 2, place + 1)
        drawn = axes.boxplot(values(found, reference, "fid"), patch_artist=True, widths=0.6)
        for patch, colour in zip(drawn["boxes"], COLOURS * 3, strict=False):
            patch.set_facecolor(colour)
            patch.set_alpha(0.6)
        floor = float(np.median(values(found, reference, "floor")))
        axes.axhline(floor, color="grey", linestyle=":", label=f"other real bars: {floor:.1f}")
        axes.set_xticks(range(1, len(found.arms) + 1), labels=found.arms, rotation=20)
        axes.set_ylabel("FID (spr), lower is nearer")
        table = values(found, reference, "fid")
        if table.max() > SPREAD * np.median(table):  # one broken run must not flatten the rest
            axes.set_yscale("log")
        else:
            axes.set_ylim(bottom=0)
        axes.tick_params(labelsize=8)
        axes.set_title(f"against {words}")
        axes.legend(fontsize=8)
    return _png(figure)


def _ranks(found: Findings) -> bytes:
    figure = _figure(9, 2.6)
    for place, (reference, words) in enumerate(REFERENCES.items()):
        axes = figure.add_subplot(1, 2, place + 1)
        ranks = stats.mean_ranks(values(found, reference, "fid"))
        gap = stats.critical_difference(len(found.arms), len(found.seeds))
        order = np.argsort(ranks)
        for height, i in enumerate(order):
            colour = COLOURS[i % len(COLOURS)]
            axes.plot(ranks[i], height, "o", color=colour)
            axes.plot([ranks[i] - gap / 2, ranks[i] + gap / 2], [height] * 2, color=colour)
        axes.set_yticks(range(len(order)), labels=[found.arms[i] for i in order])
        axes.invert_yaxis()
        axes.set_xlabel(f"mean rank; apart: p < 0.05 (CD {gap:.2f})")
        axes.set_title(f"against {words}")
    return _png(figure)


def _losses(found: Findings) -> bytes:
    trained = [arm for arm in found.arms if "losses" in found.runs[arm][0]]
    figure = _figure(9, 2.6)
    for place, arm in enumerate(trained):
        axes = figure.add_subplot(1, max(1, len(trained)), place + 1)
        losses = found.runs[arm][0]["losses"]
        for name in ("generator", "discriminator"):
            axes.plot(losses["step"], losses[name], label=name, linewidth=0.8)
        axes.set_title(arm, fontsize=9)
        axes.set_xlabel("step")
        axes.tick_params(labelsize=7)
        if place == 0:
            axes.legend(fontsize=7)
    return _png(figure)


def _bars(found: Findings) -> bytes:
    """Bars of each arm's median run."""
    figure = _figure(1.9 * BARS_SHOWN, 1.35 * len(found.arms))
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
    return _png(figure)


def _figure(width: float, height: float) -> Any:
    from matplotlib.figure import Figure  # noqa: PLC0415 - slow to import

    return Figure(figsize=(width, height), layout="constrained")


def _png(figure: Any) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, dpi=100, metadata={"Software": None})
    return file.getvalue()
