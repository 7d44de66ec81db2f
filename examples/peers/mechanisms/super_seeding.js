// Super seeding: the source shows one neighbor of each chunk before any chunk goes out twice.

// What the source has promised in its first pass over the chunks.
class Offers {
  constructor(chunks) {
    this.unpromised = new Uint8Array(chunks).fill(1);
    this.promised = new Map(); // by peer: the chunks that it was promised and has not got
    this.unseen = new Map(); // by chunk: the peer that was given it, until another peer holds it
    this.counts = new Map(); // by peer: how many chunks of `unseen` it was given
  }

  // The next chunk, promised to a peer; undefined when every chunk is promised.
  promise(peer) {
    const chunk = this.unpromised.indexOf(1);
    if (chunk === -1) return undefined;
    this.unpromised[chunk] = 0;
    if (!this.promised.has(peer)) this.promised.set(peer, new Set());
    this.promised.get(peer).add(chunk);
    this.unseen.set(chunk, peer);
    this.counts.set(peer, this.keptBack(peer) + 1);
    return chunk;
  }

  isPromised(peer, chunk) {
    return this.promised.get(peer)?.has(chunk) ?? false;
  }

  outstanding(peer) {
    return this.promised.get(peer)?.size ?? 0;
  }

  outstandingWithOthers(peer) {
    let all = 0;
    for (const promised of this.promised.values()) all += promised.size;
    return all - this.outstanding(peer);
  }

  seen(peer, chunk) {
    if ((this.unseen.get(chunk) ?? peer) !== peer) this.forgetUnseen(chunk);
  }

  forgetUnseen(chunk) {
    const peer = this.unseen.get(chunk);
    if (this.unseen.delete(chunk)) this.counts.set(peer, this.keptBack(peer) - 1);
  }

  // How many chunks were given to this peer and are not held by any other yet.
  keptBack(peer) {
    return this.counts.get(peer) ?? 0;
  }

  // A chunk has left for a peer: it need not be promised.
  kept(peer, chunk) {
    this.unpromised[chunk] = 0;
    this.promised.get(peer)?.delete(chunk);
  }

  // What a peer was promised may go to others, but for what is under way to it.
  withdraw(peer, sending) {
    for (const chunk of this.promised.get(peer) ?? []) {
      if (sending.has(chunk)) continue;
      this.unpromised[chunk] = 1;
      this.forgetUnseen(chunk);
    }
    this.promised.delete(peer);
  }
}

// The part of a node that makes and keeps promises.
const SuperSeeding = (Base) =>
  class extends Base {
    // Promises a served neighbor as many chunks as it may request at a time.
    offer(neighbor) {
      while (this.offers && this.offers.outstanding(neighbor.peer) < this.requests) {
        const chunk = this.offers.promise(neighbor.peer);
        if (chunk === undefined) {
          this.offers = null; // the first pass is over
          this.showAll();
          return;
        }
        this.say(neighbor, "have", { chunk });
      }
    }

    // A peer has a chunk: while it is served it is promised another.
    offerKept(peer, chunk) {
      this.offers.kept(peer, chunk);
      const neighbor = this.neighbors.get(peer);
      if (!neighbor?.served) return;
      const others = this.offers.outstandingWithOthers(peer);
      // An unchoke and a request take a round trip: what others were promised must last so long.
      const mayPause = others + 1 >= this.requests && neighbor !== this.optimistic;
      const own = this.offers.keptBack(peer);
      const passesOnMore = (other) => this.offers.keptBack(other.peer) < own;
      if (!mayPause || !this.waiting().some(passesOnMore)) {
        this.offer(neighbor);
      } else if (!this.offers.outstanding(peer)) {
        this.choke(neighbor);
        this.fillFreeSlots();
      }
    }
  };

module.exports = { Offers, SuperSeeding };
