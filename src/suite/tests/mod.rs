mod canaries;
mod control;
mod findings;
mod lies;
mod reference;
mod strategy;
