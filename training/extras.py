"""What brings a module of Sideman's extras that is not installed."""

import importlib.util

from perform.errors import SidemanError

TRAINING = ("tensorflow", "keras", "joblib", "matplotlib", "PIL", "scipy", "scikit_posthocs")
MENDS = {
    **dict.fromkeys(TRAINING, "pip install '.[training]'"),
    "distributed": "pip install '.[cluster]'",
    "music21": "pip install '.[corpus]'",
    "optuna": "pip install '.[search]'",
}


def demand(module: str) -> None:
    """ModuleNotFoundError here, before anything is begun, where a module is not installed; it is not loaded."""
    if importlib.util.find_spec(module) is None:
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)


def explained(fault: ModuleNotFoundError) -> SidemanError:
    """The fault as one that the user can mend; it is raised again where the module is of no extra."""
    module = (fault.name or "").partition(".")[0]
    if module not in MENDS:
        raise fault
    return SidemanError(f"{module} is not installed; {MENDS[module]}")
