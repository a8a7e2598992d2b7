"""What a search tries: combinations of hyperparameters that the trainer accepts, and seeds."""

import functools
import hashlib
import inspect
import json
from collections.abc import Mapping
from inspect import Parameter
from typing import Any

import numpy as np
from sklearn.model_selection import ParameterGrid, ParameterSampler

from mnist_nn import arguments
from mnist_nn.errors import ArgumentError
from mnist_nn.sampling import split_steps
from mnist_nn.search.results import AVERAGES, IDENTITY, METRICS, RUN_COLUMNS, to_setting
from mnist_nn.search.worker import Trainer

DATA = (*arguments.TRAINING_SET, *arguments.VALIDATION_SET)
PASSED = (*DATA, "callbacks", "seed", "verbose")  # what the search itself passes to the trainer


def list_settings(
    trainer: Trainer, parameters: Mapping[str, Any], samples: int | None, sample_seed: int
) -> dict[str, int]:
    """Return the settings to try, with their numbers of periods, or raise an error."""
    defaults = _read_defaults(trainer, parameters)
    if samples is None:
        candidates = ParameterGrid(dict(parameters))
    else:
        samples = arguments.check_whole_number("samples", samples)
        candidates = ParameterSampler(dict(parameters), samples, random_state=sample_seed)
    plain = int | float | str | None  # JSON would change other defaults: the trainer keeps them
    kept = {name: value for name, value in defaults.items() if isinstance(value, plain)}
    periods_by_setting = {}
    for candidate in candidates:
        values = defaults | candidate
        periods = split_steps(values["steps"], values["periods"])
        periods_by_setting[to_setting(kept | candidate)] = len(periods)
    return periods_by_setting


def _read_defaults(trainer: Trainer, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the trainer's arguments with their defaults, or raise an error for the parameters."""
    signature = inspect.signature(trainer).parameters.values()
    starred = {Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD}
    accepted = {item.name: item.default for item in signature if item.kind not in starred}
    if any(item.kind is Parameter.VAR_KEYWORD for item in signature):  # any name is accepted
        names = parameters if isinstance(parameters, Mapping) else ()
        others = dict.fromkeys([*PASSED, *names])  # their defaults are the trainer's own
        accepted = others | {"steps": Parameter.empty, "periods": 10} | accepted
    if lacking := {*PASSED, "steps", "periods"} - accepted.keys():
        raise ArgumentError(
            f"trainer {_name_trainer(trainer)} lacks {', '.join(sorted(lacking))}: it must accept "
            "these arguments by name, as train_nn_classification_model does"
        )
    defaults = {name: value for name, value in accepted.items() if name not in PASSED}
    needed = {name for name, value in defaults.items() if value is Parameter.empty}
    if not isinstance(parameters, Mapping) or not needed <= parameters.keys() <= defaults.keys():
        raise ArgumentError(
            f"parameters must map {', '.join(sorted(needed)) or 'arguments'} to lists of values, "
            "such as {'learning_rate': [0.01, 0.1], ...}, and may map "
            f"{', '.join(sorted(defaults.keys() - needed))}; it is {parameters!r:.200}"
        )
    if taken := {*IDENTITY, *METRICS, *AVERAGES, *RUN_COLUMNS} & defaults.keys():
        raise ArgumentError(
            f"trainer has {', '.join(sorted(taken))}, which are columns of the results: give these "
            "arguments other names"
        )
    return defaults


def _name_trainer(trainer: Any) -> str:
    """Return the trainer's name, with the values that are bound to it."""
    if inspect.ismethod(trainer):
        return f"{_name_trainer(trainer.__self__)}.{trainer.__name__}"
    if hasattr(trainer, "__name__"):
        return str(trainer.__name__)
    if isinstance(trainer, functools.partial):
        name, positional, by_name = _name_trainer(trainer.func), trainer.args, trainer.keywords
    else:
        name, positional, by_name = type(trainer).__name__, (), vars(trainer)
    values = [*map(repr, positional), *(f"{key}={by_name[key]!r}" for key in sorted(by_name))]
    return f"{name}({', '.join(values)})"


def check_seeds(seeds: Any) -> list[int]:
    """Return seeds in order, each once, or raise an error."""
    if not isinstance(seeds, list | tuple | range | np.ndarray) or not len(seeds):
        raise ArgumentError(
            f"seeds must list one seed or more, such as (1, 2, 3), not {seeds!r:.100}"
        )
    return sorted({arguments.check_whole_number("seeds", seed, minimum=0) for seed in seeds})


def identify_search(trainer: Trainer, setting: str, data: Mapping[str, Any]) -> dict[str, str]:
    """Return what all runs of a search have in common: trainer, names of parameters, and data."""
    name, digest = _name_trainer(trainer), hashlib.sha256()
    if "<lambda>" in name:
        raise ArgumentError("trainer is a lambda, but results needs its name: define a function")
    for array in data.values():
        digest.update(np.ascontiguousarray(array).data)  # a table's values may be stored by column
    values = name, ", ".join(json.loads(setting)), f"sha256:{digest.hexdigest()[:8]}"
    return dict(zip(IDENTITY, values, strict=True))
