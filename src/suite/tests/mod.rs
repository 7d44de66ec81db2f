mod canaries;
mod control;
mod findings;
mod lies;
mod properties;
mod reference;
mod strategy;
