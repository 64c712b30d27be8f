"""Batch norm in Keras: the same network."""

import keras
from keras import layers

from bnlib.data import digits

keras.utils.set_random_seed(0)
x, y, x_test, y_test = digits()

model = keras.Sequential(
    [
        keras.Input((64,)),
        layers.Dense(100, use_bias=False),
        # As PyTorch does by default. Keras's own: 0.99 and 1e-3.
        layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
        layers.Activation("relu"),
        layers.Dense(10),
    ]
)
optimizer = keras.optimizers.AdamW(learning_rate=0.003, weight_decay=0.01)
optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(optimizer, loss, metrics=["accuracy"])

# fit() calls the layers with training=True, evaluate() with training=False.
model.fit(x / 16, y, batch_size=64, epochs=5, verbose=0)
_, right = model.evaluate(x_test / 16, y_test, verbose=0)
print(f"test accuracy: {right:.2f}")
print("state:", ", ".join(w.name for w in model.layers[1].weights))
