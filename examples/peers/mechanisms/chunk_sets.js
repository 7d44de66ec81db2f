// Sets of chunks: one byte for each chunk, 1 where the chunk is in the set.

function setOf(ranges, chunks) {
  const set = new Uint8Array(chunks);
  for (const [start, end] of ranges) set.fill(1, start, end);
  return set;
}

function rangesOf(set) {
  const ranges = [];
  for (let start = set.indexOf(1); start !== -1; ) {
    const gap = set.indexOf(0, start);
    const end = gap === -1 ? set.length : gap;
    ranges.push([start, end]);
    start = set.indexOf(1, end);
  }
  return ranges;
}

module.exports = { rangesOf, setOf };
