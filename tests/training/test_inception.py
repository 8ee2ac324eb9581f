"""The paper's extractor, InceptionV3."""

import numpy as np
import pytest

from perform.errors import FeatureError
from training.data import dataset
from training.features.inception import InceptionExtractor, to_images
from training.metrics.fid import frechet


@pytest.fixture(scope="module")
def own():
    return dataset.open_data().rolls


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")  # keras's own
def test_inception_measures_with_weights_from_a_file(own, tmp_path):
    """The paper's network, with random weights: only the order of distances can be tested."""
    import keras

    keras.utils.set_random_seed(0)
    untrained = keras.applications.InceptionV3(include_top=False, pooling="avg", weights=None)
    untrained.save_weights(tmp_path / "network.weights.h5")
    extractor = InceptionExtractor(tmp_path / "network.weights.h5")
    # real bars, and inverted bars
    features = extractor.features(np.concatenate([own[:10], -own[5:10]]))
    assert features.shape == (15, extractor.dimension)
    assert len(extractor.digest) == 64
    near = frechet(features[:5], features[5:10])
    far = frechet(features[:5], features[10:])
    assert 0 < near < far


def test_a_bar_as_an_image_keeps_its_cells(own):
    images = to_images(own[:2])
    assert images.shape == (2, 299, 299, 3)
    assert (images[0] > 0).mean() == pytest.approx((own[0] > 0).mean(), rel=0.1)


@pytest.mark.long
def test_weights_that_cannot_be_read_are_an_error(tmp_path):
    (tmp_path / "weights.h5").write_bytes(b"none")
    with pytest.raises(FeatureError, match="--weights FILE"):
        InceptionExtractor(tmp_path / "weights.h5")
