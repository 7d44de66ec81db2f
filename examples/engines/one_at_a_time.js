#!/usr/bin/env node
// A lawful engine as simple as can be: the whole swarm makes one transfer at a time.
"use strict";

const NEVER = 2n ** 64n; // later than every time of a scenario

// Times in nanoseconds can be above 2^53, so every whole number is read as a BigInt.
function parse(line) {
  const quoted = line.replace(/(?<=[:[,])\d+(?=[,}\]])/g, '"$&n"');
  const whole = (text) => typeof text === "string" && /^\d+n$/.test(text);
  return JSON.parse(quoted, (_, value) => (whole(value) ? BigInt(value.slice(0, -1)) : value));
}

const least = (...times) => times.reduce((a, b) => (a < b ? a : b));

class Node {
  constructor(said, network, chunks) {
    this.joins = said.joins_ns ?? 0n; // the source is there from the start
    this.goes = said.leaves.at_ns ?? NEVER;
    this.stays = said.leaves.after_completion_ns ?? NEVER;
    this.copies = said.leaves.after_copies ?? NEVER; // of the source
    this.upload = said.behavior === "free rider" ? 0n : said.upload_bps;
    this.download = said.download_bps ?? NEVER; // null is no limit
    this.latency = said.latency_ns ?? network.latency_ns; // of what is sent to it
    this.has = new Set(chunks);
    this.sent = 0n;
  }
}

function run(scenario) {
  const { until_ns: until, file, network, source, protocol } = scenario;
  const count = (file.bytes + file.chunk_bytes - 1n) / file.chunk_bytes; // rounded up
  const chunks = [...Array(Number(count)).keys()];
  const peers = [...scenario.peers].sort((a, b) => (a.id < b.id ? -1 : 1));
  const nodes = [new Node(source, network, chunks)];
  nodes.push(...peers.map((peer) => new Node(peer, network, [])));
  const choker = protocol?.choker ?? "";
  const strict = choker === "strict barter";
  const credit = strict ? 1 : choker.startsWith("credit ") ? Number(choker.slice(7)) : Infinity;
  const given = nodes.map(() => nodes.map(() => 0)); // chunks, by sender and receiver
  const whole = (node) => node.has.size === chunks.length;
  const events = [];
  let [now, cut] = [0n, false];

  function grants(a, b) { // a node with the whole file gives freely
    const allowed = strict && nodes[b].upload === 0n ? 0 : credit;
    return whole(nodes[a]) || given[a][b] - given[b][a] < allowed;
  }

  function transfer() { // the first that comes to its end; undefined if there is none
    const here = [...nodes.keys()].filter((i) => nodes[i].joins <= now && now < nodes[i].goes);
    for (const b of here.filter((i) => !whole(nodes[i]))) {
      for (const a of here) {
        if (nodes[a].upload === 0n || !grants(a, b)) continue;
        const chunk = chunks.find((it) => nodes[a].has.has(it) && !nodes[b].has.has(it));
        if (chunk === undefined) continue;
        const bytes = least(file.chunk_bytes, file.bytes - BigInt(chunk) * file.chunk_bytes);
        const rate = least(nodes[a].upload, nodes[b].download);
        const gone = now + (bytes * 8n * 10n ** 9n + rate - 1n) / rate; // rounded up
        const there = gone + nodes[b].latency;
        cut ||= until < there;
        if (gone <= nodes[a].goes && there <= least(nodes[b].goes, until)) {
          return { a, b, chunk, bytes, gone, there };
        }
      }
    }
  }

  const say = (event, t, node) => events.push({ event, t, node });
  for (;;) {
    const found = transfer();
    if (found === undefined) { // wait for the next that joins
      now = least(NEVER, ...nodes.map((node) => node.joins).filter((joins) => now < joins));
      if (until < now) break;
      continue;
    }
    const { a, b, chunk, bytes, gone, there } = found;
    events.push({ event: "transfer", from: a, to: b, chunk, start: now, end: there, bytes });
    given[a][b] += 1;
    nodes[a].sent += bytes;
    nodes[b].has.add(chunk);
    if (nodes[a].copies * file.bytes <= nodes[a].sent) nodes[a].goes = gone;
    if (whole(nodes[b])) {
      say("complete", there, b);
      nodes[b].goes = least(nodes[b].goes, there + nodes[b].stays);
    }
    now = there;
  }
  nodes.forEach((node, i) => {
    if (until < node.joins) return;
    if (i !== 0) say("join", node.joins, i);
    // Where time was short, the end of the log says so.
    if (node.goes <= until || cut) say("leave", least(node.goes, until), i);
  });
  return events;
}

// A BigInt is written as a whole number.
function written(event) {
  const quoted = JSON.stringify(event, (_, it) => (typeof it === "bigint" ? `${it}n` : it));
  return quoted.replace(/"(\d+)n"/g, "$1");
}

const lines = require("node:readline").createInterface({ input: process.stdin });
lines.on("line", (line) => console.log(run(parse(line)).map(written).join("\n") + "\n"));
