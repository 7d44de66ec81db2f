#!/usr/bin/env node
// Rarest first and tit for tat, without endgame and barter, and for neighbors that never vanish.
const conversation = require("./conversation.js");

class Neighbor {
  holds = new Set();
  awaited = new Set();
  offers = 0; // how many of its chunks this node lacks
  gave = 0; // chunks since the last rechoke
  interesting = false; // it knows that this node wants something
  interested = false; // it wants something
  serves = false; // it unchokes this node
}

class Node extends conversation.Node {
  constructor(number, init, start, out) {
    super(number, init, start, out);
    this.have = conversation.chunksIn(start.holds);
    this.neighbors = new Map();
    this.copies = new Array(this.chunks).fill(0); // how many of them hold each chunk
    this.open = new Set([...this.copies.keys()].filter((c) => !this.have.has(c))); // to request
    this.served = new Set(); // those that this node unchokes
    this.queue = []; // their requests
    this.ready = false; // is the uplink free
    this.do("announce", { want: this.protocol.neighbors });
    this.rechoke();
  }

  handle({ type, peer, peers, say, chunk, chunks }) {
    if (type === "members") for (const member of peers) this.do("connect", { peer: member });
    if (type === "asked") this.do("accept", { peer });
    if (type === "connected") {
      this.neighbors.set(peer, new Neighbor());
      if (this.gives) this.send([peer], "bitfield", { chunks: conversation.rangesOf(this.have) });
    }
    if (type === "received") this.hear(peer, this.neighbors.get(peer), say, chunk, chunks);
    if (type === "timer") this.rechoke();
    if (type === "ready") this.ready = true;
    if (this.ready && this.queue.length) {
      const [to, next] = this.queue.shift();
      this.send([to], "chunk", { chunk: next });
      this.ready = false;
    }
  }

  hear(peer, neighbor, say, chunk, chunks) {
    if (say === "have" || say === "bitfield") {
      for (const held of chunks ? conversation.chunksIn(chunks) : [chunk]) {
        neighbor.holds.add(held);
        this.copies[held] += 1;
        if (!this.have.has(held)) neighbor.offers += 1;
      }
    }
    if (say === "interested" || say === "uninterested") {
      neighbor.interested = say === "interested";
      const free = this.served.size < this.protocol.unchoke_slots;
      if (neighbor.interested && free) this.serve([...this.served, peer]);
    }
    if (say === "choke" || say === "unchoke") {
      neighbor.serves = say === "unchoke"; // a choke drops what was requested before
      for (const lost of neighbor.awaited) if (!this.have.has(lost)) this.open.add(lost);
      neighbor.awaited.clear();
    }
    const mayHave = this.served.has(peer) && this.have.has(chunk);
    if (say === "request" && mayHave) this.queue.push([peer, chunk]);
    if (say === "chunk") this.got(neighbor, chunk);
    this.fetch(peer, neighbor);
  }

  fetch(peer, neighbor) {
    const wants = neighbor.offers > 0;
    if (wants !== neighbor.interesting) this.send([peer], wants ? "interested" : "uninterested");
    neighbor.interesting = wants;
    while (neighbor.serves && neighbor.awaited.size < this.requests) {
      const chunks = [...this.open].filter((chunk) => neighbor.holds.has(chunk));
      if (!chunks.length) return;
      const rarer = (a, b) => (this.copies[b] < this.copies[a] ? b : a);
      const chunk = this.random.shuffle(chunks).reduce(rarer); // among equals chance decides
      this.open.delete(chunk);
      neighbor.awaited.add(chunk);
      this.send([peer], "request", { chunk });
    }
  }

  got(sender, chunk) {
    sender.awaited.delete(chunk);
    sender.gave += 1;
    if (this.have.has(chunk)) return;
    this.have.add(chunk);
    this.open.delete(chunk);
    const lacking = [...this.neighbors].filter(([, { holds }]) => !holds.has(chunk));
    if (this.gives && lacking.length) this.send(lacking.map(([peer]) => peer), "have", { chunk });
    for (const [peer, neighbor] of this.neighbors) {
      if (neighbor.holds.has(chunk)) neighbor.offers -= 1;
      this.fetch(peer, neighbor);
    }
    if (this.have.size === this.chunks) this.do("completed");
  }

  rechoke() {
    this.do("timer", { timer: 0, after_ns: this.protocol.rechoke_ns });
    const wanting = [...this.neighbors].filter(([, neighbor]) => neighbor.interested);
    this.random.shuffle(wanting).sort(([, a], [, b]) => b.gave - a.gave);
    const others = wanting.splice(this.protocol.unchoke_slots); // for the optimistic unchoke
    if (others.length && this.protocol.optimistic_ns) wanting.push(this.random.choice(others));
    this.serve(wanting.map(([peer]) => peer));
    for (const neighbor of this.neighbors.values()) neighbor.gave = 0;
  }

  serve(chosen) {
    for (const peer of this.served) if (!chosen.includes(peer)) this.send([peer], "choke");
    for (const peer of chosen) if (!this.served.has(peer)) this.send([peer], "unchoke");
    this.served = new Set(chosen);
    this.queue = this.queue.filter(([peer]) => this.served.has(peer));
  }
}

if (require.main === module) conversation.answer(Node, { churn: false, barter: false });
module.exports = { Node };
