//! The `yuanyi` program.
fn main() {}
