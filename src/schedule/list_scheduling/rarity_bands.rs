//! An index of chunks by rarity, so that the rarest is found without scanning all chunks.
//!
//! Bands are nested sets of the rarest chunks: a chunk is in a band if and only if it has at most
//! the band's number of copies. So the rarest of a set of chunks is in the first band that
//! intersects the set.

/// The fraction of all chunks that each band is meant to hold, in thousandths.
const PARTS: [usize; 3] = [30, 120, 400];

pub(super) const WORD: usize = u64::BITS as usize;

/// The number of copies of every chunk, and the bands.
#[derive(Clone, Debug)]
pub(super) struct RarityBands {
    /// Copies at peers or on their way, by chunk.
    pub(super) copies: Vec<u32>,
    bands: [Band; 3],
}

#[derive(Clone, Debug)]
struct Band {
    /// Largest number of copies of a chunk in the band.
    max_copies: u32,
    words: Vec<u64>,
    size: usize,
}

impl RarityBands {
    pub(super) fn new(chunks: usize) -> Self {
        let words = chunks.div_ceil(WORD);
        let band = || Band { max_copies: 0, words: vec![0; words], size: 0 };
        let mut rarity = RarityBands { copies: vec![0; chunks], bands: [band(), band(), band()] };
        rarity.band();
        rarity
    }

    /// Counts one more copy of a chunk.
    pub(super) fn add(&mut self, chunk: usize) {
        let copies = self.copies[chunk] + 1;
        self.copies[chunk] = copies;
        let mut empty = false;
        for band in self.bands.iter_mut().filter(|band| band.max_copies + 1 == copies) {
            band.words[chunk / WORD] &= !(1 << (chunk % WORD));
            band.size -= 1;
            empty |= band.size == 0;
        }
        if empty {
            self.band();
        }
    }

    /// Recomputes the bands.
    fn band(&mut self) {
        let mut sorted = self.copies.clone();
        sorted.sort_unstable();
        for (band, part) in self.bands.iter_mut().zip(PARTS) {
            band.max_copies = sorted[(sorted.len() - 1) * part / 1000];
            band.words.fill(0);
            band.size = 0;
            for (chunk, &copies) in self.copies.iter().enumerate() {
                if copies <= band.max_copies {
                    band.words[chunk / WORD] |= 1 << (chunk % WORD);
                    band.size += 1;
                }
            }
        }
    }

    /// The chunk in both sets with the least key, for keys that increase with the number of copies.
    pub(super) fn least(
        &self,
        have: &[u64],
        lack: &[u64],
        key: impl Fn(u32, usize) -> u64,
    ) -> Option<usize> {
        let both = |(have, lack): (&u64, &u64)| have & lack;
        for band in &self.bands {
            let found =
                have.iter().zip(lack).map(both).zip(&band.words).map(|(bits, band)| bits & band);
            if let Some(chunk) = self.best(found, &key) {
                return Some(chunk);
            }
        }
        self.best(have.iter().zip(lack).map(both), &key)
    }

    fn best(
        &self,
        words: impl Iterator<Item = u64>,
        key: impl Fn(u32, usize) -> u64,
    ) -> Option<usize> {
        let mut best: Option<(u64, usize)> = None;
        for (word, mut bits) in words.enumerate() {
            while bits != 0 {
                let chunk = word * WORD + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                let key = key(self.copies[chunk], chunk);
                if best.is_none_or(|(least, _)| key < least) {
                    best = Some((key, chunk));
                }
            }
        }
        best.map(|(_, chunk)| chunk)
    }
}

/// The lowest chunk in both sets.
pub(super) fn first(have: &[u64], lack: &[u64]) -> Option<usize> {
    let both = have.iter().zip(lack).map(|(have, lack)| have & lack).enumerate();
    let found =
        both.filter(|&(_, bits)| bits != 0).map(|(word, bits)| (word, bits.trailing_zeros()));
    found.map(|(word, bit)| word * WORD + bit as usize).next()
}

#[cfg(test)]
mod tests {
    use quickcheck::quickcheck;

    use super::*;

    quickcheck! {
        fn the_bands_find_the_rarest(adds: Vec<u8>, have: Vec<u64>, lack: Vec<u64>) -> bool {
            let word = |bits: &[u64], at| bits.get(at).copied().unwrap_or(!0);
            let sets = |bits: &[u64]| (0..3).map(|at| word(bits, at)).collect();
            let (mut have, lack): (Vec<u64>, Vec<u64>) = (sets(&have), sets(&lack));
            // 150 chunks fill two words and a part of the third.
            have[2] &= (1 << 22) - 1;
            let mut rarity = RarityBands::new(150);
            for add in adds.iter().flat_map(|&add| (0..add % 8).map(move |more| add ^ more)) {
                rarity.add(usize::from(add) % 150);
                for band in &rarity.bands {
                    let inside = |chunk: usize| band.words[chunk / WORD] >> (chunk % WORD) & 1 == 1;
                    let rare = |chunk: usize| rarity.copies[chunk] <= band.max_copies;
                    assert!((0..150).all(|chunk| inside(chunk) == rare(chunk)));
                }
            }
            let key = |copies: u32, chunk: usize| u64::from(copies) << 32 | chunk as u64;
            let holds = |set: &[u64], chunk: usize| set[chunk / WORD] >> (chunk % WORD) & 1 == 1;
            let all = (0..150).filter(|&chunk| holds(&have, chunk) && holds(&lack, chunk));
            let least = all.clone().min_by_key(|&chunk| key(rarity.copies[chunk], chunk));
            rarity.least(&have, &lack, key) == least && first(&have, &lack) == all.min()
        }
    }
}
