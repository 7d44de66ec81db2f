"""Which nodes are neighbors: which to ask, to accept and to give up."""
from mechanisms.chunk_sets import chunks_of, ranges_of
from mechanisms.fetching import OVERDUE
from mechanisms.neighbor import Neighbor

SILENCE_LIMIT = 3  # rechokes without a message after which a neighbor counts as gone
UNSERVED_LIMIT = 3  # rechokes without being served after which another neighbor is looked for


class Membership:
    """The part of a node that finds neighbors and loses them."""

    def on_members(self, event):
        self.candidates |= set(event["peers"]) - self.neighbors.keys() - self.asked
        self.connect(self.target)

    def degree(self):
        return len(self.neighbors) + len(self.asked)

    def connect(self, places):
        """Asks candidates for so many neighbors. A node that has the file is only asked."""
        while self.lacks and self.candidates and self.degree() < places:
            peer = self.random.choice(sorted(self.candidates))
            self.candidates.remove(peer)
            self.asked.add(peer)
            self.do("connect", peer=peer)

    def is_done(self):
        """A free rider with the whole file has nothing to do with other nodes."""
        return not self.gives and not self.lacks

    def on_asked(self, event):
        peer = event["peer"]
        room = not self.is_done() and self.degree() < 2 * self.protocol["neighbors"]
        if peer in self.neighbors or peer in self.asked or room:
            if peer not in self.neighbors:
                self.asked.add(peer)
            self.do("accept", peer=peer)
        else:
            self.do("refuse", peer=peer)

    def on_connected(self, event):
        peer = event["peer"]
        self.asked.discard(peer)
        self.candidates.discard(peer)
        if self.is_done():
            self.do("disconnect", peer=peer)
        elif peer not in self.neighbors:
            self.neighbors[peer] = Neighbor(peer)
            self.greet(self.neighbors[peer])

    def greet(self, neighbor):
        """Tells a new neighbor what this node holds; while the source makes promises, serves it."""
        if self.offers:
            self.fill_free_slots()
        elif self.have and self.gives:
            self.say(neighbor, "bitfield", chunks=ranges_of(self.have))

    def on_disconnected(self, event):
        self.asked.discard(event["peer"])
        if event["peer"] in self.neighbors:
            self.forget(self.neighbors[event["peer"]])
        self.fetch_from_all()
        self.fill_slots()
        self.connect(self.target)

    def drop(self, neighbor):
        self.do("disconnect", peer=neighbor.peer)
        self.forget(neighbor)

    def forget(self, neighbor):
        """Chunks that were requested of a neighbor or promised to it are free for others again."""
        del self.neighbors[neighbor.peer]
        if self.optimistic is neighbor:
            self.optimistic = None
        for chunk in chunks_of(neighbor.holds if self.lacks else 0):
            self.rarity.add(chunk, -1)
        for chunk in neighbor.awaited:
            self.reopen(chunk)
        self.queue = [request for request in self.queue if request[0] is not neighbor]
        self.accounts.settle(neighbor.peer, -len(neighbor.sending))
        if self.offers:
            self.offers.withdraw(neighbor.peer, set())

    def upkeep(self):
        """At each rechoke: gives up silent neighbors, and looks for others where none serves."""
        interesting = [n for n in self.neighbors.values() if n.interesting]
        served = any(map(self.is_useful, interesting))
        gone = self.grow_older()
        for neighbor in gone:
            self.drop(neighbor)
        self.keep_alive()
        if gone:
            self.fill_slots()
        self.fetch_from_all()
        if self.lacks:
            self.look_for_others(served, bool(interesting))

    def grow_older(self):
        """A rechoke has passed: the neighbors that have been silent for too long."""
        self.overdue = False
        for neighbor in self.neighbors.values():
            neighbor.silent += 1
            for chunk in neighbor.awaited:
                neighbor.awaited[chunk] += 1
                self.overdue = self.overdue or neighbor.awaited[chunk] >= OVERDUE
        return [n for n in self.neighbors.values() if n.silent > SILENCE_LIMIT]

    def keep_alive(self):
        quiet = [n.peer for n in self.neighbors.values() if not n.spoken_to]
        if quiet:
            self.send(quiet, "keep_alive")
        for neighbor in self.neighbors.values():
            neighbor.spoken_to = False

    def is_useful(self, neighbor):
        """Does a neighbor serve this node? What is awaited of one that chokes is under way."""
        return neighbor.interesting and (neighbor.serves or bool(neighbor.awaited))

    def look_for_others(self, served, interesting):
        self.unserved = 0 if served else self.unserved + 1
        # A neighbor that holds something serves all of its neighbors in turn, so it takes longer.
        turns = 2 * self.protocol["neighbors"] if interesting else 0
        if self.unserved > max(UNSERVED_LIMIT, turns):
            self.unserved = 0
            places = self.degree()
            self.make_room()
            self.connect(max(places, self.target))
            self.announce()
        self.connect(self.target)
        if self.degree() < (self.target + 1) // 2:
            self.announce()

    def make_room(self):
        """Drops the least useful neighbor where there is no place for another."""
        useless = [n for n in self.neighbors.values() if not self.is_useful(n) and not n.sending]
        if useless and self.degree() >= self.target:
            lowest = min((n.interesting, n.served) for n in useless)
            worst = [n for n in useless if (n.interesting, n.served) == lowest]
            self.drop(self.random.choice(worst))
