"""Control surfaces as files, made from the registry of controls, and pictures of them.

TouchOSC, Max, Pure Data and Open Stage Control have a writer each, and a reader for the pictures;
Node-RED has a reader.
"""
