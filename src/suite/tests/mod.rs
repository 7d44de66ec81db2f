mod canaries;
mod control;
mod lies;
mod reference;
