// What a node requests of its neighbors, and what it does with the chunks that arrive.

const { rangesOf, setOf } = require("./chunk_sets.js");

const OVERDUE = 2; // rechokes after which a chunk may be requested of a second neighbor

// The part of a node that requests.
const Fetching = (Base) =>
  class extends Base {
    hasAll(neighbor, ranges) {
      setOf(ranges, this.chunks).forEach((held, chunk) => {
        if (held) this.note(neighbor, chunk);
      });
      this.showInterest(neighbor);
      this.fetchFrom(neighbor);
      this.partIfBothFull(neighbor);
    }

    has(neighbor, chunk) {
      this.note(neighbor, chunk);
      if (this.have[chunk]) {
        this.say(neighbor, "cancel", { body: chunk }); // the source may have promised it
        this.partIfBothFull(neighbor);
        return;
      }
      if (!neighbor.interesting) this.showInterest(neighbor);
      if (neighbor.serves && this.open[chunk]) this.fetchFrom(neighbor);
    }

    note(neighbor, chunk) {
      this.offers?.seen(neighbor.peer, chunk);
      if (!neighbor.holds[chunk]) this.count(neighbor, chunk, 1);
    }

    // A neighbor holds a chunk that it did not hold (step 1), or does not hold it (step -1).
    count(neighbor, chunk, step) {
      neighbor.holds[chunk] += step;
      neighbor.held += step;
      this.copies[chunk] += step;
      if (!this.have[chunk]) neighbor.offers += step;
    }

    partIfBothFull(neighbor) {
      if (!this.lacks && neighbor.held === this.chunks) this.drop(neighbor);
    }

    showInterest(neighbor) {
      const interesting = neighbor.offers > 0;
      if (interesting === neighbor.interesting) return;
      neighbor.interesting = interesting;
      this.say(neighbor, interesting ? "interested" : "uninterested");
    }

    fetchFromAll() {
      for (const neighbor of this.neighbors.values()) this.fetchFrom(neighbor);
    }

    fetchFrom(neighbor) {
      if (!neighbor.serves || !neighbor.interesting) return;
      while (neighbor.awaited.size < this.requests) {
        const chunk = this.pick(neighbor);
        if (chunk === undefined) return;
        this.open[chunk] = 0;
        neighbor.awaited.set(chunk, 0);
        this.say(neighbor, "request", { chunk });
        this.serve(); // under strict barter a request is half of an exchange
      }
    }

    // The chunk to request next of a neighbor, or undefined.
    pick(neighbor) {
      const { picker } = this.protocol;
      const byRarity = picker === "rarest first" && this.lacks < this.chunks;
      let best = [];
      let fewest = Infinity;
      for (let chunk = 0; chunk < this.chunks; chunk += 1) {
        if (!neighbor.holds[chunk] || !this.open[chunk]) continue;
        if (picker === "in order") return chunk;
        const copies = byRarity ? this.copies[chunk] : 0;
        if (copies > fewest) continue;
        if (copies < fewest) best = [];
        fewest = copies;
        best.push(chunk);
      }
      if (!best.length && this.overdue) best = this.overdueChunks(neighbor);
      return best.length ? this.random.choice(best) : undefined;
    }

    // Endgame: chunks that are overdue at each neighbor that was asked for them.
    overdueChunks(neighbor) {
      const old = new Set();
      const fresh = new Set();
      for (const other of this.neighbors.values()) {
        for (const [chunk, age] of other.awaited) {
          (age < OVERDUE || other === neighbor ? fresh : old).add(chunk);
        }
      }
      return [...old].filter((chunk) => !fresh.has(chunk) && neighbor.holds[chunk]);
    }

    reopen(chunk) {
      const awaits = (neighbor) => neighbor.awaited.has(chunk);
      if (!this.have[chunk] && ![...this.neighbors.values()].some(awaits)) this.open[chunk] = 1;
    }

    rejected(neighbor, chunk) {
      if (!neighbor.awaited.delete(chunk)) return;
      if (neighbor.serves && neighbor.holds[chunk]) {
        this.count(neighbor, chunk, -1); // it does not hold it after all
        this.showInterest(neighbor);
      }
      this.reopen(chunk);
      this.fetchFromAll();
    }

    // A chunk has arrived. `neighbor` is undefined if the sender was dropped meanwhile.
    got(peer, neighbor, chunk) {
      this.accounts.settle(peer, -1);
      if (neighbor) {
        neighbor.received += this.length(chunk);
        neighbor.awaited.delete(chunk);
      }
      const isNew = !this.have[chunk];
      if (isNew) {
        this.have[chunk] = 1;
        this.lacks -= 1;
        this.open[chunk] = 0;
        this.showChunk(chunk);
        this.settleRequests(chunk);
      }
      if (neighbor) this.fetchFrom(neighbor);
      this.serve();
      if (isNew && !this.lacks) this.complete();
    }

    // Tells the neighbors that lack a chunk. A free rider has nothing to offer.
    showChunk(chunk) {
      const lacking = [];
      for (const neighbor of this.neighbors.values()) {
        if (neighbor.holds[chunk] || !this.gives) continue;
        neighbor.spokenTo = true;
        lacking.push(neighbor.peer);
      }
      if (!lacking.length) return;
      const at = this.random.below(lacking.length); // the first to hear is the first to be served
      this.send([...lacking.slice(at), ...lacking.slice(0, at)], "have", { chunk });
    }

    // A chunk is here: cancels other requests for it; a neighbor may have nothing else.
    settleRequests(chunk) {
      for (const neighbor of this.neighbors.values()) {
        if (neighbor.holds[chunk]) neighbor.offers -= 1;
        const exhausted = neighbor.interesting && !neighbor.offers;
        if (exhausted) neighbor.interesting = false;
        if (neighbor.awaited.delete(chunk)) {
          this.say(neighbor, "cancel", { body: chunk });
          this.fetchFrom(neighbor);
        }
        if (exhausted) this.say(neighbor, "uninterested");
      }
    }

    complete() {
      this.do("completed");
      for (const neighbor of [...this.neighbors.values()]) {
        if (!this.gives || neighbor.held === this.chunks) this.drop(neighbor);
      }
      this.showAll();
    }

    showAll() {
      const chunks = rangesOf(this.have);
      for (const neighbor of this.neighbors.values()) this.say(neighbor, "bitfield", { chunks });
    }
  };

module.exports = { Fetching, OVERDUE };
