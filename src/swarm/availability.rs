//! How many neighbors have each chunk, counted when it is asked for.
//!
//! The counts are binary numbers that lie across: digit d of the count of chunk c of a word is bit
//! c of plane d. Seven rows are added at a time by full adders, 64 chunks at once. For files whose
//! rows are long, keeping the counts (see `rarity`) takes less than counting anew.

use wide::u64x2;

/// Words that are counted in one pass over the rows: a line of the cache. Fewer for short rows.
const SPAN: usize = 8;
/// Rows that are added at a time.
const GROUP: usize = 7;
/// Binary digits of the highest count: of fewer than 64 rows, of fewer than 256, of any number.
const FEW: usize = 6;
const MORE: usize = 8;
const MOST: usize = u32::BITS as usize;

/// Leaves those in a set, given by its words, that the fewest rows have.
pub(super) fn keep_rarest<'r>(rows: impl Iterator<Item = &'r [usize]> + Clone, set: &mut [usize]) {
    if set.iter().all(|&word| word == 0) {
        return;
    }
    let most = rows.size_hint().1.unwrap_or(usize::MAX);
    match (set.len(), (usize::BITS - most.leading_zeros()) as usize) {
        (..=2, ..=FEW) => keep_least::<2, FEW>(rows, set),
        (..=4, ..=FEW) => keep_least::<4, FEW>(rows, set),
        (_, ..=FEW) => keep_least::<SPAN, FEW>(rows, set),
        (_, ..=MORE) => keep_least::<SPAN, MORE>(rows, set),
        _ => keep_least::<SPAN, MOST>(rows, set),
    }
}

/// The same, some words at a time, with so many digits of the counts.
fn keep_least<'r, const W: usize, const DIGITS: usize>(
    rows: impl Iterator<Item = &'r [usize]> + Clone,
    set: &mut [usize],
) {
    let mut least = usize::MAX;
    for from in (0..set.len()).step_by(W) {
        let mut words = [0; W];
        words.iter_mut().zip(&set[from..]).for_each(|(word, &from)| *word = from);
        if words == [0; W] {
            continue;
        }
        let mut planes = [[0; W]; DIGITS];
        count(rows.clone(), from, &mut planes);
        let count = keep_least_of(&mut words, &planes);
        if count < least {
            least = count;
            set[..from].fill(0);
        } else if least < count {
            words = [0; W];
        }
        set[from..].iter_mut().zip(words).for_each(|(word, kept)| *word = kept);
    }
}

/// Leaves those in some words that have the least count; says which that is.
fn keep_least_of<const W: usize>(set: &mut [usize; W], planes: &[[usize; W]]) -> usize {
    let mut count = 0;
    for plane in planes.iter().rev() {
        // Where some have a 0 at this digit, no other can be the least.
        let less: [usize; W] = std::array::from_fn(|at| set[at] & !plane[at]);
        let any = less.iter().fold(0, |any, word| any | word) != 0;
        count = count << 1 | usize::from(!any);
        if any {
            *set = less;
        }
    }
    count
}

/// Counts some words from one on: the digits are put in planes, lowest first.
fn count<'r, const W: usize, const DIGITS: usize>(
    rows: impl Iterator<Item = &'r [usize]>,
    from: usize,
    planes: &mut [[usize; W]; DIGITS],
) {
    let none = &[0; W];
    let mut group = [none; GROUP];
    let mut waiting = 0;
    rows.for_each(|row| match row.get(from..).and_then(<[usize]>::first_chunk) {
        Some(words) => {
            group[waiting] = words;
            waiting += 1;
            if waiting == GROUP {
                add(planes, &group);
                waiting = 0;
            }
        }
        None => {
            // It ends within these words, and has nothing beyond.
            let rest = row.get(from..).unwrap_or_default();
            add_one(planes, std::array::from_fn(|at| rest.get(at).copied().unwrap_or(0)));
        }
    });
    if waiting != 0 {
        group[waiting..].fill(none);
        add(planes, &group);
    }
}

/// Adds up three bits of each place: the sum's lower and higher digit.
#[inline]
fn full(a: u64x2, b: u64x2, c: u64x2) -> (u64x2, u64x2) {
    let half = a ^ b;
    (half ^ c, (a & b) | (half & c))
}

/// Two words from one on, which a processor adds as one.
#[inline]
fn pair<const W: usize>(words: &[usize; W], at: usize) -> u64x2 {
    u64x2::new([words[at] as u64, words[at + 1] as u64])
}

#[inline]
fn put<const W: usize>(words: &mut [usize; W], at: usize, pair: u64x2) {
    let [first, second] = pair.to_array();
    words[at] = first as usize;
    words[at + 1] = second as usize;
}

/// Adds a row to the counts.
fn add_one<const W: usize, const DIGITS: usize>(
    planes: &mut [[usize; W]; DIGITS],
    row: [usize; W],
) {
    let mut carry = row;
    for plane in planes {
        if carry == [0; W] {
            break;
        }
        for (plane, carry) in plane.iter_mut().zip(&mut carry) {
            (*plane, *carry) = (*plane ^ *carry, *plane & *carry);
        }
    }
}

/// Adds rows to the counts.
fn add<const W: usize, const DIGITS: usize>(
    planes: &mut [[usize; W]; DIGITS],
    [a, b, c, d, e, f, g]: &[&[usize; W]; GROUP],
) {
    let mut at = 0;
    while at < W {
        let (abc, abc_twos) = full(pair(a, at), pair(b, at), pair(c, at));
        let (def, def_twos) = full(pair(d, at), pair(e, at), pair(f, at));
        let (all, all_twos) = full(abc, def, pair(g, at));
        let (two, four) = full(abc_twos, def_twos, all_twos);
        let ones = pair(&planes[0], at);
        put(&mut planes[0], at, ones ^ all);
        let (twos, carry) = full(pair(&planes[1], at), two, ones & all);
        put(&mut planes[1], at, twos);
        let (fours, mut carry) = full(pair(&planes[2], at), four, carry);
        put(&mut planes[2], at, fours);
        for plane in &mut planes[3..] {
            let digit = pair(plane, at);
            put(plane, at, digit ^ carry);
            carry &= digit;
        }
        at += 2;
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
