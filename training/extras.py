"""What of Sideman's extras brings a module that is not installed."""

from perform.errors import SidemanError

TRAINING = ("tensorflow", "keras", "joblib", "matplotlib", "PIL", "scipy", "scikit_posthocs")
EXTRAS = {
    **dict.fromkeys(TRAINING, "training"),
    "distributed": "cluster",
    "music21": "corpus",
    "optuna": "search",
}


def explained(fault: ModuleNotFoundError) -> SidemanError:
    """The fault as one that the user can mend; it is raised again where the module is of no extra."""
    module = (fault.name or "").partition(".")[0]
    if module not in EXTRAS:
        raise fault
    return SidemanError(f"{module} is not installed; pip install '.[{EXTRAS[module]}]'")
