//! The command `swarmbound`.
fn main() {}
