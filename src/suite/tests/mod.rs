mod byzantine;
mod canaries;
mod control;
mod findings;
mod properties;
mod reference;
mod strategy;
