"""TensorFlow and Keras, loaded without the notes that they print."""

from perform.bundles.native_stderr import filtered_stderr

with filtered_stderr():
    import keras
    import tensorflow as tf
    from keras import layers

    tf.config.list_physical_devices()  # else the first operation prints which devices are missing

__all__ = ["keras", "layers", "tf"]
