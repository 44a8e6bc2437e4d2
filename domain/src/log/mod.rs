//! The public log: encoding, tree, checkpoints and replay.

pub mod canonical;
pub mod hash;
pub mod merkle_proof;
pub mod tree;
