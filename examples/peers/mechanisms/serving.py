"""Which neighbors a node serves, and what it sends next."""


class Serving:
    """The part of a node that serves."""

    def hear_interested(self, neighbor, event):
        neighbor.interested = True
        self.fill_slots()

    def hear_uninterested(self, neighbor, event):
        neighbor.interested = False
        if neighbor.served and not self.wants(neighbor):
            self.choke(neighbor)
            self.fill_slots()

    def wants(self, neighbor):
        """Before the source has shown anything, each neighbor that lacks something wants it."""
        return neighbor.interested or bool(self.offers and not self.is_full(neighbor))

    def waiting(self):
        return [n for n in self.neighbors.values() if not n.served and self.wants(n)]

    def rank(self, neighbor):
        """Whom to serve first: the lowest."""
        first = 0  # those that have waited longest
        if self.offers:
            first = self.offers.kept_back[neighbor.peer]
        elif not self.lacks:
            if self.protocol["seeding"] == "fastest first":
                first = -neighbor.sent
        elif self.accounts.kept:
            first = self.accounts.balance(neighbor.peer)
        elif self.protocol["choker"] == "tit for tat":
            first = -neighbor.received
        return first, -neighbor.waited, neighbor.peer

    def rechoke(self):
        """Decides anew whom to serve."""
        if self.gives:
            wanting = [n for n in self.neighbors.values() if self.wants(n)]
            chosen = sorted(wanting, key=self.rank)[: self.protocol["unchoke_slots"]]
            if self.optimistic in chosen:
                self.optimistic = None
            for neighbor in self.neighbors.values():
                if neighbor.served and neighbor not in chosen and neighbor is not self.optimistic:
                    self.choke(neighbor)
            for neighbor in chosen:
                self.unchoke(neighbor)
            self.fill_slots()
        for neighbor in self.neighbors.values():
            waits = neighbor.interested or self.offers
            waits = waits and not neighbor.served and self.gives
            neighbor.waited = neighbor.waited + 1 if waits else 0
            neighbor.received = neighbor.sent = 0
        self.serve()

    def fill_slots(self):
        self.fill_free_slots()
        if self.optimistic is None:
            self.fill_optimistic()

    def fill_free_slots(self):
        taken = sum(n.served for n in self.neighbors.values() if n is not self.optimistic)
        free = self.protocol["unchoke_slots"] - taken
        if free > 0 and self.gives:
            for neighbor in sorted(self.waiting(), key=self.rank)[:free]:
                self.unchoke(neighbor)

    def fill_optimistic(self):
        if not self.gives or self.protocol["optimistic_ns"] is None:
            return
        waiting = self.waiting()
        if waiting:
            self.optimistic = self.random.choice(waiting)
            self.unchoke(self.optimistic)

    def move_optimistic(self):
        former, self.optimistic = self.optimistic, None
        self.fill_optimistic()
        if self.optimistic is None:
            self.optimistic = former
        elif former:
            self.choke(former)
            self.fill_slots()

    def reciprocate(self, neighbor):
        """Barter needs both sides at once: a slot goes to a neighbor that serves in return."""
        waits = neighbor.interested and not neighbor.served
        if not self.accounts.kept or not self.lacks or not self.gives or not waits:
            return
        self.fill_free_slots()
        if neighbor.served:
            return
        for other in self.neighbors.values():
            if other.served and not other.serves and other is not self.optimistic:
                self.choke(other)
                self.unchoke(neighbor)
                return

    def unchoke(self, neighbor):
        if not neighbor.served:
            neighbor.served, neighbor.waited = True, 0
            self.say(neighbor, "unchoke")
            self.offer(neighbor)

    def choke(self, neighbor):
        if self.optimistic is neighbor:
            self.optimistic = None
        if not neighbor.served:
            return
        neighbor.served = False
        self.say(neighbor, "choke")
        for request in [request for request in self.queue if request[0] is neighbor]:
            self.queue.remove(request)
            self.say(neighbor, "reject", body=request[1])
        if self.offers:
            self.offers.withdraw(neighbor.peer, neighbor.sending)

    def hear_request(self, neighbor, event):
        chunk = event["chunk"]
        promised = not self.offers or self.offers.is_promised(neighbor.peer, chunk)
        if not self.have >> chunk & 1 or not neighbor.served or not promised:
            self.say(neighbor, "reject", body=chunk)
            return
        if (neighbor, chunk) not in self.queue:
            self.queue.append((neighbor, chunk))
        self.serve()

    def may_serve(self, neighbor):
        """A node that has the whole file gives freely."""
        gives_in_return = neighbor.serves and bool(neighbor.awaited)
        return not self.lacks or self.accounts.may_give(neighbor.peer, gives_in_return)

    def on_ready(self, _):
        self.ready = True
        self.serve()

    def serve(self):
        """Sends the first request that may be served, if the uplink is free."""
        if not self.ready:
            return
        for at, (neighbor, chunk) in enumerate(self.queue):
            if self.may_serve(neighbor):
                del self.queue[at]
                self.ready = False
                self.accounts.settle(neighbor.peer, 1)
                neighbor.sending.add(chunk)
                self.say(neighbor, "chunk", chunk=chunk)
                return

    def on_sent(self, event):
        peer, chunk = event["peer"], event["chunk"]
        neighbor = self.neighbors.get(peer)
        if neighbor and chunk in neighbor.sending:
            neighbor.sending.remove(chunk)
        else:
            self.accounts.settle(peer, 1)  # it left at the instant at which it was to be stopped
        if neighbor:
            neighbor.sent += self.length(chunk)
        if self.offers:
            self.offer_kept(peer, chunk)

    def hear_cancel(self, neighbor, event):
        chunk = event.get("body")
        if not self.exists(chunk):
            return
        if (neighbor, chunk) in self.queue:
            self.queue.remove((neighbor, chunk))
        if chunk in neighbor.sending:
            neighbor.sending.remove(chunk)
            self.accounts.settle(neighbor.peer, -1)
            self.do("abort", peer=neighbor.peer, chunk=chunk)
        if self.offers:  # it has the chunk of another
            self.note(neighbor, chunk)
            self.offer_kept(neighbor.peer, chunk)
