//! A counted limit for searches that can take long: what is left undecided when it is reached is
//! `unknown`, on every machine alike.

/// The steps that are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Steps(pub(super) u64);

/// The search took more steps than it was allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StepLimit;

impl Steps {
    /// Takes one step.
    pub(super) fn spend(&mut self) -> Result<(), StepLimit> {
        self.0 = self.0.checked_sub(1).ok_or(StepLimit)?;
        Ok(())
    }
}
