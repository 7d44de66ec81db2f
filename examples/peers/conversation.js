// The conversation with swarmbound: each input goes to its node, each line is answered with one.
const readline = require("readline");

// Randomness of one node: with one seed for all, each node would draw the same chunk.
class Random {
  constructor(seed, number) {
    this.state = (seed % 2 ** 32) ^ Math.imul(number + 1, 0x9e3779b9);
  }

  // A number from 0 to bound - 1 (mulberry32).
  below(bound) {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  }

  choice(list) {
    return list[this.below(list.length)];
  }

  shuffle(list) {
    for (let left = list.length; left > 1; left -= 1) {
      const at = this.below(left);
      [list[at], list[left - 1]] = [list[left - 1], list[at]];
    }
    return list;
  }
}

function chunksIn(ranges) {
  const chunks = new Set();
  for (const [start, end] of ranges) {
    for (let chunk = start; chunk < end; chunk += 1) chunks.add(chunk);
  }
  return chunks;
}

function rangesOf(chunks) {
  const ranges = [];
  for (const chunk of [...chunks].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && last[1] === chunk) last[1] += 1;
    else ranges.push([chunk, chunk + 1]);
  }
  return ranges;
}

// What every node has. A peer adds handle(event), which takes one input.
class Node {
  constructor(number, init, start, out) {
    this.number = number;
    this.chunks = init.chunks;
    this.out = out;
    this.protocol = start.protocol;
    this.requests = start.requests; // how many chunks to have requested of one neighbor
    this.gives = start.role !== "free rider"; // else its uplink carries nothing
    this.random = new Random(init.seed, number);
  }

  do(type, fields) {
    this.out.push({ node: this.number, type, ...fields });
  }

  send(peers, say, fields) {
    this.do("send", { peers, say, ...fields });
  }
}

// Answers until the input ends. `declared` says what the peer does not do, as { churn: false }.
function answer(Peer, declared) {
  const nodes = new Map();
  const out = [];
  let init;
  const write = (said) => process.stdout.write(JSON.stringify(said) + "\n");
  readline.createInterface({ input: process.stdin }).on("line", (line) => {
    const said = JSON.parse(line);
    if (said.type === "init") {
      init = said;
      nodes.clear();
      write({ swarmbound: 1, ...declared });
      return;
    }
    for (const event of said.in) {
      for (const number of event.nodes ?? [event.node]) {
        if (event.type === "start") nodes.set(number, new Peer(number, init, event, out));
        nodes.get(number).handle(event);
      }
    }
    write({ out });
    out.length = 0;
  });
}

module.exports = { Node, answer, chunksIn, rangesOf };
