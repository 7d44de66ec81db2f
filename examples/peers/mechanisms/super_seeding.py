"""Super seeding: the source shows one neighbor of each chunk before any chunk goes out twice."""
from collections import Counter

from mechanisms.chunk_sets import chunks_of


class Offers:
    """What the source has promised in its first pass over the chunks."""

    def __init__(self, chunks):
        self.unpromised = chunks
        self.promised = {}  # by peer: the chunks that it was promised and has not got
        self.unseen = {}  # by chunk: the peer that was given it, until another peer holds it
        self.kept_back = Counter()  # by peer: how many chunks of `unseen` it was given

    def promise(self, peer):
        chunk = next(chunks_of(self.unpromised))
        self.unpromised ^= 1 << chunk
        self.promised.setdefault(peer, set()).add(chunk)
        self.unseen[chunk] = peer
        self.kept_back[peer] += 1
        return chunk

    def is_promised(self, peer, chunk):
        return chunk in self.promised.get(peer, ())

    def outstanding(self, peer):
        return len(self.promised.get(peer, ()))

    def outstanding_with_others(self, peer):
        return sum(map(len, self.promised.values())) - self.outstanding(peer)

    def seen(self, peer, chunk):
        if self.unseen.get(chunk, peer) != peer:
            self.forget_unseen(chunk)

    def forget_unseen(self, chunk):
        if chunk in self.unseen:
            self.kept_back[self.unseen.pop(chunk)] -= 1

    def kept(self, peer, chunk):
        """A chunk has left for a peer: it need not be promised."""
        self.unpromised &= ~(1 << chunk)
        self.promised.get(peer, set()).discard(chunk)

    def withdraw(self, peer, sending):
        """What a peer was promised may go to others, but for what is under way to it."""
        for chunk in self.promised.pop(peer, set()) - sending:
            self.unpromised |= 1 << chunk
            self.forget_unseen(chunk)


class SuperSeeding:
    """The part of a node that makes and keeps promises."""

    def offer(self, neighbor):
        """Promises a served neighbor as many chunks as it may request at a time."""
        while self.offers and self.offers.outstanding(neighbor.peer) < self.requests:
            if not self.offers.unpromised:  # the first pass is over
                self.offers = None
                self.show_all()
                return
            self.say(neighbor, "have", chunk=self.offers.promise(neighbor.peer))

    def offer_kept(self, peer, chunk):
        """A peer has a chunk: while it is served it is promised another."""
        self.offers.kept(peer, chunk)
        neighbor = self.neighbors.get(peer)
        if not neighbor or not neighbor.served:
            return
        outstanding = self.offers.outstanding(peer)
        others = self.offers.outstanding_with_others(peer)
        # An unchoke and a request take a round trip: what others were promised must last so long.
        may_pause = others + 1 >= self.requests and neighbor is not self.optimistic
        kept_back = self.offers.kept_back
        if may_pause and any(kept_back[n.peer] < kept_back[peer] for n in self.waiting()):
            if not outstanding:
                self.choke(neighbor)
                self.fill_free_slots()
        else:
            self.offer(neighbor)
