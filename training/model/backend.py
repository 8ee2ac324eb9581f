"""TensorFlow and Keras, loaded without the lines that they print of themselves."""

from perform.bundles.native_stderr import filtered_stderr

with filtered_stderr():
    import keras
    import tensorflow as tf
    from keras import layers

    tf.config.list_physical_devices()  # or else the first operation says what it did not find

__all__ = ["keras", "layers", "tf"]
