"""The pure core: no asyncio, no time, no sockets; the same events give the same notes."""
