"""Control surfaces as files: what the table says can be turned, laid out for TouchOSC, Max, Pure Data and
Open Stage Control.
"""
