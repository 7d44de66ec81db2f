// What a node knows of one neighbor.

class Neighbor {
  interesting = false; // it was told that it holds something that this node lacks
  interested = false; // it says that this node holds something that it lacks
  serves = false; // it unchokes this node
  served = false; // this node unchokes it
  awaited = new Map(); // chunks that were requested of it, and for how many rechokes
  sending = new Set(); // chunks that are leaving for it
  received = 0; // bytes since the last rechoke
  sent = 0;
  waited = 0; // rechokes for which it has waited to be served
  silent = 0; // rechokes since it last said something
  spokenTo = false; // since the last rechoke
  held = 0; // how many chunks it holds
  offers = 0; // how many of them this node lacks

  constructor(peer, chunks) {
    this.peer = peer;
    this.holds = new Uint8Array(chunks); // the chunks that it holds
  }
}

module.exports = { Neighbor };
