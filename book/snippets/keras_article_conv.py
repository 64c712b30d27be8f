"""The convolutional example of many articles, with BatchNormalization where they put it."""

import keras
from keras import layers

from bnlib.data import digits

x, y, x_test, y_test = digits()
# Channels last, which is where BatchNormalization looks for them.
x, x_test = (rows.reshape(-1, 8, 8, 1) / 16 for rows in (x, x_test))


def build(**options):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            # The activation is inside the convolution,
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            # so batch norm stands behind it.
            layers.BatchNormalization(**options),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.BatchNormalization(**options),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.BatchNormalization(**options),
            layers.Dense(10, activation="softmax"),
        ]
    )
    loss = "sparse_categorical_crossentropy"
    model.compile("adam", loss, metrics=["accuracy"])
    return model


for options in ({}, {"momentum": 0.9}):
    model = build(**options)
    run = model.fit(x, y, batch_size=64, epochs=5, verbose=0)
    seen = run.history["accuracy"][-1]
    _, right = model.evaluate(x_test, y_test, verbose=0)
    name = f"momentum {options.get('momentum', 'as it is')}"
    print(f"{name}: {seen:.2f} in training, {right:.2f} at test")
