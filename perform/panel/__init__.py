"""The web panel: the child process that serves it, and the socket that the daemon opens for it."""
