"""The models of a rig: a voice whose model is broken or not there plays that of its role."""

import msgspec

from perform.bundles import bundle, catalog
from perform.config.schema import Rig
from perform.config.voices import ROLES, VoiceConfig
from perform.control.absences import Absences
from perform.errors import BundleError


def with_usable_models(rig: Rig, absences: Absences) -> Rig:
    """The rig with models that can be loaded.

    BundleError where a model must not be absent, or where that of the role is broken too.
    """
    voices = tuple(_with_usable_models(voice, absences) for voice in rig.voices)
    return msgspec.structs.replace(rig, voices=voices)


def _with_usable_models(voice: VoiceConfig, absences: Absences) -> VoiceConfig:
    model, other = voice.model, voice.other
    if not _is_usable(voice.name, model, absences):
        model = ROLES[voice.role].model
        bundle.load(catalog.find(model))
    if other is not None and not _is_usable(voice.name, other, absences):
        other = None
    return msgspec.structs.replace(voice, model=model, other=other)


def _is_usable(voice: str, model: str, absences: Absences) -> bool:
    try:
        bundle.load(catalog.find(model))
    except BundleError as error:
        if not absences.waits:
            raise
        reason = BundleError(f"voice {voice!r}: {error}")
        absences.begin((voice, model), f"model {model!r}", reason)
        return False
    return True
