// Which nodes are neighbors: which to ask, to accept and to give up.

const { rangesOf } = require("./chunk_sets.js");
const { OVERDUE } = require("./fetching.js");
const { Neighbor } = require("./neighbor.js");

const SILENCE_LIMIT = 3; // rechokes without a message after which a neighbor counts as gone
const UNSERVED_LIMIT = 3; // rechokes without being served after which another is looked for

// The part of a node that finds neighbors and loses them.
const Membership = (Base) =>
  class extends Base {
    hearOf(members) {
      for (const peer of members) {
        if (!this.neighbors.has(peer) && !this.asked.has(peer)) this.candidates.add(peer);
      }
      this.connect(this.target);
    }

    degree() {
      return this.neighbors.size + this.asked.size;
    }

    // Asks candidates for so many neighbors. A node that has the file is only asked.
    connect(places) {
      while (this.lacks && this.candidates.size && this.degree() < places) {
        const peer = this.random.choice([...this.candidates]);
        this.candidates.delete(peer);
        this.asked.add(peer);
        this.do("connect", { peer });
      }
    }

    // A free rider with the whole file has nothing to do with other nodes.
    isDone() {
      return !this.gives && !this.lacks;
    }

    answer(peer) {
      const known = this.neighbors.has(peer) || this.asked.has(peer);
      const room = !this.isDone() && this.degree() < 2 * this.protocol.neighbors;
      if (!known && room) this.asked.add(peer);
      this.do(known || room ? "accept" : "refuse", { peer });
    }

    connected(peer) {
      this.asked.delete(peer);
      this.candidates.delete(peer);
      if (this.isDone()) {
        this.do("disconnect", { peer });
      } else if (!this.neighbors.has(peer)) {
        this.neighbors.set(peer, new Neighbor(peer, this.chunks));
        this.greet(this.neighbors.get(peer));
      }
    }

    // Tells a new neighbor what this node holds; while the source makes promises, serves it.
    greet(neighbor) {
      if (this.offers) {
        this.fillFreeSlots();
      } else if (this.gives && this.lacks < this.chunks) {
        this.say(neighbor, "bitfield", { chunks: rangesOf(this.have) });
      }
    }

    disconnected(peer) {
      this.asked.delete(peer);
      if (this.neighbors.has(peer)) this.forget(this.neighbors.get(peer));
      this.fetchFromAll();
      this.fillSlots();
      this.connect(this.target);
    }

    drop(neighbor) {
      this.do("disconnect", { peer: neighbor.peer });
      this.forget(neighbor);
    }

    // Chunks that were requested of a neighbor, or promised to it, are free for others again.
    forget(neighbor) {
      this.neighbors.delete(neighbor.peer);
      if (this.optimistic === neighbor) this.optimistic = null;
      for (let chunk = 0; chunk < this.chunks; chunk += 1) {
        this.copies[chunk] -= neighbor.holds[chunk];
      }
      for (const chunk of neighbor.awaited.keys()) this.reopen(chunk);
      this.forgetRequests(neighbor);
      this.accounts.settle(neighbor.peer, -neighbor.sending.size);
      this.offers?.withdraw(neighbor.peer, new Set());
    }

    // At each rechoke: gives up silent neighbors, and looks for others where none serves.
    upkeep() {
      const interesting = [...this.neighbors.values()].filter((it) => it.interesting);
      const served = interesting.some((neighbor) => this.isUseful(neighbor));
      const gone = this.growOlder();
      for (const neighbor of gone) this.drop(neighbor);
      this.keepAlive();
      if (gone.length) this.fillSlots();
      this.fetchFromAll();
      if (this.lacks) this.lookForOthers(served, interesting.length > 0);
    }

    // A rechoke has passed: the neighbors that have been silent for too long.
    growOlder() {
      const gone = [];
      this.overdue = false;
      for (const neighbor of this.neighbors.values()) {
        neighbor.silent += 1;
        if (neighbor.silent > SILENCE_LIMIT) gone.push(neighbor);
        for (const [chunk, age] of neighbor.awaited) {
          neighbor.awaited.set(chunk, age + 1);
          this.overdue ||= age + 1 >= OVERDUE;
        }
      }
      return gone;
    }

    keepAlive() {
      const quiet = [];
      for (const neighbor of this.neighbors.values()) {
        if (!neighbor.spokenTo) quiet.push(neighbor.peer);
        neighbor.spokenTo = false;
      }
      if (quiet.length) this.send(quiet, "keep_alive");
    }

    // Does a neighbor serve this node? What is awaited of one that chokes is under way.
    isUseful(neighbor) {
      return neighbor.interesting && (neighbor.serves || neighbor.awaited.size > 0);
    }

    lookForOthers(served, interesting) {
      this.unserved = served ? 0 : this.unserved + 1;
      // A neighbor that holds something serves all of its neighbors in turn, so it takes longer.
      const turns = interesting ? 2 * this.protocol.neighbors : 0;
      if (this.unserved > Math.max(UNSERVED_LIMIT, turns)) {
        this.unserved = 0;
        const places = this.degree();
        this.makeRoom();
        this.connect(Math.max(places, this.target));
        this.announce();
      }
      this.connect(this.target);
      if (this.degree() < Math.ceil(this.target / 2)) this.announce();
    }

    // Drops the least useful neighbor where there is no place for another.
    makeRoom() {
      const isUseless = (neighbor) => !this.isUseful(neighbor) && !neighbor.sending.size;
      const useless = [...this.neighbors.values()].filter(isUseless);
      if (!useless.length || this.degree() < this.target) return;
      const value = ({ interesting, served }) => 2 * interesting + served;
      const lowest = Math.min(...useless.map(value));
      this.drop(this.random.choice(useless.filter((neighbor) => value(neighbor) === lowest)));
    }
  };

module.exports = { Membership };
