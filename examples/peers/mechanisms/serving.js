// Which neighbors a node serves, and what it sends next.

// Compares two lists of numbers.
function inOrder(a, b) {
  const at = a.findIndex((value, place) => value !== b[place]);
  return at === -1 ? 0 : a[at] - b[at];
}

// The part of a node that serves.
const Serving = (Base) =>
  class extends Base {
    isInterested(neighbor) {
      neighbor.interested = true;
      this.fillSlots();
    }

    isUninterested(neighbor) {
      neighbor.interested = false;
      if (!neighbor.served || this.wants(neighbor)) return;
      this.choke(neighbor);
      this.fillSlots();
    }

    // Before the source has shown anything, each neighbor that lacks something wants it.
    wants(neighbor) {
      return neighbor.interested || (this.offers !== null && neighbor.held < this.chunks);
    }

    wanting() {
      return [...this.neighbors.values()].filter((neighbor) => this.wants(neighbor));
    }

    waiting() {
      return this.wanting().filter((neighbor) => !neighbor.served);
    }

    // The neighbors to serve first: by a policy, then those that have waited longest.
    best(neighbors, count) {
      const ranked = neighbors.map((neighbor) => {
        return { neighbor, rank: [this.rank(neighbor), -neighbor.waited, neighbor.peer] };
      });
      ranked.sort((a, b) => inOrder(a.rank, b.rank));
      return ranked.slice(0, count).map(({ neighbor }) => neighbor);
    }

    rank(neighbor) {
      if (this.offers) return this.offers.keptBack(neighbor.peer);
      if (!this.lacks) return this.protocol.seeding === "fastest first" ? -neighbor.sent : 0;
      if (this.accounts.kept) return this.accounts.balance(neighbor.peer);
      return this.protocol.choker === "tit for tat" ? -neighbor.received : 0;
    }

    // Decides anew whom to serve.
    rechoke() {
      if (this.gives) {
        const chosen = this.best(this.wanting(), this.protocol.unchoke_slots);
        if (chosen.includes(this.optimistic)) this.optimistic = null;
        for (const neighbor of this.neighbors.values()) {
          const stays = chosen.includes(neighbor) || neighbor === this.optimistic;
          if (!stays) this.choke(neighbor);
        }
        for (const neighbor of chosen) this.unchoke(neighbor);
        this.fillSlots();
      }
      for (const neighbor of this.neighbors.values()) {
        const waits = this.gives && (neighbor.interested || this.offers) && !neighbor.served;
        neighbor.waited = waits ? neighbor.waited + 1 : 0;
        neighbor.received = neighbor.sent = 0;
      }
      this.serve();
    }

    fillSlots() {
      this.fillFreeSlots();
      if (!this.optimistic) this.fillOptimistic();
    }

    fillFreeSlots() {
      let free = this.protocol.unchoke_slots;
      for (const neighbor of this.neighbors.values()) {
        if (neighbor.served && neighbor !== this.optimistic) free -= 1;
      }
      if (free <= 0 || !this.gives) return;
      for (const neighbor of this.best(this.waiting(), free)) this.unchoke(neighbor);
    }

    fillOptimistic() {
      if (!this.gives || this.protocol.optimistic_ns === null) return;
      const waiting = this.waiting();
      if (!waiting.length) return;
      this.optimistic = this.random.choice(waiting);
      this.unchoke(this.optimistic);
    }

    moveOptimistic() {
      const former = this.optimistic;
      this.optimistic = null;
      this.fillOptimistic();
      if (!this.optimistic) {
        this.optimistic = former;
      } else if (former) {
        this.choke(former);
        this.fillSlots();
      }
    }

    // Barter needs both sides at once: a slot goes to a neighbor that serves in return.
    reciprocate(neighbor) {
      const waits = neighbor.interested && !neighbor.served;
      if (!this.accounts.kept || !this.lacks || !this.gives || !waits) return;
      this.fillFreeSlots();
      if (neighbor.served) return;
      for (const other of this.neighbors.values()) {
        if (other.served && !other.serves && other !== this.optimistic) {
          this.choke(other);
          this.unchoke(neighbor);
          return;
        }
      }
    }

    unchoke(neighbor) {
      if (neighbor.served) return;
      neighbor.served = true;
      neighbor.waited = 0;
      this.say(neighbor, "unchoke");
      this.offer(neighbor);
    }

    choke(neighbor) {
      if (this.optimistic === neighbor) this.optimistic = null;
      if (!neighbor.served) return;
      neighbor.served = false;
      this.say(neighbor, "choke");
      for (const request of this.queue) {
        if (request.neighbor === neighbor) this.say(neighbor, "reject", { body: request.chunk });
      }
      this.forgetRequests(neighbor);
      this.offers?.withdraw(neighbor.peer, neighbor.sending);
    }

    forgetRequests(neighbor) {
      this.queue = this.queue.filter((request) => request.neighbor !== neighbor);
    }

    isQueued(neighbor, chunk) {
      return this.queue.some((it) => it.neighbor === neighbor && it.chunk === chunk);
    }

    requested(neighbor, chunk) {
      const promised = !this.offers || this.offers.isPromised(neighbor.peer, chunk);
      if (!this.have[chunk] || !neighbor.served || !promised) {
        this.say(neighbor, "reject", { body: chunk });
        return;
      }
      if (!this.isQueued(neighbor, chunk)) this.queue.push({ neighbor, chunk });
      this.serve();
    }

    // A node that has the whole file gives freely.
    mayServe(neighbor) {
      const givesInReturn = neighbor.serves && neighbor.awaited.size > 0;
      return !this.lacks || this.accounts.mayGive(neighbor.peer, givesInReturn);
    }

    // Sends the first request that may be served, if the uplink is free.
    serve() {
      if (!this.ready) return;
      const at = this.queue.findIndex(({ neighbor }) => this.mayServe(neighbor));
      if (at === -1) return;
      const [{ neighbor, chunk }] = this.queue.splice(at, 1);
      this.ready = false;
      this.accounts.settle(neighbor.peer, 1);
      neighbor.sending.add(chunk);
      this.say(neighbor, "chunk", { chunk });
    }

    sent(peer, chunk) {
      const neighbor = this.neighbors.get(peer);
      if (!neighbor?.sending.delete(chunk)) {
        this.accounts.settle(peer, 1); // it left at the instant at which it was to be stopped
      }
      if (neighbor) neighbor.sent += this.length(chunk);
      if (this.offers) this.offerKept(peer, chunk);
    }

    cancelled(neighbor, chunk) {
      if (!this.exists(chunk)) return;
      this.queue = this.queue.filter((it) => it.neighbor !== neighbor || it.chunk !== chunk);
      if (neighbor.sending.delete(chunk)) {
        this.accounts.settle(neighbor.peer, -1);
        this.do("abort", { peer: neighbor.peer, chunk });
      }
      if (this.offers) {
        this.note(neighbor, chunk); // it has the chunk of another
        this.offerKept(neighbor.peer, chunk);
      }
    }
  };

module.exports = { Serving };
