"""MQTT: the process that speaks to a broker, and what a rig says of it."""
