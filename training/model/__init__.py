"""Networks, their losses, and the Markov chain."""
