#!/usr/bin/env node
// The smallest useful peer: it asks any neighbor for any chunk, one at a time, and serves all.
const conversation = require("./conversation.js");

class Node extends conversation.Node {
  constructor(number, init, start, out) {
    super(number, init, start, out);
    this.have = conversation.chunksIn(start.holds);
    this.offers = new Map(); // by neighbor: the chunks that it holds and this node lacks
    this.asked = false;
    this.do("announce", { want: 1000 });
  }

  handle({ type, say, peer, peers, chunk, chunks }) {
    const what = say ?? type;
    if (what === "members") {
      for (const member of peers) this.do("connect", { peer: member });
    } else if (what === "asked") {
      this.do("accept", { peer });
    } else if (what === "connected") {
      this.offers.set(peer, new Set());
      if (this.gives) this.send([peer], "bitfield", { chunks: conversation.rangesOf(this.have) });
    } else if (what === "bitfield") {
      for (const held of conversation.chunksIn(chunks)) this.hears(peer, held);
    } else if (what === "have") {
      this.hears(peer, chunk);
    } else if (what === "request" && this.have.has(chunk)) {
      this.send([peer], "chunk", { chunk });
    } else if (what === "chunk") {
      this.got(chunk);
    }
    if (!this.asked) this.ask();
  }

  hears(peer, chunk) {
    if (!this.have.has(chunk)) this.offers.get(peer).add(chunk);
  }

  got(chunk) {
    this.asked = false;
    this.have.add(chunk);
    for (const chunks of this.offers.values()) chunks.delete(chunk);
    if (this.gives) this.send([...this.offers.keys()], "have", { chunk });
    if (this.have.size === this.chunks) this.do("completed");
  }

  ask() {
    const offering = [...this.offers.keys()].filter((peer) => this.offers.get(peer).size);
    if (!offering.length) return;
    const peer = this.random.choice(offering);
    this.send([peer], "request", { chunk: this.random.choice([...this.offers.get(peer)]) });
    this.asked = true;
  }
}

if (require.main === module) conversation.answer(Node, { churn: false, barter: false });
module.exports = { Node };
