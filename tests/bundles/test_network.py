import numpy as np
import pytest

from perform.bundles.network import Network, run_generator
from perform.errors import BundleError


@pytest.fixture(scope="module")
def model(root):
    return root / "models" / "blues-bars" / "generator.tflite"


@pytest.fixture(scope="module")
def noise(model):
    batch, width = Network(model).input_shape
    return np.random.default_rng(1).standard_normal((2 * batch + 5, width), dtype=np.float32)


def test_a_file_and_its_bytes_give_the_same_numbers(model, noise):
    from_file, from_bytes = run_generator(model, noise), run_generator(model.read_bytes(), noise)
    assert from_file.shape == (len(noise), 48, 64)
    np.testing.assert_array_equal(from_file, from_bytes)


def test_outputs_come_in_the_order_of_inputs_and_the_padding_is_cut_off(model, noise):
    network = Network(model)
    batch = network.input_shape[0]
    whole = network.run(noise)
    for start in range(0, len(noise), batch):
        part = network.run(noise[start : start + batch], padding=7.0)
        np.testing.assert_array_equal(whole[start : start + batch], part)
    assert len(whole) == len(noise)
    assert not np.array_equal(whole[0], whole[batch])


def test_a_broken_model_is_one_clear_error(tmp_path, model):
    broken = tmp_path / "generator.tflite"
    broken.write_bytes(model.read_bytes()[:5000])
    with pytest.raises(BundleError, match=r"generator\.tflite: not a TFLite model .*export it"):
        Network(broken)
    with pytest.raises(BundleError, match="the model: not a TFLite model"):
        Network(b"nothing" * 100)
