"""Barter: how many chunks each neighbor may owe."""


class Accounts:
    """Chunks sent to each peer less chunks received from it. An account outlives the connection."""

    def __init__(self, choker, is_source):
        self.credit = int(choker[len("credit ") :]) if choker.startswith("credit ") else None
        self.strict = choker == "strict barter"
        self.kept = (self.strict or self.credit is not None) and not is_source
        self.balances = {}

    def balance(self, peer):
        return self.balances.get(peer, 0)

    def settle(self, peer, chunks):
        if self.kept and peer != 0:  # the source gives freely
            self.balances[peer] = self.balance(peer) + chunks

    def may_give(self, peer, gives_in_return):
        """May the next chunk go to a peer? Strict barter needs both sides at once."""
        if not self.kept:
            return True
        if self.strict:
            return self.balance(peer) < 0 or (self.balance(peer) == 0 and gives_in_return)
        return self.balance(peer) < self.credit
