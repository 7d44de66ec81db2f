"""Sets of chunks: a set is one whole number, in which bit c stands for chunk c."""


def set_of(ranges):
    return sum((1 << end) - (1 << start) for start, end in ranges)


def chunks_of(chunks):
    """The chunks of a set, ascending."""
    while chunks:
        yield (chunks & -chunks).bit_length() - 1
        chunks &= chunks - 1


def ranges_of(chunks):
    ranges = []
    for chunk in chunks_of(chunks):
        if ranges and ranges[-1][1] == chunk:
            ranges[-1][1] += 1
        else:
            ranges.append([chunk, chunk + 1])
    return ranges


def any_of(chunks, random):
    for _ in range(random.randrange(chunks.bit_count())):
        chunks &= chunks - 1  # takes the lowest out
    return next(chunks_of(chunks))


class Rarity:
    """How many neighbors hold each chunk: `levels[n]` is the set of those that n neighbors hold."""

    def __init__(self, chunks):
        self.counts = [0] * chunks
        self.levels = [(1 << chunks) - 1]

    def add(self, chunk, step):
        count = self.counts[chunk]
        self.counts[chunk] = count + step
        if count + step == len(self.levels):
            self.levels.append(0)
        self.levels[count] ^= 1 << chunk
        self.levels[count + step] ^= 1 << chunk

    def rarest(self, chunks):
        return next(chunks & level for level in self.levels if chunks & level)
