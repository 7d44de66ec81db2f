//! How many neighbors have each chunk, counted when it is asked for.
//!
//! The counts are binary numbers that lie across: digit d of the count of chunk c of a word is bit
//! c of plane d. Seven rows are added at a time by full adders, 64 chunks at once. For files whose
//! rows are long, keeping the counts (see `rarity`) takes less than counting anew.

/// Words that are counted together.
pub(super) const BLOCK: usize = 4;
/// Binary digits of the highest count.
const DIGITS: usize = u32::BITS as usize;

/// A few words of a row.
type Block = [usize; BLOCK];

/// Leaves those in a set, given by its words, that the fewest rows have.
pub(super) fn keep_rarest<'r>(rows: impl Iterator<Item = &'r [usize]> + Clone, set: &mut [usize]) {
    let most = rows.size_hint().1.unwrap_or(usize::MAX);
    let digits = (usize::BITS - most.leading_zeros()) as usize;
    let digits = digits.clamp(3, DIGITS);
    let mut least = usize::MAX;
    for from in (0..set.len()).step_by(BLOCK) {
        let words = BLOCK.min(set.len() - from);
        if set[from..][..words].iter().all(|&word| word == 0) {
            continue;
        }
        let planes = count(rows.clone(), from, digits);
        for at in 0..words {
            if set[from + at] == 0 {
                continue;
            }
            let (word, rarest) = rarest(&planes[..digits], at, set[from + at]);
            set[from + at] = if rarest <= least { word } else { 0 };
            if rarest < least {
                least = rarest;
                set[..from + at].fill(0);
            }
        }
    }
}

/// Those of a word of chunks that the fewest have, and how many that are.
fn rarest(planes: &[Block], at: usize, word: usize) -> (usize, usize) {
    let (mut word, mut count) = (word, 0);
    for plane in planes.iter().rev() {
        // Where some have a 0 at this digit, no other can be the least.
        let less = word & !plane[at];
        count = count << 1 | usize::from(less == 0);
        word = if less == 0 { word } else { less };
    }
    (word, count)
}

/// A block of a row from one word on; a row that ends within it has nothing beyond.
#[inline]
fn block(row: &[usize], from: usize) -> Block {
    let rest = row.get(from..).unwrap_or_default();
    match rest.first_chunk() {
        Some(block) => *block,
        None => std::array::from_fn(|at| rest.get(at).copied().unwrap_or(0)),
    }
}

/// The counts of a block: digits, lowest first.
fn count<'r>(
    rows: impl Iterator<Item = &'r [usize]>,
    from: usize,
    digits: usize,
) -> [Block; DIGITS] {
    let mut planes = [[0; BLOCK]; DIGITS];
    let mut seven = [[0; BLOCK]; 7];
    let mut waiting = 0;
    rows.for_each(|row| {
        seven[waiting] = block(row, from);
        waiting += 1;
        if waiting == seven.len() {
            add(&mut planes[..digits], &seven);
            waiting = 0;
        }
    });
    if waiting != 0 {
        seven[waiting..].fill([0; BLOCK]);
        add(&mut planes[..digits], &seven);
    }
    planes
}

/// Adds up three bits of each place: the sum's lower and higher digit.
#[inline]
fn full(a: &Block, b: &Block, c: &Block) -> (Block, Block) {
    let half = |at: usize| a[at] ^ b[at];
    let lower = std::array::from_fn(|at| half(at) ^ c[at]);
    let higher = std::array::from_fn(|at| (a[at] & b[at]) | (half(at) & c[at]));
    (lower, higher)
}

/// Adds seven rows to the counts.
#[inline]
fn add(planes: &mut [Block], [a, b, c, d, e, f, g]: &[Block; 7]) {
    let [ones, twos, fours, higher @ ..] = planes else { return };
    let (abc, abc_twos) = full(a, b, c);
    let (def, def_twos) = full(d, e, f);
    let (all, all_twos) = full(&abc, &def, g);
    let (two, four) = full(&abc_twos, &def_twos, &all_twos);
    let mut carry = [0; BLOCK];
    (*ones, carry) = full(ones, &all, &carry);
    (*twos, carry) = full(twos, &two, &carry);
    (*fours, carry) = full(fours, &four, &carry);
    for plane in higher {
        let both = std::array::from_fn(|at| plane[at] & carry[at]);
        *plane = std::array::from_fn(|at| plane[at] ^ carry[at]);
        carry = both;
    }
}

#[cfg(test)]
mod tests {
    use quickcheck::quickcheck;

    use super::*;

    quickcheck! {
        /// The same as counting chunk by chunk.
        fn what_stays_is_what_the_fewest_have(rows: Vec<Vec<u64>>, set: Vec<u64>) -> bool {
            let set: Vec<usize> = set.into_iter().map(|word| word as usize).collect();
            let fill = |row: Vec<u64>| (0..set.len()).map(|at| {
                row.get(at % row.len().max(1)).map_or(0, |&word| word as usize)
            }).collect::<Vec<usize>>();
            let rows: Vec<Vec<usize>> = rows.into_iter().map(fill).collect();
            let has = |row: &[usize], bit: usize| row[bit / 64] >> (bit % 64) & 1 == 1;
            let count = |bit| rows.iter().filter(|row| has(row, bit)).count();
            let all: Vec<usize> = (0..set.len() * 64).filter(|&bit| has(&set, bit)).collect();
            let least = all.iter().map(|&bit| count(bit)).min();
            let mut kept = set.clone();
            keep_rarest(rows.iter().map(Vec::as_slice), &mut kept);
            (0..set.len() * 64).all(|bit| {
                has(&kept, bit) == (all.contains(&bit) && Some(count(bit)) == least)
            })
        }
    }
}
