"""The dense example of many articles: Dense, BatchNormalization, Activation."""

import keras
from keras import layers

from bnlib.data import digits

x, y, x_test, y_test = digits()


def build(**options):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(64),
            layers.BatchNormalization(**options),
            layers.Activation("relu"),
            layers.Dense(32),
            layers.BatchNormalization(**options),
            layers.Activation("relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    loss = "sparse_categorical_crossentropy"
    model.compile("adam", loss, metrics=["accuracy"])
    return model


for options in ({}, {"momentum": 0.9}):
    model = build(**options)
    run = model.fit(x / 16, y, batch_size=64, epochs=5, verbose=0)
    seen = run.history["accuracy"][-1]
    _, right = model.evaluate(x_test / 16, y_test, verbose=0)
    name = f"momentum {options.get('momentum', 'as it is')}"
    print(f"{name}: {seen:.2f} in training, {right:.2f} at test")
