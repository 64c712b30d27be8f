"""Known mistakes and honest answers of SavedNet."""

import copy

import numpy as np

from bnlib.exercises.clinic.saved_net import SavedNet, exercise


def _mistake(id, advice, source="", **methods):
    exercise.mistake(id, advice, source=source)(type("SavedNet", (SavedNet,), methods))


def _without(*names, instead=None):
    """A state and a load that leave out these arrays of the norm."""

    def state(self):
        return {k: v for k, v in SavedNet.state(self).items() if k not in names}

    def load(self, state):
        own = {name: getattr(self.norm, name) for name in names}
        SavedNet.load(self, {**own, **(instead(state) if instead else {}), **state})

    return {"state": state, "load": load}


_mistake(
    "statistics-not-saved",
    "The loaded network has the weights of the saved one and not its running statistics. "
    "What else than weights does the network need to answer? Follow it through state and load.",
    **_without("running_mean", "running_var"),
)
_mistake(
    "variance-not-saved",
    "The running mean comes through; the running variance of the loaded network is still a "
    "new network's.",
    **_without("running_var"),
)
_mistake(
    "mean-not-saved",
    "The running variance comes through; the running mean of the loaded network is still a "
    "new network's.",
    **_without("running_mean"),
)
_mistake(
    "gamma-beta-lost",
    "gamma and beta no longer come through.",
    **_without("gamma", "beta"),
)
_mistake(
    "variance-from-mean",
    "The loaded network's running_var holds the running mean: look at the names on both sides.",
    load=lambda self, state: SavedNet.load(self, {**state, "running_var": state["running_mean"]}),
)
_mistake(
    "mean-from-variance",
    "The loaded network's running_mean holds the running variance: look at the names on both "
    "sides.",
    load=lambda self, state: SavedNet.load(self, {**state, "running_mean": state["running_var"]}),
)
_mistake(
    "statistics-exchanged",
    "Running mean and running variance have changed places on their way through the state.",
    load=lambda self, state: SavedNet.load(
        self,
        {**state, "running_mean": state["running_var"], "running_var": state["running_mean"]},
    ),
)
_mistake(
    "deviation-loaded-as-variance",
    "The state holds the root of the running variance, and load takes it for the variance.",
    state=lambda self: {
        **SavedNet.state(self),
        "running_var": np.sqrt(self.norm.running_var),
    },
)


class _BatchAlways(SavedNet):
    def predict(self, x):
        kept = self.norm.running_mean.copy(), self.norm.running_var.copy()
        self.norm.training = True
        y = self.hidden(x) @ self.w2
        self.norm.running_mean, self.norm.running_var = kept
        return y

    state, load = _without("running_mean", "running_var").values()


exercise.mistake(
    "batch-statistics-in-evaluation",
    "Saved and loaded agree because each request is normalized by its own rows. "
    "Evaluation needs the statistics of the training.",
)(_BatchAlways)


class _NormRemoved(SavedNet):
    def predict(self, x):
        return np.maximum(x @ self.w1, 0) @ self.w2

    state, load = _without("running_mean", "running_var").values()


exercise.mistake(
    "batch-norm-removed",
    "Saved and loaded agree because predict leaves batch norm out. "
    "The weights were trained with it.",
)(_NormRemoved)


class _Recomputed(SavedNet):
    def fit(self, x, t, lr):
        self.last = x @ self.w1
        return super().fit(x, t, lr)

    def state(self):
        z = self.last
        return SavedNet.state(self) | {"running_mean": z.mean(axis=0), "running_var": z.var(axis=0)}


exercise.mistake(
    "statistics-of-the-last-batch",
    "The state holds the statistics of the last batch, not the averages that the network uses.",
)(_Recomputed)


def _shared(self):
    norm = self.norm
    return SavedNet.state(self) | {
        "running_mean": norm.running_mean,
        "running_var": norm.running_var,
    }


def _loaded_shared(self, state):
    SavedNet.load(self, state)
    self.norm.running_mean, self.norm.running_var = state["running_mean"], state["running_var"]


_mistake(
    "state-shares-arrays",
    "The state holds the network's own arrays, not copies: as training goes on, "
    "what was saved changes too.",
    state=_shared,
)
_mistake(
    "load-shares-arrays",
    "load puts the state's own arrays into the network: as it trains on, what was saved "
    "changes too.",
    load=_loaded_shared,
)


def _alternative(state, load):
    exercise.alternative(type("SavedNet", (SavedNet,), {"state": state, "load": load}))


_alternative(
    lambda self: {"net": copy.deepcopy(vars(self))},
    lambda self, state: vars(self).update(copy.deepcopy(state["net"])),
)
_alternative(
    lambda self: [self.w1.copy(), self.w2.copy(), copy.deepcopy(self.norm)],
    lambda self, state: vars(self).update(
        w1=state[0].copy(), w2=state[1].copy(), norm=copy.deepcopy(state[2])
    ),
)
_alternative(
    lambda self: {
        k: np.array(v)
        for part in (self, self.norm)
        for k, v in vars(part).items()
        if isinstance(v, np.ndarray)
    },
    lambda self, state: [
        setattr(self if k in ("w1", "w2") else self.norm, k, v.copy()) for k, v in state.items()
    ],
)
_alternative(
    lambda self: {k: v.astype(np.float32) for k, v in SavedNet.state(self).items()},
    lambda self, state: SavedNet.load(
        self, {k: np.asarray(v, dtype=np.float64) for k, v in state.items()}
    ),
)
