"""The pure engine: no asyncio, no clock, no sockets; the same events give the same notes."""
