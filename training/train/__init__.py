"""Training runs and their folders, exports, and the training of the feature extractor."""
