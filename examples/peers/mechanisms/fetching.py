"""What a node requests of its neighbors, and what it does with the chunks that arrive."""
from mechanisms.chunk_sets import any_of, chunks_of, ranges_of, set_of

OVERDUE = 2  # rechokes after which a chunk may be requested of a second neighbor


class Fetching:
    """The part of a node that requests."""

    def hear_bitfield(self, neighbor, event):
        for chunk in chunks_of(set_of(event["chunks"]) & ~neighbor.holds):
            self.note(neighbor, chunk)
        self.show_interest(neighbor)
        self.fetch_from(neighbor)
        self.part_if_both_full(neighbor)

    def hear_have(self, neighbor, event):
        chunk = event["chunk"]
        self.note(neighbor, chunk)
        if self.have >> chunk & 1:
            self.say(neighbor, "cancel", body=chunk)  # the source may have promised it
            self.part_if_both_full(neighbor)
            return
        if not neighbor.interesting:
            self.show_interest(neighbor)
        if neighbor.serves and self.open >> chunk & 1:
            self.fetch_from(neighbor)

    def note(self, neighbor, chunk):
        if self.offers:
            self.offers.seen(neighbor.peer, chunk)
        if not neighbor.holds >> chunk & 1:
            neighbor.holds |= 1 << chunk
            self.rarity.add(chunk, 1)

    def is_full(self, neighbor):
        return not self.have & ~neighbor.holds

    def part_if_both_full(self, neighbor):
        if not self.lacks and self.is_full(neighbor):
            self.drop(neighbor)

    def show_interest(self, neighbor):
        interesting = bool(neighbor.holds & self.lacks)
        if interesting != neighbor.interesting:
            neighbor.interesting = interesting
            self.say(neighbor, "interested" if interesting else "uninterested")

    def fetch_from_all(self):
        for neighbor in self.neighbors.values():
            self.fetch_from(neighbor)

    def fetch_from(self, neighbor):
        if not neighbor.serves or not neighbor.interesting:
            return
        while len(neighbor.awaited) < self.requests:
            chunk = self.pick(neighbor)
            if chunk is None:
                return
            self.open &= ~(1 << chunk)
            neighbor.awaited[chunk] = 0
            self.say(neighbor, "request", chunk=chunk)
            self.serve()  # under strict barter a request is half of an exchange

    def pick(self, neighbor):
        """The chunk to request next of a neighbor, or None."""
        chunks = neighbor.holds & self.open
        if chunks:
            return self.choose(chunks)
        chunks = self.overdue_chunks(neighbor) if self.overdue else 0
        return any_of(chunks, self.random) if chunks else None

    def choose(self, chunks):
        if self.protocol["picker"] == "in order":
            return next(chunks_of(chunks))
        if self.protocol["picker"] == "rarest first" and self.have:
            chunks = self.rarity.rarest(chunks)
        return any_of(chunks, self.random)

    def overdue_chunks(self, neighbor):
        """Endgame: chunks that are overdue at each neighbor that was asked for them."""
        old = fresh = 0
        for other in self.neighbors.values():
            for chunk, age in other.awaited.items():
                if age < OVERDUE or other is neighbor:
                    fresh |= 1 << chunk
                else:
                    old |= 1 << chunk
        return old & ~fresh & neighbor.holds

    def reopen(self, chunk):
        awaited = any(chunk in neighbor.awaited for neighbor in self.neighbors.values())
        if not awaited and self.lacks >> chunk & 1:
            self.open |= 1 << chunk

    def hear_reject(self, neighbor, event):
        chunk = event.get("body")
        if not self.exists(chunk) or neighbor.awaited.pop(chunk, None) is None:
            return
        if neighbor.serves and neighbor.holds >> chunk & 1:  # it does not have it after all
            neighbor.holds ^= 1 << chunk
            self.rarity.add(chunk, -1)
            self.show_interest(neighbor)
        self.reopen(chunk)
        self.fetch_from_all()

    def hear_chunk(self, neighbor, event):
        neighbor.received += self.length(event["chunk"])
        neighbor.awaited.pop(event["chunk"], None)
        self.got(neighbor.peer, neighbor, event["chunk"])

    def got(self, peer, neighbor, chunk):
        """A chunk has arrived. `neighbor` is None if the sender was dropped meanwhile."""
        self.accounts.settle(peer, -1)
        new = self.lacks >> chunk & 1
        if new:
            self.have |= 1 << chunk
            self.lacks ^= 1 << chunk
            self.open &= ~(1 << chunk)
            self.show_chunk(chunk)
            self.settle_requests(chunk)
        if neighbor:
            self.fetch_from(neighbor)
        self.serve()
        if new and not self.lacks:
            self.complete()

    def show_chunk(self, chunk):
        """Tells the neighbors that lack a chunk. A free rider has nothing to offer."""
        lacking = [n for n in self.neighbors.values() if not n.holds >> chunk & 1]
        if lacking and self.gives:
            for neighbor in lacking:
                neighbor.spoken_to = True
            peers = [neighbor.peer for neighbor in lacking]
            at = self.random.randrange(len(peers))  # the first to hear is the first to be served
            self.send(peers[at:] + peers[:at], "have", chunk=chunk)

    def settle_requests(self, chunk):
        """A chunk is here: cancels other requests for it; a neighbor may have nothing else."""
        for neighbor in self.neighbors.values():
            exhausted = neighbor.interesting and not neighbor.holds & self.lacks
            if exhausted:
                neighbor.interesting = False
            if neighbor.awaited.pop(chunk, None) is not None:
                self.say(neighbor, "cancel", body=chunk)
                self.fetch_from(neighbor)
            if exhausted:
                self.say(neighbor, "uninterested")

    def complete(self):
        self.do("completed")
        for neighbor in list(self.neighbors.values()):
            if not self.gives or self.is_full(neighbor):
                self.drop(neighbor)
        self.show_all()

    def show_all(self):
        ranges = ranges_of(self.have)
        for neighbor in self.neighbors.values():
            self.say(neighbor, "bitfield", chunks=ranges)
