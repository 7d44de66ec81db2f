//! The demand criterion of preemptive scheduling: no window of time may hold more work than it can
//! carry (Baruah, Rosier and Howell 1990, for one machine).
//!
//! A window `[a, b]` carries `S(b) - S(a) + burst`, where S is the supply: rate x time, summed up
//! over the rates that a link has. Its demand is the work of the jobs that
//! begin and end within it. All windows are decided at once: jobs enter in the order of their ends,
//! and a tree over starts keeps `max over a of (demand of [a, now] + S(a))`. Exact, O(n log n).
//! It knows no node and no chunk.

use crate::units::{Bytes, NANO, Supply, Time};

/// Work that has to be done between two instants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Job {
    /// Not before.
    pub(super) start: Time,
    /// Not after.
    pub(super) end: Time,
    /// How much.
    pub(super) bytes: Bytes,
}

/// A window that holds more than it can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Overload {
    /// The window begins.
    pub(super) from: Time,
    /// The window ends.
    pub(super) to: Time,
    /// Bytes of the jobs within it.
    pub(super) bytes: u128,
    /// How many jobs are within it.
    pub(super) jobs: usize,
}

/// The shortest overloaded window that ends at the first instant at which one ends; None when
/// every window carries its jobs. Sorts the jobs by end.
pub(super) fn overload(jobs: &mut [Job], supply: &Supply, burst: Bytes) -> Option<Overload> {
    // It would take 2^31 transfers of the largest file to exceed 128 bits: not judged.
    let add = |sum: u128, job: &Job| sum.checked_add(job.bytes.nanobits());
    let total = jobs.iter().try_fold(0, add)?;
    if total <= burst.nanobits() {
        return None;
    }
    jobs.sort_unstable_by_key(|job| (job.end, job.start));
    if are_in_turn(jobs, supply) {
        return None;
    }
    first_overload(jobs, &Clock::new(jobs, supply, total), burst)
}

/// The same for jobs sorted by end.
fn first_overload(jobs: &[Job], clock: &Clock, burst: Bytes) -> Option<Overload> {
    let mut starts: Vec<Time> = jobs.iter().map(|job| job.start).collect();
    starts.sort_unstable();
    starts.dedup();
    let mut demand = Demand::new(starts.len());
    let mut at = 0;
    while at < jobs.len() {
        let now = jobs[at].end;
        while at < jobs.len() && jobs[at].end == now {
            let Job { start, bytes, .. } = jobs[at];
            let place = starts.partition_point(|&other| other < start);
            demand.add(place, clock.scale.down(bytes.nanobits()), clock.carried(start));
            at += 1;
        }
        let carries = clock.carried(now) + clock.scale.up(burst.nanobits());
        if let Some(place) = demand.last_above(carries) {
            return Some(window(&jobs[..at], starts[place], now));
        }
    }
    None
}

/// Does one job follow after the other, each with time enough for itself? Then every window carries
/// those within it. Most uplinks are like that, and need no tree.
fn are_in_turn(jobs: &[Job], supply: &Supply) -> bool {
    let fits = |job: &Job| job.bytes.nanobits() <= supply.nanobits(job.start, job.end);
    jobs.windows(2).all(|pair| pair[0].end <= pair[1].start) && jobs.iter().all(fits)
}

fn window(jobs: &[Job], from: Time, to: Time) -> Overload {
    let within = jobs.iter().filter(|job| from <= job.start);
    let (jobs, bytes) =
        within.fold((0, 0), |(jobs, bytes), job| (jobs + 1, bytes + u128::from(job.bytes.0)));
    Overload { from, to, bytes, jobs }
}

/// Nanobits in units of `2^shift`, so that sums fit 128 bits with a sign; one for all but absurd
/// quantities.
#[derive(Clone, Copy)]
struct Scale {
    shift: u32,
}

impl Scale {
    /// For sums of `count` quantities of at most `most`.
    fn new(most: u128, count: usize) -> Self {
        let bits = (128 - most.leading_zeros()) + (usize::BITS - count.leading_zeros());
        Scale { shift: bits.saturating_sub(ROOM.ilog2()) }
    }

    /// Work is rounded down: no window holds more than it does.
    fn down(self, nanobits: u128) -> i128 {
        (nanobits >> self.shift) as i128
    }

    /// What a link carries is rounded up, by two units so that the difference of two instants is
    /// rounded up with the burst that is added to it.
    fn up(self, nanobits: u128) -> i128 {
        self.down(nanobits) + if self.shift == 0 { 0 } else { 2 }
    }
}

/// What a link carries from an origin on.
///
/// The plain product of rate and time can exceed 128 bits with a sign, for absurd rates over
/// centuries. A gap between two events in which the link carries all jobs together never lies in
/// an overloaded window, so gaps are cut to that length, and then the product fits.
struct Clock {
    scale: Scale,
    form: Form,
}

enum Form {
    Plain { origin: Time, supply: Supply },
    Cut { times: Vec<Time>, carried: Vec<i128> },
}

/// The largest product that leaves room for the sum of the jobs.
const ROOM: u128 = 1 << 125;

impl Clock {
    fn new(jobs: &[Job], supply: &Supply, total: u128) -> Self {
        let origin = jobs.iter().map(|job| job.start).min().unwrap_or(Time::ZERO);
        let last = jobs.iter().map(|job| job.end).max().unwrap_or(Time::ZERO);
        if supply.nanobits(origin, last) <= ROOM {
            let supply = supply.clone();
            return Clock { scale: Scale::new(total, 1), form: Form::Plain { origin, supply } };
        }
        Clock::cut(jobs, supply, total)
    }

    fn cut(jobs: &[Job], supply: &Supply, total: u128) -> Self {
        let mut times: Vec<Time> = jobs.iter().flat_map(|job| [job.start, job.end]).collect();
        times.sort_unstable();
        times.dedup();
        let scale = Scale::new(total, times.len());
        let carried = Clock::carried_by(&times, supply, total, scale);
        Clock { scale, form: Form::Cut { times, carried } }
    }

    /// What is carried by each of the `times`, every gap counted as at most `total`.
    fn carried_by(times: &[Time], supply: &Supply, total: u128, scale: Scale) -> Vec<i128> {
        let mut sum = 0;
        let gap = |(at, &time): (usize, &Time)| {
            let gap = supply.nanobits(times[at.saturating_sub(1)], time);
            // Fits: see the scale.
            sum += scale.up(gap.min(total));
            sum
        };
        times.iter().enumerate().map(gap).collect()
    }

    fn carried(&self, at: Time) -> i128 {
        match &self.form {
            Form::Plain { origin, supply } => self.scale.up(supply.nanobits(*origin, at)),
            Form::Cut { times, carried } => carried[times.partition_point(|&t| t < at)],
        }
    }
}

/// A node of the tree: the work of the starts below it, and the largest value of a window that
/// begins at one of them and ends now, counting only the work below.
#[derive(Clone, Copy)]
struct Part {
    work: i128,
    best: i128,
}

/// Lower than every value, with room below for sums.
const NEVER: i128 = i128::MIN / 4;

/// For every start `a`: the work of all jobs that start at `a` or later, plus the value of `a`.
struct Demand {
    leaves: usize,
    parts: Vec<Part>,
}

impl Demand {
    fn new(starts: usize) -> Self {
        let leaves = starts.next_power_of_two();
        Demand { leaves, parts: vec![Part { work: 0, best: NEVER }; 2 * leaves] }
    }

    /// A job of `work` begins at the start number `place`, whose value is `value`.
    fn add(&mut self, place: usize, work: i128, value: i128) {
        let mut at = self.leaves + place;
        let work = self.parts[at].work + work;
        self.parts[at] = Part { work, best: value + work };
        while 1 < at {
            at /= 2;
            let (left, right) = (self.parts[2 * at], self.parts[2 * at + 1]);
            self.parts[at] =
                Part { work: left.work + right.work, best: right.best.max(left.best + right.work) };
        }
    }

    /// The last start whose value exceeds `limit`.
    fn last_above(&self, limit: i128) -> Option<usize> {
        if self.parts[1].best <= limit {
            return None;
        }
        let (mut at, mut beyond) = (1, 0);
        while at < self.leaves {
            let right = self.parts[2 * at + 1];
            if limit < right.best + beyond {
                at = 2 * at + 1;
            } else {
                beyond += right.work;
                at *= 2;
            }
        }
        Some(at - self.leaves)
    }
}

/// The bytes that a link carries between two instants, rounded down.
pub(super) fn carries(supply: &Supply, from: Time, to: Time, burst: Bytes) -> u128 {
    (supply.nanobits(from, to) / (8 * NANO)).saturating_add(u128::from(burst.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::units::{Rate, RateChanges};

    /// Every window from a start to an end, by definition.
    fn by_definition(jobs: &[Job], supply: &Supply, burst: Bytes) -> Option<Overload> {
        let mut found: Vec<Overload> = Vec::new();
        for from in jobs.iter().map(|job| job.start) {
            for to in jobs.iter().map(|job| job.end).filter(|&to| from <= to) {
                let within: Vec<&Job> =
                    jobs.iter().filter(|job| from <= job.start && job.end <= to).collect();
                let bytes: u128 = within.iter().map(|job| u128::from(job.bytes.0)).sum();
                if supply.nanobits(from, to) + burst.nanobits() < bytes * 8 * NANO {
                    found.push(Overload { from, to, bytes, jobs: within.len() });
                }
            }
        }
        found.into_iter().min_by_key(|o| (o.to, std::cmp::Reverse(o.from)))
    }

    fn jobs() -> impl Strategy<Value = Vec<Job>> {
        let job = (0u64..12, 0u64..6, 1u64..5).prop_map(|(start, span, bytes)| Job {
            start: Time(start),
            end: Time(start + span),
            bytes: Bytes(bytes),
        });
        prop::collection::vec(job, 1..12)
    }

    /// A rate in bytes per nanosecond, and changes: after how long, and to which rate.
    type Rates = (u64, Vec<(u64, u64)>);

    fn rates() -> impl Strategy<Value = Rates> {
        (0u64..4, prop::collection::vec((1u64..6, 0u64..4), 0..4))
    }

    fn supply((first, changes): &Rates) -> Supply {
        let rate = |bytes: u64| Rate(bytes * 8 * NANO as u64);
        let mut at = 0;
        let changes = changes.iter().map(|&(gap, bytes)| {
            at += gap;
            (Time(at), rate(bytes))
        });
        Supply::new(rate(*first), RateChanges::new(changes.collect::<Vec<_>>()))
    }

    proptest! {
        /// One unit of rate moves a byte in a nanosecond, so equality happens often.
        #[test]
        fn all_windows_are_decided_as_by_definition(
            jobs in jobs(), rates in rates(), burst in 0u64..6,
        ) {
            let (supply, burst) = (supply(&rates), Bytes(burst));
            let expected = by_definition(&jobs, &supply, burst);
            prop_assert_eq!(overload(&mut jobs.clone(), &supply, burst), expected);
        }

        /// Rates and times at the upper end of what the units can say: the product has 128 bits.
        #[test]
        fn absurd_rates_and_times_are_decided_too(jobs in jobs(), scale in 1u64..(1 << 59)) {
            let mut jobs: Vec<Job> = jobs
                .into_iter()
                .map(|job| Job {
                    start: Time(job.start.0 * scale),
                    end: Time(job.end.0 * scale),
                    bytes: Bytes(job.bytes.0 << 59),
                })
                .collect();
            let (supply, burst) = (Supply::constant(Rate(u64::MAX)), Bytes(0));
            prop_assert_eq!(overload(&mut jobs.clone(), &supply, burst),
                            by_definition(&jobs, &supply, burst));
            jobs.truncate(1);
            jobs[0].end = Time::MAX;
            prop_assert_eq!(overload(&mut jobs, &supply, burst), None);
        }

        /// As many of the largest jobs as a long log has: sums of their work and of the gaps
        /// between them exceed 128 bits.
        #[test]
        fn many_jobs_of_the_largest_size_are_decided(rate in 0u32..3) {
            let job = |at: u64| Job {
                start: Time(at << 47),
                end: Time((at + 2) << 47),
                bytes: Bytes(u64::MAX),
            };
            let mut jobs: Vec<Job> = (0..20_000).map(job).collect();
            let supply = Supply::constant(Rate(u64::MAX >> rate));
            // A job takes 2^64 x 8 x 10^9 / rate ns: 2^35 at most of the 2^48 that it has.
            prop_assert_eq!(overload(&mut jobs, &supply, Bytes(0)), None);
            jobs.iter_mut().for_each(|job| job.start = Time(job.end.0 - (1 << 30)));
            let found = overload(&mut jobs, &supply, Bytes(0)).map(|found| found.jobs);
            prop_assert_eq!(found, Some(1));
        }

        /// A coarse unit accuses no window that the exact one does not.
        #[test]
        fn a_scaled_clock_never_accuses_alone(
            jobs in jobs(), rates in rates(), burst in 0u64..6, shift in 0u32..40,
        ) {
            let (supply, burst) = (supply(&rates), Bytes(burst));
            let mut jobs = jobs;
            jobs.sort_unstable_by_key(|job| (job.end, job.start));
            let total = jobs.iter().map(|job| job.bytes.nanobits()).sum();
            for clock in [Clock::new(&jobs, &supply, total), Clock::cut(&jobs, &supply, total)] {
                let exact = first_overload(&jobs, &clock, burst);
                let Form::Cut { times, .. } = clock.form else {
                    let clock = Clock { scale: Scale { shift }, ..clock };
                    if let Some(found) = first_overload(&jobs, &clock, burst) {
                        prop_assert!(exact.is_some_and(|exact| exact.to <= found.to));
                    }
                    continue;
                };
                let scale = Scale { shift };
                let carried = Clock::carried_by(&times, &supply, total, scale);
                let clock = Clock { scale, form: Form::Cut { times, carried } };
                if let Some(found) = first_overload(&jobs, &clock, burst) {
                    prop_assert!(exact.is_some_and(|exact| exact.to <= found.to));
                }
            }
        }

        /// Cutting long gaps changes no window's verdict.
        #[test]
        fn a_cut_clock_decides_the_same(jobs in jobs(), rates in rates()) {
            let supply = supply(&rates);
            let total = jobs.iter().map(|job| job.bytes.nanobits()).sum();
            let plain = Clock::new(&jobs, &supply, total);
            let cut = Clock::cut(&jobs, &supply, total);
            for job in &jobs {
                for other in jobs.iter().filter(|other| job.start <= other.end) {
                    let spans = [&plain, &cut].map(|c| c.carried(other.end) - c.carried(job.start));
                    prop_assert_eq!(spans[0].min(total as i128), spans[1].min(total as i128));
                }
            }
        }
    }
}
