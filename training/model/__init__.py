"""Networks, their layers and losses, and the Markov chain that they are compared with."""
