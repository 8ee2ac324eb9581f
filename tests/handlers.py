"""A message handler that records what it gets; see `perform.net.client.MessageHandler`."""


class RecordingHandler:
    """`messages`: (address, values, client); `rejected`: (address, reason, client)."""

    def __init__(self, stats=None):
        self.messages, self.rejected, self.logged = [], [], []
        self.refreshed, self.unsubscribed = [], []
        self._stats = stats or {}

    def handle_message(self, address, values, client):
        self.messages.append((address, values, client))

    def reject(self, address, reason, client):
        self.rejected.append((address, reason, client))

    def log_rejection(self, reason):
        self.logged.append(reason)

    def refresh(self, client):
        self.refreshed.append(client)

    def unsubscribe(self, client):
        self.unsubscribed.append(client)

    def stats(self):
        return self._stats
