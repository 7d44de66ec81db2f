#!/usr/bin/env python3
"""The smallest useful peer: it asks any neighbor for any chunk, one at a time, and serves all."""
import conversation
from conversation import chunks_in, ranges_of


class Node(conversation.Node):
    def __init__(self, number, init, start, out):
        super().__init__(number, init, start, out)
        self.have = chunks_in(start["holds"])
        self.offers = {}  # by neighbor: the chunks that it holds and this node lacks
        self.asked = False
        self.do("announce", want=1000)

    def handle(self, event):
        what, peer, chunk = event.get("say", event["type"]), event.get("peer"), event.get("chunk")
        if what == "members":
            for member in event["peers"]:
                self.do("connect", peer=member)
        elif what == "asked":
            self.do("accept", peer=peer)
        elif what == "connected":
            self.offers[peer] = set()
            if self.gives:
                self.send([peer], "bitfield", chunks=ranges_of(self.have))
        elif what == "bitfield":
            self.offers[peer] |= chunks_in(event["chunks"]) - self.have
        elif what == "have" and chunk not in self.have:
            self.offers[peer].add(chunk)
        elif what == "request" and chunk in self.have:
            self.send([peer], "chunk", chunk=chunk)
        elif what == "chunk":
            self.got(chunk)
        if not self.asked:
            self.ask()

    def got(self, chunk):
        self.asked = False
        self.have.add(chunk)
        for offer in self.offers.values():
            offer.discard(chunk)
        if self.gives:
            self.send(list(self.offers), "have", chunk=chunk)
        if len(self.have) == self.chunks:
            self.do("completed")

    def ask(self):
        offering = [peer for peer, chunks in self.offers.items() if chunks]
        if offering:
            self.asked, peer = True, self.random.choice(offering)
            chunk = self.random.choice(sorted(self.offers[peer]))
            self.send([peer], "request", chunk=chunk)


if __name__ == "__main__":
    conversation.answer(Node, churn=False, barter=False)
