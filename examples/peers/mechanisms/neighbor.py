"""What a node knows of one neighbor."""


class Neighbor:
    def __init__(self, peer):
        self.peer = peer
        self.holds = 0  # the chunks that it holds
        self.interesting = False  # it was told that it holds something that this node lacks
        self.interested = False  # it says that this node holds something that it lacks
        self.serves = False  # it unchokes this node
        self.served = False  # this node unchokes it
        self.awaited = {}  # chunks that were requested of it, and for how many rechokes
        self.sending = set()  # chunks that are leaving for it
        self.received = self.sent = 0  # bytes since the last rechoke
        self.waited = 0  # rechokes for which it has waited to be served
        self.silent = 0  # rechokes since it last said something
        self.spoken_to = False  # since the last rechoke
