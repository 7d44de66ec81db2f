#!/usr/bin/env python3
"""Rarest first and tit for tat: it requests the chunks that the fewest neighbors hold, and serves
the neighbors that give the most. It knows no endgame, no barter, and no neighbor that vanishes."""
import conversation


class Neighbor:
    def __init__(self, peer):
        self.peer, self.holds, self.awaited = peer, set(), set()
        self.interesting = self.interested = False  # to this node; in this node
        self.serves = self.served = False  # it unchokes this node; this node unchokes it
        self.gave = 0  # chunks since the last rechoke


class Node(conversation.Node):
    def __init__(self, number, init, start, out):
        super().__init__(number, init, start, out)
        self.slots = self.protocol["unchoke_slots"]
        self.have = conversation.chunks_in(start["holds"])
        self.open = set(range(self.chunks)) - self.have  # neither held nor awaited
        self.neighbors, self.copies = {}, [0] * self.chunks  # how many of them hold each chunk
        self.queue, self.ready = [], False  # requests to serve; is the uplink free
        self.do("announce", want=self.protocol["neighbors"])
        self.rechoke()

    def handle(self, event):
        kind, peer = event["type"], event.get("peer")
        for member in event.get("peers", ()):  # whom the tracker names
            self.do("connect", peer=member)
        if kind == "asked":
            self.do("accept", peer=peer)
        elif kind == "connected":
            self.neighbors[peer] = Neighbor(peer)
            if self.gives:
                self.send([peer], "bitfield", chunks=conversation.ranges_of(self.have))
        elif kind == "received":
            self.hear(self.neighbors[peer], event["say"], event)
        elif kind == "timer":
            self.rechoke()
        self.ready = self.ready or kind == "ready"
        if self.ready and self.queue:
            neighbor, chunk = self.queue.pop(0)
            self.send([neighbor.peer], "chunk", chunk=chunk)
            self.ready = False

    def hear(self, neighbor, say, event):
        if say in ("have", "bitfield"):
            chunks = {event["chunk"]} if say == "have" else conversation.chunks_in(event["chunks"])
            for chunk in chunks - neighbor.holds:
                neighbor.holds.add(chunk)
                self.copies[chunk] += 1
        elif say in ("interested", "uninterested"):
            neighbor.interested = say == "interested"
            served = [other for other in self.neighbors.values() if other.served]
            if neighbor.interested and len(served) < self.slots:
                self.serve(served + [neighbor])
        elif say in ("choke", "unchoke"):
            neighbor.serves = say == "unchoke"
            self.open |= neighbor.awaited - self.have  # a choke drops what was requested before
            neighbor.awaited.clear()
        elif say == "request" and neighbor.served and event["chunk"] in self.have:
            self.queue.append((neighbor, event["chunk"]))
        elif say == "chunk":
            self.got(neighbor, event["chunk"])
        self.fetch(neighbor)

    def fetch(self, neighbor):
        """Tells a neighbor whether it is of interest, and requests the rarest of what it holds."""
        interesting = not neighbor.holds <= self.have
        if interesting != neighbor.interesting:
            neighbor.interesting = interesting
            self.send([neighbor.peer], "interested" if interesting else "uninterested")
        while neighbor.serves and len(neighbor.awaited) < self.requests:
            chunks = neighbor.holds & self.open
            if not chunks:
                return
            chunk = min(chunks, key=lambda chunk: (self.copies[chunk], self.random.random()))
            self.open.remove(chunk)
            neighbor.awaited.add(chunk)
            self.send([neighbor.peer], "request", chunk=chunk)

    def got(self, sender, chunk):
        sender.awaited.discard(chunk)
        sender.gave += 1
        if chunk in self.have:
            return
        self.have.add(chunk)
        self.open.discard(chunk)
        lacking = [n.peer for n in self.neighbors.values() if chunk not in n.holds]
        if self.gives and lacking:
            self.send(lacking, "have", chunk=chunk)
        for neighbor in self.neighbors.values():
            self.fetch(neighbor)
        if len(self.have) == self.chunks:
            self.do("completed")

    def rechoke(self):
        """Serves those that gave the most, and any of the others: the optimistic unchoke."""
        self.do("timer", timer=0, after_ns=self.protocol["rechoke_ns"])
        wanting = [neighbor for neighbor in self.neighbors.values() if neighbor.interested]
        wanting.sort(key=lambda neighbor: (-neighbor.gave, self.random.random()))
        best, others = wanting[: self.slots], wanting[self.slots :]
        if others and self.protocol["optimistic_ns"] is not None:
            best.append(self.random.choice(others))
        self.serve(best)
        for neighbor in self.neighbors.values():
            neighbor.gave = 0

    def serve(self, chosen):
        for neighbor in self.neighbors.values():
            if neighbor.served != (neighbor in chosen):
                neighbor.served = not neighbor.served
                self.send([neighbor.peer], "unchoke" if neighbor.served else "choke")
        self.queue = [request for request in self.queue if request[0].served]


if __name__ == "__main__":
    conversation.answer(Node, churn=False, barter=False)
