mod heap;
mod peer;
mod policies;
mod tracker;
