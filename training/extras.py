"""The optional packages that commands of `training` need, and how to install each."""

import importlib.util

from perform.errors import SidemanError

TRAINING = ("tensorflow", "keras", "joblib", "matplotlib", "PIL", "scipy", "scikit_posthocs")
INSTALL_COMMANDS = {
    **dict.fromkeys(TRAINING, "pip install '.[training]'"),
    "distributed": "pip install '.[cluster]'",
    "music21": "pip install '.[corpus]'",
    "optuna": "pip install '.[search]'",
    "sklearn": "pip install '.[judge]'",
}


def require_installed(module: str) -> None:
    """Raise ModuleNotFoundError if a module is not installed. The module is not imported.

    A command calls this before it starts work that would be lost.
    """
    if importlib.util.find_spec(module) is None:
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)


def installation_error(error: ModuleNotFoundError) -> SidemanError:
    """The error as one that names the command to install the missing module.

    A module that belongs to no extra is a fault of ours: its error is raised again.
    """
    module = (error.name or "").partition(".")[0]
    if module not in INSTALL_COMMANDS:
        raise error
    return SidemanError(f"{module} is not installed; {INSTALL_COMMANDS[module]}")
