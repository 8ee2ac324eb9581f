"""MQTT: the child process that connects to a broker."""
