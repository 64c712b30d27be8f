"""Batch norm in Flax (NNX): the same network."""

import jax
import numpy as np
import optax
from flax import nnx

from bnlib.data import digits


class Net(nnx.Module):
    def __init__(self, rngs):
        self.first = nnx.Linear(64, 100, use_bias=False, rngs=rngs)
        # momentum weighs the old value here: 0.9 is PyTorch's 0.1.
        self.norm = nnx.BatchNorm(100, momentum=0.9, rngs=rngs)
        self.last = nnx.Linear(100, 10, rngs=rngs)

    def __call__(self, x):
        return self.last(nnx.relu(self.norm(self.first(x))))


cross_entropy = optax.softmax_cross_entropy_with_integer_labels


def matrices(parameters):
    return jax.tree.map(lambda p: p.ndim > 1, parameters)


@nnx.jit
def step(model, optimizer, images, classes):
    def loss(model):
        logits = model(images)  # moves the running statistics
        return cross_entropy(logits, classes).mean()

    optimizer.update(model, nnx.grad(loss)(model))


x, y, x_test, y_test = digits()
x, x_test = (rows.astype(np.float32) / 16 for rows in (x, x_test))
model = Net(nnx.Rngs(0))
# Weight decay acts on matrices only; scale and bias go without.
rule = optax.adamw(0.003, weight_decay=0.01, mask=matrices)
optimizer = nnx.Optimizer(model, rule, wrt=nnx.Param)

model.train()
rng = np.random.default_rng(0)
for _ in range(5):
    for rows in np.array_split(rng.permutation(len(x)), len(x) // 64):
        step(model, optimizer, x[rows], y[rows])

model.eval()
right = (np.array(model(x_test)).argmax(1) == y_test).mean()
print(f"test accuracy: {right:.2f}")
print("state:", ", ".join(sorted(nnx.to_pure_dict(nnx.state(model.norm)))))
