mod canaries;
mod control;
