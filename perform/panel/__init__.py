"""The page in the browser: the process that serves it, and the door at which the daemon lets people in."""
