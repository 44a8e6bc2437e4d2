//! The binary `commonweal`.

fn main() {}
