#!/usr/bin/env node
// A complete peer: rarest first, tit for tat, barter, endgame, super seeding, and neighbors that
// vanish. It decides as the reference engine does; each mechanism is a file of its own.

const conversation = require("./conversation.js");
const { Accounts } = require("./mechanisms/barter.js");
const { setOf } = require("./mechanisms/chunk_sets.js");
const { Fetching } = require("./mechanisms/fetching.js");
const { Membership } = require("./mechanisms/membership.js");
const { Serving } = require("./mechanisms/serving.js");
const { Offers, SuperSeeding } = require("./mechanisms/super_seeding.js");

const [RECHOKE, OPTIMISTIC, ANNOUNCE] = [0, 1, 2]; // timers

class Node extends SuperSeeding(Serving(Fetching(Membership(conversation.Node)))) {
  constructor(number, init, start, out) {
    super(number, init, start, out);
    this.chunkBytes = init.chunk_bytes;
    this.fileBytes = init.file_bytes;
    this.have = setOf(start.holds, this.chunks);
    this.open = this.have.map((held) => 1 - held); // what it lacks and has not requested
    this.lacks = this.open.reduce((sum, open) => sum + open, 0); // how many chunks
    this.overdue = false; // is any request overdue
    this.neighbors = new Map();
    this.copies = new Uint32Array(this.chunks); // how many neighbors hold each chunk
    this.queue = []; // requests to serve
    this.ready = false; // is the uplink free
    this.optimistic = null; // the neighbor that is served whatever it gave
    const isSource = start.role === "source";
    const firstPass = isSource && this.protocol.super_seeding;
    this.offers = firstPass ? new Offers(this.chunks) : null;
    this.accounts = new Accounts(this.protocol.choker, isSource);
    this.candidates = new Set(); // members to ask
    this.asked = new Set(); // members that have not answered
    this.unserved = 0; // rechokes since a neighbor of interest served this node
    this.target = Math.ceil(this.protocol.neighbors / 2); // as many again will ask
  }

  handle(event) {
    const { type, peer } = event;
    switch (type) {
      case "start": return this.start();
      case "members": return this.hearOf(event.peers);
      case "asked": return this.answer(peer);
      case "connected": return this.connected(peer);
      case "disconnected": return this.disconnected(peer);
      case "received": return this.receive(peer, this.neighbors.get(peer), event);
      case "sent": return this.sent(peer, event.chunk);
      case "ready": return this.becomeReady();
      case "timer": return this.wake(event.timer);
      case "leave": return this.leave();
    }
  }

  receive(peer, neighbor, { say, chunk, chunks, body }) {
    if (neighbor) neighbor.silent = 0;
    // A chunk may have been under way when the neighbor was dropped.
    if (say === "chunk") return this.got(peer, neighbor, chunk);
    if (!neighbor) return;
    switch (say) {
      case "have": return this.has(neighbor, chunk);
      case "bitfield": return this.hasAll(neighbor, chunks);
      case "interested": return this.isInterested(neighbor);
      case "uninterested": return this.isUninterested(neighbor);
      case "choke": return this.choked(neighbor);
      case "unchoke": return this.unchoked(neighbor);
      case "request": return this.requested(neighbor, chunk);
      case "reject": return this.rejected(neighbor, body);
      case "cancel": return this.cancelled(neighbor, body);
    }
  }

  start() {
    this.announce();
    for (const timer of [RECHOKE, OPTIMISTIC, ANNOUNCE]) this.arm(timer);
  }

  arm(timer) {
    const { rechoke_ns, optimistic_ns, announce_ns } = this.protocol;
    const after = [rechoke_ns, optimistic_ns, announce_ns][timer];
    if (after !== null) this.do("timer", { timer, after_ns: after });
  }

  wake(timer) {
    if (timer === RECHOKE) {
      this.rechoke();
      this.upkeep();
    } else if (timer === OPTIMISTIC) {
      this.moveOptimistic();
    } else {
      this.announce();
    }
    this.arm(timer);
  }

  announce() {
    this.do("announce", { want: this.protocol.neighbors });
  }

  leave() {
    this.do("announce", { want: 0, gone: true });
    for (const peer of this.neighbors.keys()) this.do("disconnect", { peer });
  }

  choked(neighbor) {
    neighbor.serves = false; // what it will not send it rejects
  }

  unchoked(neighbor) {
    neighbor.serves = true;
    this.fetchFrom(neighbor);
    this.reciprocate(neighbor);
    this.serve();
  }

  becomeReady() {
    this.ready = true;
    this.serve();
  }

  say(neighbor, say, fields) {
    neighbor.spokenTo = true;
    this.send([neighbor.peer], say, fields);
  }

  // Is this a chunk of the file? The body of a message may be anything.
  exists(chunk) {
    return Number.isInteger(chunk) && chunk >= 0 && chunk < this.chunks;
  }

  length(chunk) {
    return Math.min(this.chunkBytes, this.fileBytes - chunk * this.chunkBytes);
  }
}

if (require.main === module) conversation.answer(Node);
module.exports = { Node };
