"""What plays, shown in a terminal: a live view in a child process, and a roll that scrolls."""
