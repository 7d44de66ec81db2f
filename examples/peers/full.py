#!/usr/bin/env python3
"""A complete peer: rarest first, tit for tat, barter, endgame, super seeding, and neighbors that
vanish. It decides as the reference engine does; each mechanism is a file of its own."""
import conversation
from mechanisms.barter import Accounts
from mechanisms.chunk_sets import Rarity, set_of
from mechanisms.fetching import Fetching
from mechanisms.membership import Membership
from mechanisms.serving import Serving
from mechanisms.super_seeding import Offers, SuperSeeding

RECHOKE, OPTIMISTIC, ANNOUNCE = range(3)  # timers


class Node(Membership, Fetching, Serving, SuperSeeding, conversation.Node):
    def __init__(self, number, init, start, out):
        super().__init__(number, init, start, out)
        self.chunk_bytes, self.file_bytes = init["chunk_bytes"], init["file_bytes"]
        everything = (1 << self.chunks) - 1
        self.have = set_of(start["holds"])
        self.lacks = everything ^ self.have
        self.open = self.lacks  # what it lacks and has not requested
        self.overdue = False  # is any request overdue
        self.neighbors, self.rarity = {}, Rarity(self.chunks)
        self.queue, self.ready = [], False  # requests to serve; is the uplink free
        self.optimistic = None  # the neighbor that is served whatever it gave
        is_source = start["role"] == "source"
        first_pass = is_source and self.protocol["super_seeding"]
        self.offers = Offers(everything) if first_pass else None
        self.accounts = Accounts(self.protocol["choker"], is_source)
        self.candidates, self.asked = set(), set()  # members to ask; those that have not answered
        self.unserved = 0  # rechokes since a neighbor of interest served this node
        self.target = (self.protocol["neighbors"] + 1) // 2  # as many again will ask

    def handle(self, event):
        getattr(self, "on_" + event["type"])(event)

    def on_start(self, _):
        self.announce()
        for timer in RECHOKE, OPTIMISTIC, ANNOUNCE:
            self.arm(timer)

    def arm(self, timer):
        after = self.protocol[("rechoke_ns", "optimistic_ns", "announce_ns")[timer]]
        if after is not None:
            self.do("timer", timer=timer, after_ns=after)

    def on_timer(self, event):
        if event["timer"] == RECHOKE:
            self.rechoke()
            self.upkeep()
        elif event["timer"] == OPTIMISTIC:
            self.move_optimistic()
        else:
            self.announce()
        self.arm(event["timer"])

    def announce(self):
        self.do("announce", want=self.protocol["neighbors"])

    def on_leave(self, _):
        self.do("announce", want=0, gone=True)
        for peer in self.neighbors:
            self.do("disconnect", peer=peer)

    def on_received(self, event):
        neighbor = self.neighbors.get(event["peer"])
        if neighbor:
            neighbor.silent = 0
            hear = getattr(self, "hear_" + event["say"], None)  # nothing more than "keep_alive"
            if hear:
                hear(neighbor, event)
        elif event["say"] == "chunk":  # it was under way when the neighbor was dropped
            self.got(event["peer"], None, event["chunk"])

    def hear_choke(self, neighbor, event):
        neighbor.serves = False  # what it will not send it rejects

    def hear_unchoke(self, neighbor, event):
        neighbor.serves = True
        self.fetch_from(neighbor)
        self.reciprocate(neighbor)
        self.serve()

    def say(self, neighbor, say, **fields):
        neighbor.spoken_to = True
        self.send([neighbor.peer], say, **fields)

    def exists(self, chunk):
        """Is this a chunk of the file? The body of a message may be anything."""
        return isinstance(chunk, int) and 0 <= chunk < self.chunks

    def length(self, chunk):
        return min(self.chunk_bytes, self.file_bytes - chunk * self.chunk_bytes)


if __name__ == "__main__":
    conversation.answer(Node)
